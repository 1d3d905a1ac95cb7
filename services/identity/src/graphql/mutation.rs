use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{Actor, RoleId, TeamId};
use platform::graphql::{UserError, actor, mutation};

use super::{
    inputs::{
        CreateApiKeyInput, CreateRoleInput, CreateServiceAccountInput, CreateTeamInput, CreateUserInput,
        CreateWorkspaceInput, DeleteRoleInput, DeleteTeamInput, InviteUserInput, MoveTeamInput, RevokeApiKeyInput,
        RevokeSessionInput, RotateApiKeyInput, TeamMemberInput, UpdateRoleInput, UpdateTeamInput, UpdateUserInput,
    },
    roles::RoleObject,
    sessions::SessionObject,
    teams::TeamObject,
    types::{ApiKeyObject, UserObject, WorkspaceObject},
};
use crate::app::{App, CreatedApiKey, Invitation};

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
    /// The key itself: keep it now, it is not stored and cannot be shown again, not to a repeated request either.
    secret: Option<String>,
    errors: Vec<UserError>,
}

/// What `revokeApiKey` answers.
#[derive(SimpleObject)]
struct RevokeApiKeyPayload {
    api_key: Option<ApiKeyObject>,
    errors: Vec<UserError>,
}

/// What `createServiceAccount` answers.
#[derive(SimpleObject)]
struct CreateServiceAccountPayload {
    user: Option<UserObject>,
    errors: Vec<UserError>,
}

/// What `createTeam` answers.
#[derive(SimpleObject)]
struct CreateTeamPayload {
    team: Option<TeamObject>,
    errors: Vec<UserError>,
}

/// What `updateTeam` answers.
#[derive(SimpleObject)]
struct UpdateTeamPayload {
    team: Option<TeamObject>,
    errors: Vec<UserError>,
}

/// What `moveTeam` answers.
#[derive(SimpleObject)]
struct MoveTeamPayload {
    team: Option<TeamObject>,
    errors: Vec<UserError>,
}

/// What `addTeamMember` answers.
#[derive(SimpleObject)]
struct AddTeamMemberPayload {
    user: Option<UserObject>,
    errors: Vec<UserError>,
}

/// What `removeTeamMember` answers.
#[derive(SimpleObject)]
struct RemoveTeamMemberPayload {
    user: Option<UserObject>,
    errors: Vec<UserError>,
}

/// What `createRole` answers.
#[derive(SimpleObject)]
struct CreateRolePayload {
    role: Option<RoleObject>,
    errors: Vec<UserError>,
}

/// What `updateRole` answers.
#[derive(SimpleObject)]
struct UpdateRolePayload {
    role: Option<RoleObject>,
    errors: Vec<UserError>,
}

/// What `deleteTeam` answers.
#[derive(SimpleObject)]
struct DeleteTeamPayload {
    /// The team that is gone.
    deleted_id: Option<TeamId>,
    errors: Vec<UserError>,
}

/// What `deleteRole` answers.
#[derive(SimpleObject)]
struct DeleteRolePayload {
    /// The role that is gone.
    deleted_id: Option<RoleId>,
    errors: Vec<UserError>,
}

/// What `inviteUser` answers.
#[derive(SimpleObject)]
struct InviteUserPayload {
    user: Option<UserObject>,
    /// Good once, for `POST /auth/password`: keep it now, it is not stored and cannot be shown again, not to a
    /// repeated request either.
    token: Option<String>,
    /// Until when the token is good; shown with it.
    expires_at: Option<DateTime<Utc>>,
    errors: Vec<UserError>,
}

/// What `createWorkspace` answers.
#[derive(SimpleObject)]
struct CreateWorkspacePayload {
    workspace: Option<WorkspaceObject>,
    /// With which its first admin sets a password: keep it now, it cannot be shown again, not to a repeated request
    /// either.
    token: Option<String>,
    /// Until when the token is good; shown with it.
    expires_at: Option<DateTime<Utc>>,
    errors: Vec<UserError>,
}

