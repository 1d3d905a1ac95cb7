use async_graphql::{Context, Object};
use kernel::{Actor, Cursor, PageArgs, Permission, UserId, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, page};

use super::{
    loaders::load_user,
    types::{ApiKeyObject, Me, UserObject, WorkspaceObject},
};
use crate::{app::App, error::Error};

pub struct Query;

#[Object]
impl Query {
    /// On whose behalf this request is made.
    async fn me(&self, ctx: &Context<'_>) -> async_graphql::Result<Me> {
        let actor: &Actor = actor(ctx)?;
        actor.require(Permission::Read).graphql()?;
        Ok(Me(actor.clone()))
    }

    /// The workspace that bounds everything this request can see.
    async fn workspace(&self, ctx: &Context<'_>) -> async_graphql::Result<WorkspaceObject> {
        let app: &App = ctx.data_unchecked();
        let workspace = app.workspace(actor(ctx)?).await.and_then(|found| found.ok_or(Error::not_found("workspace")));
        workspace.graphql().map(WorkspaceObject::from)
    }

    /// Newest first.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<UserObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let users = app.users(actor(ctx)?, args).await.graphql()?;
        Ok(page(users, args.first, Default::default(), |user| Cursor { time: user.created_at, id: user.id.uuid() }))
    }

    async fn user(&self, ctx: &Context<'_>, id: UserId) -> async_graphql::Result<Option<UserObject>> {
        Ok(load_user(ctx, id).await?.map(UserObject::from))
    }

    /// Newest first, revoked ones too; for admins.
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<ApiKeyObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let keys = app.api_keys(actor(ctx)?, args).await.graphql()?;
        Ok(page(keys, args.first, Default::default(), |key| Cursor { time: key.created_at, id: key.id.uuid() }))
    }

    #[graphql(entity)]
    async fn find_user(&self, ctx: &Context<'_>, id: UserId) -> async_graphql::Result<Option<UserObject>> {
        Ok(load_user(ctx, id).await?.map(UserObject::from))
    }
}
