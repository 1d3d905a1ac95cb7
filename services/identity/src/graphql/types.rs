use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{Actor, ApiKeyId, RoleId, TeamId, UserId, WorkspaceId};
use platform::graphql::{IntoGraphql, Long, load};

use super::{
    loaders::Loaders,
    roles::{GrantObject, Role, RoleObject},
    teams::TeamObject,
};
use crate::{
    domain::{Workspace, api_key::ApiKey, role::CustomRole, team::Team, user::User},
    error::Error,
};

/// Who a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::identity::UserKind")]
pub enum UserKind {
    Person,
    /// A program: it has keys and cannot sign in.
    ServiceAccount,
}

/// What an actor may do. None includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "kernel::Permission")]
pub enum Permission {
    /// See everything in the workspace.
    Read,
    /// Change leads, opportunities and enrolments.
    Write,
    /// Users, keys, configuration of routing, sequences and pipelines.
    Admin,
}

/// What kind of party acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "kernel::ActorKind")]
pub enum ActorKind {
    /// A person.
    User,
    /// A program, with a key in a user's name.
    ApiKey,
    /// Pipewright itself, acting on an event.
    System,
    /// The gateway itself, while it looks up a key.
    Gateway,
}

pub struct Me(pub Actor);

/// The party on whose behalf a request is made.
#[Object]
impl Me {
    /// Id of the user, or the name of the service that acts by itself.
    async fn id(&self) -> ID {
        ID::from(self.0.subject.as_str())
    }

    /// What kind of party it is.
    async fn kind(&self) -> ActorKind {
        self.0.kind.into()
    }

    /// What it may do here.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions.iter().copied().map(Into::into).collect()
    }

    /// Nobody, when a service acts by itself.
    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<UserObject>> {
        let Ok(id) = self.0.subject.parse::<UserId>() else { return Ok(None) };
        Ok(load::<Loaders, _, User>(ctx, id).await?.map(UserObject::from))
    }
}

/// A tenant: what it holds, no other sees.
#[derive(SimpleObject)]
#[graphql(name = "Workspace")]
pub struct WorkspaceObject {
    id: WorkspaceId,
    /// By which people name it when they sign in.
    slug: String,
    name: String,
}

impl From<Workspace> for WorkspaceObject {
    fn from(Workspace { id, slug, name, created_at: _ }: Workspace) -> Self {
        Self { id, slug, name }
    }
}

/// A person, or a program, that works in the workspace.
#[derive(SimpleObject)]
#[graphql(complex, name = "User")]
pub struct UserObject {
    id: UserId,
    /// Grows by one with every change; give it to `updateUser` to refuse overwriting somebody else's.
    version: Long,
    name: String,
    /// Unique in the workspace, compared without case. A service account's leads nowhere.
    email: String,
    kind: UserKind,
    /// What they do, and so may do; a custom role's base.
    role: Role,
    /// An inactive user takes no leads, and their keys open nothing.
    active: bool,
    #[graphql(skip)]
    custom_role_id: Option<RoleId>,
    #[graphql(skip)]
    team_id: Option<TeamId>,
}

#[ComplexObject]
impl UserObject {
    /// A role of the workspace's own making, if they have one.
    async fn custom_role(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<RoleObject>> {
        let Some(id) = self.custom_role_id else { return Ok(None) };
        Ok(load::<Loaders, _, CustomRole>(ctx, id).await?.map(RoleObject::from))
    }

    /// The team that they are a member of.
    async fn team(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<TeamObject>> {
        let Some(id) = self.team_id else { return Ok(None) };
        Ok(load::<Loaders, _, Team>(ctx, id).await?.map(TeamObject::from))
    }
}

impl From<User> for UserObject {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            version: Long(user.version),
            name: user.name.into_string(),
            email: user.email.into_string(),
            kind: user.kind.into(),
            role: user.role.into(),
            active: user.active,
            custom_role_id: user.custom_role,
            team_id: user.team,
        }
    }
}

/// A key that programs present in a user's name. The key itself is shown once, when it is made.
#[derive(SimpleObject)]
#[graphql(complex, name = "ApiKey")]
pub struct ApiKeyObject {
    id: ApiKeyId,
    /// What the key is for.
    name: String,
    /// The key's first characters, to know it again.
    prefix: String,
    /// What it may do at most; the user's role bounds it further.
    permissions: Vec<Permission>,
    /// With which kinds of records it works; null is with all that the user's role allows.
    objects: Option<Vec<GrantObject>>,
    /// From then on it opens nothing; null is never.
    expires_at: Option<DateTime<Utc>>,
    /// When it was ended for good.
    revoked_at: Option<DateTime<Utc>>,
    /// To the minute.
    last_used_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    #[graphql(skip)]
    user_id: UserId,
}

#[ComplexObject]
impl ApiKeyObject {
    /// In whose name it acts.
    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<UserObject> {
        load::<Loaders, _, User>(ctx, self.user_id)
            .await?
            .map(UserObject::from)
            .ok_or(Error::not_found("user"))
            .graphql()
    }
}

impl From<ApiKey> for ApiKeyObject {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            permissions: key.permissions.into_iter().map(Into::into).collect(),
            objects: key.objects.map(|objects| objects.into_iter().map(Into::into).collect()),
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
            created_at: key.created_at,
            user_id: key.user,
        }
    }
}