/// What `revokeSession` answers.
#[derive(SimpleObject)]
struct RevokeSessionPayload {
    session: Option<SessionObject>,
    errors: Vec<UserError>,
}

/// What `rotateApiKey` answers.
#[derive(SimpleObject)]
struct RotateApiKeyPayload {
    /// The new key.
    api_key: Option<ApiKeyObject>,
    /// The key itself: keep it now, it is not stored and cannot be shown again, not to a repeated request either.
    secret: Option<String>,
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
        let (api_key, secret) = created.map(shown).unzip();
        Ok(CreateApiKeyPayload { api_key, secret: secret.flatten(), errors })
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

    /// Adds a program that acts in its own name, with keys and without signing in. For admins.
    async fn create_service_account(
        &self,
        ctx: &Context<'_>,
        input: CreateServiceAccountInput,
    ) -> async_graphql::Result<CreateServiceAccountPayload> {
        let (app, actor) = parts(ctx)?;
        let (user, errors) = mutation(async { app.create_service_account(actor, input.try_into()?).await }.await)?;
        Ok(CreateServiceAccountPayload { user: user.map(Into::into), errors })
    }

    /// Adds a team. For admins.
    async fn create_team(&self, ctx: &Context<'_>, input: CreateTeamInput) -> async_graphql::Result<CreateTeamPayload> {
        let (app, actor) = parts(ctx)?;
        let (team, errors) = mutation(async { app.create_team(actor, input.try_into()?).await }.await)?;
        Ok(CreateTeamPayload { team: team.map(Into::into), errors })
    }

    /// Changes a team's name or manager. For admins.
    async fn update_team(&self, ctx: &Context<'_>, input: UpdateTeamInput) -> async_graphql::Result<UpdateTeamPayload> {
        let (app, actor) = parts(ctx)?;
        let (team, errors) = mutation(async { app.update_team(actor, input.try_into()?).await }.await)?;
        Ok(UpdateTeamPayload { team: team.map(Into::into), errors })
    }

    /// Hangs a team, with all below it, under another, or at the root. For admins.
    async fn move_team(&self, ctx: &Context<'_>, input: MoveTeamInput) -> async_graphql::Result<MoveTeamPayload> {
        let (app, actor) = parts(ctx)?;
        let (team, errors) = mutation(app.move_team(actor, input.id, input.parent_id).await)?;
        Ok(MoveTeamPayload { team: team.map(Into::into), errors })
    }

    /// Deletes a team without members and without teams below it. For admins.
    async fn delete_team(&self, ctx: &Context<'_>, input: DeleteTeamInput) -> async_graphql::Result<DeleteTeamPayload> {
        let (app, actor) = parts(ctx)?;
        let (deleted_id, errors) = mutation(app.delete_team(actor, input.id).await)?;
        Ok(DeleteTeamPayload { deleted_id, errors })
    }

    /// Makes a user a member of a team, and of no other. For admins.
    async fn add_team_member(
        &self,
        ctx: &Context<'_>,
        input: TeamMemberInput,
    ) -> async_graphql::Result<AddTeamMemberPayload> {
        let (app, actor) = parts(ctx)?;
        let (user, errors) = mutation(app.add_team_member(actor, input.team_id, input.user_id).await)?;
        Ok(AddTeamMemberPayload { user: user.map(Into::into), errors })
    }

    /// Takes a user out of their team. For admins.
    async fn remove_team_member(
        &self,
        ctx: &Context<'_>,
        input: TeamMemberInput,
    ) -> async_graphql::Result<RemoveTeamMemberPayload> {
        let (app, actor) = parts(ctx)?;
        let (user, errors) = mutation(app.remove_team_member(actor, input.team_id, input.user_id).await)?;
        Ok(RemoveTeamMemberPayload { user: user.map(Into::into), errors })
    }

    /// Makes a role of the workspace's own out of a built-in one. For admins.
    async fn create_role(&self, ctx: &Context<'_>, input: CreateRoleInput) -> async_graphql::Result<CreateRolePayload> {
        let (app, actor) = parts(ctx)?;
        let (role, errors) = mutation(async { app.create_role(actor, input.try_into()?).await }.await)?;
        Ok(CreateRolePayload { role: role.map(Into::into), errors })
    }

