use kernel::{Code, Coded, PageError};
use platform::idempotency::IdempotencyError;
use thiserror::Error;

/// What can go wrong in the enrichment service. `Display` is safe to show.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Forbidden(#[from] kernel::Forbidden),
    #[error(transparent)]
    Denied(#[from] kernel::Denied),
    /// Also for a lead that was captured a moment ago and has not arrived here.
    #[error("there is no such lead")]
    LeadNotFound,
    #[error("the lead was changed meanwhile; retry")]
    Conflict,
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("something broke on our side")]
    Db(#[from] sqlx::Error),
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Denied(error) => error.code(),
            Self::LeadNotFound => Code::NotFound,
            Self::Conflict => Code::Conflict,
            Self::Idempotency(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Db(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::LeadNotFound => Some("leadId"),
            Self::Denied(error) => error.field(),
            Self::Idempotency(error) => error.field(),
            Self::Page(error) => error.field(),
            _ => None,
        }
    }
}
