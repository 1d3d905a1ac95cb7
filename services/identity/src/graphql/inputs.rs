use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use kernel::{ApiKeyId, Code, EmailAddress, PersonName, UserId, truncate_to_micros};
use platform::graphql::Long;

use super::types::{Permission, Role};
use crate::{
    app::{CreateApiKey, CreateUser, UpdateUser},
    domain::user::UserDraft,
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
}

/// What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateUserInput {
    pub id: UserId,
    /// The version you read; the update is refused if the user has changed since.
    pub version: Option<Long>,
    pub name: Option<String>,
    pub role: Option<Role>,
    /// False lets them go, true brings them back.
    pub active: Option<bool>,
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
    /// Left out, it is good until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Which key to end.
#[derive(InputObject)]
pub struct RevokeApiKeyInput {
    pub id: ApiKeyId,
}

impl TryFrom<CreateUserInput> for CreateUser {
    type Error = Error;
    fn try_from(input: CreateUserInput) -> Result<Self, Error> {
        let invalid = |error: kernel::EmailError| Error::Invalid {
            code: Code::InvalidEmail,
            field: "email",
            reason: error.to_string(),
        };
        let draft = UserDraft {
            name: PersonName::new(name(&input.name)?),
            email: EmailAddress::parse(&input.email).map_err(invalid)?,
            role: input.role.into(),
        };
        Ok(Self { draft })
    }
}

impl TryFrom<UpdateUserInput> for UpdateUser {
    type Error = Error;
    fn try_from(input: UpdateUserInput) -> Result<Self, Error> {
        Ok(Self {
            id: input.id,
            name: input.name.map(|text| name(&text)).transpose()?.map(PersonName::new),
            role: input.role.map(Into::into),
            active: input.active,
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
            expires_at: input.expires_at.map(truncate_to_micros),
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
