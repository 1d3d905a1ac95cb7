use async_graphql::{Context, Object};
use kernel::{Actor, Cursor, PageArgs, Permission, UserId, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    loaders::Loaders,
    types::{ApiKeyObject, Me, UserObject, WorkspaceObject},
};
use crate::{app::App, domain::user::User, error::Error};

pub struct Query;

/// What can be read. Lists come in pages.
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

    /// The workspace's users, newest first.
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

    /// One user by their id; null if there is none.
    async fn user(&self, ctx: &Context<'_>, id: UserId) -> async_graphql::Result<Option<UserObject>> {
        Ok(load::<Loaders, _, User>(ctx, id).await?.map(UserObject::from))
    }

    /// The workspace's keys, newest first, revoked ones too; for admins.
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
        Ok(load::<Loaders, _, User>(ctx, id).await?.map(UserObject::from))
    }
}
