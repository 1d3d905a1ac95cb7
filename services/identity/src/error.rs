use kernel::{Code, Coded, PageError};
use platform::{graphql::NullGiven, idempotency::IdempotencyError};
use thiserror::Error;

use crate::{
    domain::{password::PasswordError, rights::Beyond, role::GrantsError, team::MoveError, throttle::TooSoon},
    provider::ProviderError,
};

/// What can go wrong in the identity service. `Display` is safe to show.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Forbidden(#[from] kernel::Forbidden),
    #[error("there is no such {what}")]
    NotFound { what: &'static str, field: &'static str },
    #[error("{reason}")]
    Invalid { code: Code, field: &'static str, reason: String },
    #[error("another user has this e-mail address")]
    EmailTaken,
    #[error("only admins of the first workspace open others")]
    NotTheFirst,
    #[error(transparent)]
    Beyond(#[from] Beyond),
    #[error("another workspace has this slug")]
    SlugTaken,
    #[error("another {what} has this name")]
    NameTaken { what: &'static str },
    #[error(transparent)]
    Move(#[from] MoveError),
    #[error("the team has members, or teams below it; move them first")]
    TeamNotEmpty,
    #[error("somebody has this role; give them another first")]
    RoleInUse,
    #[error(transparent)]
    Grants(#[from] GrantsError),
    // The same whatever was wrong, so that nobody learns who has an account.
    #[error("the address, the password or the token is wrong")]
    BadCredentials,
    #[error("this refresh token is unknown, used or expired; sign in again")]
    BadRefreshToken,
    // In the midst of an operation: before it, nobody comes in.
    #[error("the key or session that you use has ended, or its user was let go")]
    Ended,
    #[error("too many attempts; try again in {} seconds", .0.retry_after.num_seconds() + 1)]
    TooSoon(#[from] TooSoon),
    #[error("too many people are signing in; try again in a moment")]
    Busy,
    #[error("signing in by a provider is not set up here")]
    NoProvider,
    #[error("the sign-in provider does not answer as it should; try again later")]
    Provider(#[from] ProviderError),
    #[error("the provider knows you, this workspace does not: ask an admin for a user with your address")]
    NotAUser,
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("something broke on our side")]
    Hashing,
    #[error("this is the only active admin; make somebody else one first")]
    LastAdmin,
    #[error("the object was changed by somebody else meanwhile; read it again and retry")]
    Conflict,
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    NullGiven(#[from] NullGiven),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("something broke on our side")]
    Db(#[from] sqlx::Error),
}

impl Error {
    pub fn not_found(what: &'static str) -> Self {
        Self::NotFound { what, field: "id" }
    }

    pub fn invalid(field: &'static str, reason: &str) -> Self {
        Self::Invalid { code: Code::InvalidInput, field, reason: reason.to_owned() }
    }
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::NotFound { .. } => Code::NotFound,
            Self::Invalid { code, .. } => *code,
            Self::EmailTaken | Self::NameTaken { .. } | Self::SlugTaken => Code::AlreadyExists,
            Self::Move(_) | Self::Grants(_) => Code::InvalidInput,
            Self::LastAdmin | Self::TeamNotEmpty | Self::RoleInUse | Self::Conflict => Code::Conflict,
            Self::BadCredentials | Self::BadRefreshToken | Self::Ended => Code::Unauthenticated,
            Self::TooSoon(_) => Code::RateLimited,
            Self::Busy => Code::Overloaded,
            Self::NoProvider => Code::NotFound,
            Self::Provider(_) => Code::SubgraphUnavailable,
            Self::NotAUser | Self::NotTheFirst | Self::Beyond(_) => Code::Forbidden,
            Self::Password(_) => Code::InvalidInput,
            Self::Idempotency(error) => error.code(),
            Self::NullGiven(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Db(_) | Self::Hashing => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound { field, .. } | Self::Invalid { field, .. } => Some(field),
            Self::EmailTaken => Some("email"),
            Self::NameTaken { .. } => Some("name"),
            Self::SlugTaken => Some("slug"),
            Self::Move(_) => Some("parentId"),
            Self::Grants(_) => Some("grants"),
            Self::Password(_) => Some("password"),
            Self::Idempotency(error) => error.field(),
            Self::NullGiven(error) => error.field(),
            Self::Page(error) => error.field(),
            _ => None,
        }
    }
}
