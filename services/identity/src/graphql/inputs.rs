use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{ApiKeyId, Code, EmailAddress, PersonName, RoleId, SessionId, TeamId, UserId, truncate_to_micros};
use platform::graphql::{Long, needed_if_given};

use super::{
    roles::{FieldRule, Grant, GrantObject, Role, grants},
    types::Permission,
};
use crate::{
    app::{
        CreateApiKey, CreateRole, CreateServiceAccount, CreateTeam, CreateUser, CreateWorkspace, InviteUser,
        RotateApiKey, UpdateRole, UpdateTeam, UpdateUser,
    },
    error::Error,
};

/// Longest name, in characters.
const MAX_CHARS: usize = 200;

/// Who joins the workspace, and as what.
#[derive(InputObject)]
pub struct CreateUserInput {
    pub name: String,
    /// Unique in the workspace, compared without case.
    pub email: String,
    pub role: Role,
    /// A role of the workspace's own; its base takes the place of `role`.
    pub custom_role_id: Option<RoleId>,
    /// The same key and input again find the first one; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// A program that acts in its own name.
#[derive(InputObject)]
pub struct CreateServiceAccountInput {
    pub name: String,
    pub role: Role,
    /// A role of the workspace's own; its base takes the place of `role`.
    pub custom_role_id: Option<RoleId>,
    /// The same key and input again find the first one; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateUserInput {
    pub id: UserId,
    /// The version you read; the update is refused if the user has changed since.
    pub version: Option<Long>,
    /// Not null.
    pub name: MaybeUndefined<String>,
    /// Takes the place of a custom role too. Not null.
    pub role: MaybeUndefined<Role>,
    /// A role of the workspace's own; its base takes the place of `role`. Null leaves the user with `role`, or with the
    /// base of the custom role that they had.
    pub custom_role_id: MaybeUndefined<RoleId>,
    /// False lets them go, true brings them back. Not null.
    pub active: MaybeUndefined<bool>,
}

/// What the key is for, and what it may do.
#[derive(InputObject)]
pub struct CreateApiKeyInput {
    /// What the key is for.
    pub name: String,
    /// In whose name it acts; left out, in yours.
    pub user_id: Option<UserId>,
    /// What it may do at most; left out, what you may. The user's role bounds it further.
    pub permissions: Option<Vec<Permission>>,
    /// With which kinds of records it works; left out, with all that the user's role allows. Only records are meant:
    /// what admins do beside them, and read in the audit trail, it does not bound. But by it nobody gives others more
    /// than it opens itself: no key, no role, no user.
    pub objects: Option<Vec<GrantObject>>,
    /// Left out, it is good until it is revoked. A key that is made with one that expires ends with that one: then at
    /// the latest, and then if left out. Nor does a key that expires give users or roles anything, for they stay.
    pub expires_at: Option<DateTime<Utc>>,
    /// The same key and input again find the first one; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// Which key to end.
#[derive(InputObject)]
pub struct RevokeApiKeyInput {
    pub id: ApiKeyId,
}

/// Which key gets a successor. One that was to live for a time has one that lives as long, but none outlives the key
/// that asks for it.
#[derive(InputObject)]
pub struct RotateApiKeyInput {
    pub id: ApiKeyId,
    /// How long the old key still opens: a day if left out, 30 days at most, 0 for not a moment longer.
    pub overlap_seconds: Option<i32>,
    /// The same key and input again find the first one; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// A new team.
#[derive(InputObject)]
pub struct CreateTeamInput {
    /// Unique in the workspace.
    pub name: String,
    /// The team right above; left out, the new team stands at the root.
    pub parent_id: Option<TeamId>,
    /// Leads it, without having to be a member.
    pub manager_id: Option<UserId>,
    /// The same key and input again find the first one; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateTeamInput {
    pub id: TeamId,
    /// The version you read; the update is refused if the team has changed since.
    pub version: Option<Long>,
    /// Not null.
    pub name: MaybeUndefined<String>,
    /// Null leaves the team without a manager.
    pub manager_id: MaybeUndefined<UserId>,
}

/// Where a team goes, with all below it.
#[derive(InputObject)]
pub struct MoveTeamInput {
    pub id: TeamId,
    /// The team right above; null for the root.
    pub parent_id: Option<TeamId>,
}

/// Which team to delete.
#[derive(InputObject)]
pub struct DeleteTeamInput {
    pub id: TeamId,
}

/// Who comes into a team or leaves it.
#[derive(InputObject)]
pub struct TeamMemberInput {
    pub team_id: TeamId,
    pub user_id: UserId,
}

/// A role of the workspace's own.
#[derive(InputObject)]
pub struct CreateRoleInput {
    /// Unique in the workspace.
    pub name: String,
    /// The built-in role to begin with; not `ADMIN`.
    pub base: Role,
    #[graphql(default)]
    pub grants: Vec<Grant>,
    #[graphql(default)]
    pub field_rules: Vec<FieldRule>,
    /// The same key and input again find the first one; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is; `grants` and `fieldRules` go together.
#[derive(InputObject)]
pub struct UpdateRoleInput {
    pub id: RoleId,
    /// The version you read; the update is refused if the role has changed since.
    pub version: Option<Long>,
    /// Not null.
    pub name: MaybeUndefined<String>,
    /// All grants that the role has from now on. Not null.
    pub grants: MaybeUndefined<Vec<Grant>>,
    /// All field rules that the role has from now on. Not null.
    pub field_rules: MaybeUndefined<Vec<FieldRule>>,
}

/// A workspace beside this one.
#[derive(InputObject)]
pub struct CreateWorkspaceInput {
    /// By which people name it when they sign in: 2 to 40 small letters, digits and hyphens, a letter first.
    pub slug: String,
    pub name: String,
    /// Of its first admin.
    pub admin_name: String,
    /// Of its first admin.
    pub admin_email: String,
    /// The same key and input again find the first one; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// Who is to set a password.
#[derive(InputObject)]
pub struct InviteUserInput {
    pub user_id: UserId,
    /// The same key and input again invite nobody anew; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// Which session to end.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    pub id: SessionId,
}

/// Which role to delete.
#[derive(InputObject)]
pub struct DeleteRoleInput {
    pub id: RoleId,
}

/// Long enough to change over within a day.
const OVERLAP_SECONDS: i32 = 24 * 60 * 60;

impl TryFrom<CreateUserInput> for CreateUser {
    type Error = Error;
    fn try_from(input: CreateUserInput) -> Result<Self, Error> {
        let invalid = |error: kernel::EmailError| Error::Invalid {
            code: Code::InvalidEmail,
            field: "email",
            reason: error.to_string(),
        };
        Ok(Self {
            name: PersonName::new(name(&input.name)?),
            email: EmailAddress::parse(&input.email).map_err(invalid)?,
            role: input.role.into(),
            custom_role: input.custom_role_id,
            idempotency_key: input.idempotency_key,
        })
    }
}

impl TryFrom<CreateWorkspaceInput> for CreateWorkspace {
    type Error = Error;
    fn try_from(input: CreateWorkspaceInput) -> Result<Self, Error> {
        let invalid = |error: kernel::EmailError| Error::Invalid {
            code: Code::InvalidEmail,
            field: "adminEmail",
            reason: error.to_string(),
        };
        Ok(Self {
            slug: input.slug,
            name: name(&input.name)?,
            admin_name: PersonName::new(name(&input.admin_name)?),
            admin_email: EmailAddress::parse(&input.admin_email).map_err(invalid)?,
            idempotency_key: input.idempotency_key,
        })
    }
}

impl TryFrom<CreateServiceAccountInput> for CreateServiceAccount {
    type Error = Error;
    fn try_from(input: CreateServiceAccountInput) -> Result<Self, Error> {
        Ok(Self {
            name: PersonName::new(name(&input.name)?),
            role: input.role.into(),
            custom_role: input.custom_role_id,
            idempotency_key: input.idempotency_key,
        })
    }
}

impl From<RotateApiKeyInput> for RotateApiKey {
    fn from(RotateApiKeyInput { id, overlap_seconds, idempotency_key }: RotateApiKeyInput) -> Self {
        let overlap = TimeDelta::seconds(overlap_seconds.unwrap_or(OVERLAP_SECONDS).into());
        Self { id, overlap, idempotency_key }
    }
}

impl From<InviteUserInput> for InviteUser {
    fn from(InviteUserInput { user_id, idempotency_key }: InviteUserInput) -> Self {
        Self { user: user_id, idempotency_key }
    }
}

impl TryFrom<CreateTeamInput> for CreateTeam {
    type Error = Error;
    fn try_from(input: CreateTeamInput) -> Result<Self, Error> {
        Ok(Self {
            name: name(&input.name)?,
            parent: input.parent_id,
            manager: input.manager_id,
            idempotency_key: input.idempotency_key,
        })
    }
}

impl TryFrom<UpdateTeamInput> for UpdateTeam {
    type Error = Error;
    fn try_from(input: UpdateTeamInput) -> Result<Self, Error> {
        Ok(Self {
            id: input.id,
            name: needed_if_given("name", input.name)?.map(|text| name(&text)).transpose()?,
            manager: input.manager_id.into(),
            version: input.version.map(|version| version.0),
        })
    }
}

impl TryFrom<CreateRoleInput> for CreateRole {
    type Error = Error;
    fn try_from(input: CreateRoleInput) -> Result<Self, Error> {
        let grants = grants(input.grants, input.field_rules);
        Ok(Self { name: name(&input.name)?, base: input.base.into(), grants, idempotency_key: input.idempotency_key })
    }
}

impl TryFrom<UpdateRoleInput> for UpdateRole {
    type Error = Error;
    fn try_from(input: UpdateRoleInput) -> Result<Self, Error> {
        let grants = match (needed_if_given("grants", input.grants)?, needed_if_given("fieldRules", input.field_rules)?)
        {
            (None, None) => None,
            (Some(given), Some(rules)) => Some(grants(given, rules)),
            _ => return Err(Error::invalid("grants", "grants and fieldRules are given together")),
        };
        Ok(Self {
            id: input.id,
            name: needed_if_given("name", input.name)?.map(|text| name(&text)).transpose()?,
            grants,
            version: input.version.map(|version| version.0),
        })
    }
}

impl TryFrom<UpdateUserInput> for UpdateUser {
    type Error = Error;
    fn try_from(input: UpdateUserInput) -> Result<Self, Error> {
        Ok(Self {
            id: input.id,
            name: needed_if_given("name", input.name)?.map(|text| name(&text)).transpose()?.map(PersonName::new),
            role: needed_if_given("role", input.role)?.map(Into::into),
            custom_role: input.custom_role_id.into(),
            active: needed_if_given("active", input.active)?,
            version: input.version.map(|version| version.0),
        })
    }
}

impl TryFrom<CreateApiKeyInput> for CreateApiKey {
    type Error = Error;
    fn try_from(input: CreateApiKeyInput) -> Result<Self, Error> {
        Ok(Self {
            name: name(&input.name)?,
            user: input.user_id,
            permissions: input.permissions.map(|permissions| permissions.into_iter().map(Into::into).collect()),
            objects: input.objects.map(|objects| objects.into_iter().map(Into::into).collect()),
            expires_at: input.expires_at.map(truncate_to_micros),
            idempotency_key: input.idempotency_key,
        })
    }
}

/// Trimmed, neither blank nor long.
fn name(text: &str) -> Result<String, Error> {
    let name = text.trim().replace('\0', "");
    let fail = |code, reason: String| Err(Error::Invalid { code, field: "name", reason });
    if name.is_empty() {
        return fail(Code::Required, "a name is needed".to_owned());
    }
    if name.chars().count() > MAX_CHARS {
        return fail(Code::TooLong, format!("longer than {MAX_CHARS} characters"));
    }
    Ok(name)
}
