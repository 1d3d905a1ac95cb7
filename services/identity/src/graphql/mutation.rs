use async_graphql::{Context, Object, SimpleObject};
use kernel::Actor;
use platform::graphql::{UserError, actor, mutation};

use super::{
    inputs::{CreateApiKeyInput, CreateUserInput, RevokeApiKeyInput, UpdateUserInput},
    types::{ApiKeyObject, UserObject},
};
use crate::app::App;

pub struct Mutation;

/// What `createUser` answers.
#[derive(SimpleObject)]
struct CreateUserPayload {
    user: Option<UserObject>,
    errors: Vec<UserError>,
}

/// What `updateUser` answers.
#[derive(SimpleObject)]
struct UpdateUserPayload {
    user: Option<UserObject>,
    errors: Vec<UserError>,
}

/// What `createApiKey` answers.
#[derive(SimpleObject)]
struct CreateApiKeyPayload {
    api_key: Option<ApiKeyObject>,
    /// The key itself: keep it now, it is not stored and cannot be shown again.
    secret: Option<String>,
    errors: Vec<UserError>,
}

/// What `revokeApiKey` answers.
#[derive(SimpleObject)]
struct RevokeApiKeyPayload {
    api_key: Option<ApiKeyObject>,
    errors: Vec<UserError>,
}

/// What can be changed. What the caller can mend comes back in `errors`, anything else as a top-level error.
#[Object]
impl Mutation {
    /// Adds a person to the workspace; a rep takes leads from now on. For admins.
    async fn create_user(&self, ctx: &Context<'_>, input: CreateUserInput) -> async_graphql::Result<CreateUserPayload> {
        let (app, actor) = parts(ctx)?;
        let (user, errors) = mutation(async { app.create_user(actor, input.try_into()?).await }.await)?;
        Ok(CreateUserPayload { user: user.map(Into::into), errors })
    }

    /// Changes a user's name or role, or lets them go and come back: a new role counts for their keys at once,
    /// and an inactive user's keys open nothing. For admins.
    async fn update_user(&self, ctx: &Context<'_>, input: UpdateUserInput) -> async_graphql::Result<UpdateUserPayload> {
        let (app, actor) = parts(ctx)?;
        let (user, errors) = mutation(async { app.update_user(actor, input.try_into()?).await }.await)?;
        Ok(UpdateUserPayload { user: user.map(Into::into), errors })
    }

    /// Makes a key that acts in a user's name. For admins.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        input: CreateApiKeyInput,
    ) -> async_graphql::Result<CreateApiKeyPayload> {
        let (app, actor) = parts(ctx)?;
        let (created, errors) = mutation(async { app.create_api_key(actor, input.try_into()?).await }.await)?;
        let (api_key, secret) = created.map(|created| (created.key.into(), created.secret.expose().to_owned())).unzip();
        Ok(CreateApiKeyPayload { api_key, secret, errors })
    }

    /// Ends a key for good; within seconds nothing opens to it. For admins.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        input: RevokeApiKeyInput,
    ) -> async_graphql::Result<RevokeApiKeyPayload> {
        let (app, actor) = parts(ctx)?;
        let (key, errors) = mutation(app.revoke_api_key(actor, input.id).await)?;
        Ok(RevokeApiKeyPayload { api_key: key.map(Into::into), errors })
    }
}

fn parts<'a>(ctx: &Context<'a>) -> async_graphql::Result<(&'a App, &'a Actor)> {
    Ok((ctx.data_unchecked(), actor(ctx)?))
}
