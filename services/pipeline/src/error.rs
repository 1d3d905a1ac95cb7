use kernel::{Code, Coded, PageError};
use platform::{graphql::NullGiven, idempotency::IdempotencyError};
use thiserror::Error;

/// What can go wrong in the pipeline service. `Display` is safe to show.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Forbidden(#[from] kernel::Forbidden),
    #[error(transparent)]
    Denied(#[from] kernel::Denied),
    #[error("there is no such {what}")]
    NotFound { what: &'static str, field: &'static str },
    #[error("{reason}")]
    Invalid { code: Code, field: &'static str, reason: String },
    #[error("a closed opportunity cannot move")]
    OpportunityClosed,
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
    /// `field` is the input field that names the object.
    pub fn not_found(what: &'static str, field: &'static str) -> Self {
        Self::NotFound { what, field }
    }

    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { code: Code::InvalidInput, field, reason: reason.into() }
    }
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Denied(error) => error.code(),
            Self::NotFound { .. } => Code::NotFound,
            Self::Invalid { code, .. } => *code,
            Self::OpportunityClosed => Code::OpportunityClosed,
            Self::Conflict => Code::Conflict,
            Self::Idempotency(error) => error.code(),
            Self::NullGiven(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Db(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound { field, .. } | Self::Invalid { field, .. } => Some(field),
            Self::Idempotency(error) => error.field(),
            Self::NullGiven(error) => error.field(),
            Self::Denied(error) => error.field(),
            Self::Page(error) => error.field(),
            Self::Forbidden(_) | Self::OpportunityClosed | Self::Conflict | Self::Db(_) => None,
        }
    }
}
