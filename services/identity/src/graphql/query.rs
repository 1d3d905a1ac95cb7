use async_graphql::{Context, ID, Object};
use kernel::{Actor, Cursor, PageArgs, Permission, RoleId, TeamId, UserId, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    access::ExplanationObject,
    audit::{AuditEntryObject, AuditTrailFilter},
    loaders::Loaders,
    roles::{GrantAction, RoleObject},
    sessions::SessionObject,
    teams::TeamObject,
    types::{ApiKeyObject, Me, UserObject, WorkspaceObject},
};
use crate::{
    app::{App, ExplainAccess},
    domain::{role::CustomRole, session::Session, team::Team, user::User},
    error::Error,
};

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

    /// Whether a user may do something with a lead, an account, a contact or an opportunity, and by which rule. For
    /// admins about everybody, for others about themselves and what they see.
    async fn explain_access(
        &self,
        ctx: &Context<'_>,
        user_id: UserId,
        #[graphql(desc = "Of a lead, an account, a contact or an opportunity.")] object_id: ID,
        #[graphql(desc = "`READ` if left out.")] action: Option<GrantAction>,
    ) -> async_graphql::Result<ExplanationObject> {
        let app: &App = ctx.data_unchecked();
        let action = action.unwrap_or(GrantAction::Read).into();
        let input = ExplainAccess { user: user_id, object_id: object_id.0, action };
        Ok(ExplanationObject::new(app.explain_access(actor(ctx)?, input).await.graphql()?, action))
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

    /// The workspace's teams of every level, newest first.
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<TeamObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let teams = app.teams(actor(ctx)?, args).await.graphql()?;
        Ok(page(teams, args.first, Default::default(), |team| Cursor { time: team.created_at, id: team.id.uuid() }))
    }

    /// One team by its id; null if there is none.
    async fn team(&self, ctx: &Context<'_>, id: TeamId) -> async_graphql::Result<Option<TeamObject>> {
        Ok(load::<Loaders, _, Team>(ctx, id).await?.map(TeamObject::from))
    }

    /// The roles that the workspace has made for itself, newest first.
    async fn custom_roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<RoleObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let roles = app.roles(actor(ctx)?, args).await.graphql()?;
        Ok(page(roles, args.first, Default::default(), |role| Cursor { time: role.created_at, id: role.id.uuid() }))
    }

    /// One custom role by its id; null if there is none.
    async fn custom_role(&self, ctx: &Context<'_>, id: RoleId) -> async_graphql::Result<Option<RoleObject>> {
        Ok(load::<Loaders, _, CustomRole>(ctx, id).await?.map(RoleObject::from))
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

    /// Somebody's sessions, newest first, ended ones too: your own, or for admins anybody's.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Left out, your own.")] user_id: Option<UserId>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<SessionObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let sessions = app.sessions(actor(ctx)?, user_id, args).await.graphql()?;
        let cursor = |session: &Session| Cursor { time: session.created_at, id: session.id.uuid() };
        Ok(page(sessions, args.first, Default::default(), cursor))
    }

    /// Who did what to which record, newest first; for admins. `GET /audit.jsonl` has all of it as a file.
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        filter: Option<AuditTrailFilter>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<AuditEntryObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let filter = filter.unwrap_or_default().into();
        let entries = app.audit_trail(actor(ctx)?, &filter, args).await.graphql()?;
        Ok(page(entries, args.first, Default::default(), |entry| Cursor { time: entry.at, id: entry.event.uuid() }))
    }

    #[graphql(entity)]
    async fn find_team(&self, ctx: &Context<'_>, id: TeamId) -> async_graphql::Result<Option<TeamObject>> {
        Ok(load::<Loaders, _, Team>(ctx, id).await?.map(TeamObject::from))
    }

    #[graphql(entity)]
    async fn find_user(&self, ctx: &Context<'_>, id: UserId) -> async_graphql::Result<Option<UserObject>> {
        Ok(load::<Loaders, _, User>(ctx, id).await?.map(UserObject::from))
    }
}