    /// Changes a custom role, for everybody who has it. For admins.
    async fn update_role(&self, ctx: &Context<'_>, input: UpdateRoleInput) -> async_graphql::Result<UpdateRolePayload> {
        let (app, actor) = parts(ctx)?;
        let (role, errors) = mutation(async { app.update_role(actor, input.try_into()?).await }.await)?;
        Ok(UpdateRolePayload { role: role.map(Into::into), errors })
    }

    /// Deletes a custom role that nobody has. For admins.
    async fn delete_role(&self, ctx: &Context<'_>, input: DeleteRoleInput) -> async_graphql::Result<DeleteRolePayload> {
        let (app, actor) = parts(ctx)?;
        let (deleted_id, errors) = mutation(app.delete_role(actor, input.id).await)?;
        Ok(DeleteRolePayload { deleted_id, errors })
    }

    /// Makes a one-time token with which a user sets a password, their first or a new one; give it to them. Tokens
    /// made before open nothing any more. For admins.
    async fn invite_user(&self, ctx: &Context<'_>, input: InviteUserInput) -> async_graphql::Result<InviteUserPayload> {
        let (app, actor) = parts(ctx)?;
        let (invited, errors) = mutation(app.invite_user(actor, input.into()).await)?;
        let (user, invitation) = invited.map(|invited| (invited.user.into(), invited.invitation)).unzip();
        let (token, expires_at) = invitation.flatten().map(handed_out).unzip();
        Ok(InviteUserPayload { user, token, expires_at, errors })
    }

    /// Opens a workspace beside this one, with a first admin who is invited; you see nothing of it. For admins of the
    /// first workspace.
    async fn create_workspace(
        &self,
        ctx: &Context<'_>,
        input: CreateWorkspaceInput,
    ) -> async_graphql::Result<CreateWorkspacePayload> {
        let (app, actor) = parts(ctx)?;
        let (opened, errors) = mutation(async { app.create_workspace(actor, input.try_into()?).await }.await)?;
        let (workspace, invitation) = opened.map(|opened| (opened.workspace.into(), opened.invitation)).unzip();
        let (token, expires_at) = invitation.flatten().map(handed_out).unzip();
        Ok(CreateWorkspacePayload { workspace, token, expires_at, errors })
    }

    /// Ends a session for good, your own or for admins anybody's; within seconds nothing opens to it. A key needs
    /// `WRITE` for it; whoever signed in may sign out with any role.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        input: RevokeSessionInput,
    ) -> async_graphql::Result<RevokeSessionPayload> {
        let (app, actor) = parts(ctx)?;
        let (session, errors) = mutation(app.revoke_session(actor, input.id).await)?;
        Ok(RevokeSessionPayload { session: session.map(Into::into), errors })
    }

    /// Makes a successor of a key and lets the key run out: change your programs over in the time both are good.
    /// For admins.
    async fn rotate_api_key(
        &self,
        ctx: &Context<'_>,
        input: RotateApiKeyInput,
    ) -> async_graphql::Result<RotateApiKeyPayload> {
        let (app, actor) = parts(ctx)?;
        let (created, errors) = mutation(app.rotate_api_key(actor, input.into()).await)?;
        let (api_key, secret) = created.map(shown).unzip();
        Ok(RotateApiKeyPayload { api_key, secret: secret.flatten(), errors })
    }
}

/// A new key, for the one time that it is shown.
fn shown(CreatedApiKey { key, secret }: CreatedApiKey) -> (ApiKeyObject, Option<String>) {
    (key.into(), secret.map(|secret| secret.expose().to_owned()))
}

fn handed_out(Invitation { token, expires_at }: Invitation) -> (String, DateTime<Utc>) {
    (token.into_string(), expires_at)
}

fn parts<'a>(ctx: &Context<'a>) -> async_graphql::Result<(&'a App, &'a Actor)> {
    Ok((ctx.data_unchecked(), actor(ctx)?))
}
