//! Published by the identity service.

use kernel::{ApiKeyId, EmailAddress, Object, Permission, RoleId, SessionId, TeamId, Timestamp, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event;

/// What a user does, coarsely; decides whether leads can be routed to them. [`User::role_name`] has the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    /// Takes leads.
    Rep,
    /// Anybody else.
    ReadOnly,
}

/// Who a user is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    #[default]
    Person,
    /// A program: it has keys and cannot sign in.
    ServiceAccount,
}

/// A user as they stand at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub version: i64,
    pub name: String,
    pub email: EmailAddress,
    pub role: Role,
    pub active: bool,
    #[serde(default)]
    pub kind: UserKind,
    /// The built-in role, for example `account_executive`; a custom role's base. Older events have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    /// Narrows or widens what `role_name` allows, see [`RoleChanged`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_role: Option<RoleId>,
    /// The team that they are a member of; where it stands tells [`TeamChanged`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserCreated {
    pub current: User,
}
event!(UserCreated, "crm.identity.user.created.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserUpdated {
    pub previous: User,
    pub current: User,
}
event!(UserUpdated, "crm.identity.user.updated.v1", |e| e.current.id);

/// A team as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Team {
    pub id: TeamId,
    pub version: i64,
    pub name: String,
    /// From the root of the tree to the team itself, so the last but one is its parent.
    pub path: Vec<TeamId>,
    /// Leads it, without having to be a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<UserId>,
}

/// A team was made, changed or deleted. A move is told once for every team below as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamChanged {
    pub team: TeamId,
    /// Left out when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Team>,
    /// Left out when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Team>,
}
event!(TeamChanged, "crm.identity.team.changed.v1", |e| e.team);

/// A custom role as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomRole {
    pub id: RoleId,
    pub version: i64,
    pub name: String,
    /// The built-in role it began as.
    pub base: String,
    /// `{"grants": [{"object", "action", "scope"}], "fields": [{"object", "field", "access"}]}`.
    pub grants: Value,
}

/// A custom role was made, changed or deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleChanged {
    pub role: RoleId,
    /// Left out when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<CustomRole>,
    /// Left out when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<CustomRole>,
}
event!(RoleChanged, "crm.identity.role.changed.v1", |e| e.role);

/// A key was made; the key itself is in no event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKeyCreated {
    pub key: ApiKeyId,
    /// In whose name it acts.
    pub user: UserId,
    pub name: String,
    pub permissions: Vec<Permission>,
    /// With which kinds of records it works. Left out where it works with all; older events left it out always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<Object>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The key that it takes over from, when one was rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ApiKeyId>,
}
event!(ApiKeyCreated, "crm.identity.api_key.created.v1", |e| e.key);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKeyRevoked {
    pub key: ApiKeyId,
}
event!(ApiKeyRevoked, "crm.identity.api_key.revoked.v1", |e| e.key);

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    Password,
    /// OpenID Connect.
    Oidc,
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionStarted {
    pub session: SessionId,
    pub user: UserId,
    pub method: SignInMethod,
    pub client: Client,
}
event!(SessionStarted, "crm.identity.session.started.v1", |e| e.session);

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedBecause {
    SignedOut,
    /// By hand, their own or an admin's.
    Revoked,
    /// A refresh token came a second time, so somebody else has it too.
    RefreshReused,
    PasswordChanged,
}

/// A session ended before its time: its access tokens open nothing any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRevoked {
    pub session: SessionId,
    pub user: UserId,
    pub because: RevokedBecause,
    pub client: Client,
}
event!(SessionRevoked, "crm.identity.session.revoked.v1", |e| e.session);

/// A workspace was opened. Told in the workspace of whoever opened it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceCreated {
    pub workspace: WorkspaceId,
    pub slug: String,
    pub name: String,
}
event!(WorkspaceCreated, "crm.identity.workspace.created.v1", |e| e.workspace);

/// A password was set or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PasswordChanged {
    pub user: UserId,
    pub client: Client,
}
event!(PasswordChanged, "crm.identity.password.changed.v1", |e| e.user);

/// A known user's sign-in failed. What was typed is in no event, nor is an address nobody has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignInFailed {
    pub user: UserId,
    pub method: SignInMethod,
    pub client: Client,
}
event!(SignInFailed, "crm.identity.sign_in.failed.v1", |e| e.user);

/// Somebody was given a one-time token with which to set a password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserInvited {
    pub user: UserId,
    pub expires_at: Timestamp,
}
event!(UserInvited, "crm.identity.user.invited.v1", |e| e.user);
