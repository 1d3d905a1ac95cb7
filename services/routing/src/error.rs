use kernel::{Code, Coded, PageError};
use platform::{HandleError, bus::BusError, idempotency::IdempotencyError};
use thiserror::Error;

use crate::domain::{rep::OutOfRange, route::UnknownRule};

/// What can go wrong in the routing service. `Display` is safe to show.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Forbidden(#[from] kernel::Forbidden),
    #[error(transparent)]
    Denied(#[from] kernel::Denied),
    #[error("there is no such {what}")]
    NotFound { what: &'static str, field: &'static str },
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    #[error("the user behind this rep is inactive or has another role: change that first")]
    UserCannotTakeLeads,
    #[error("the object was changed by somebody else meanwhile; read it again and retry")]
    Conflict,
    #[error(transparent)]
    UnknownRule(#[from] UnknownRule),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("something broke on our side")]
    Db(#[source] sqlx::Error),
    #[error("something broke on our side")]
    Bus(#[source] BusError),
    #[error("{0}")]
    CannotResume(BusError),
}

impl Error {
    pub fn no_lead() -> Self {
        Self::NotFound { what: "lead here, or it is not enriched yet", field: "leadId" }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let taken = error.as_database_error().is_some_and(|error| error.is_unique_violation());
        if taken { Self::Conflict } else { Self::Db(error) }
    }
}

impl From<BusError> for Error {
    fn from(error: BusError) -> Self {
        if matches!(error, BusError::Forgotten { .. }) { Self::CannotResume(error) } else { Self::Bus(error) }
    }
}

impl From<Error> for HandleError {
    fn from(error: Error) -> Self {
        match error {
            Error::Db(error) => Self::Db(error),
            other => Self::Other(other.to_string()),
        }
    }
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Denied(error) => error.code(),
            Self::NotFound { .. } => Code::NotFound,
            Self::OutOfRange(_) => Code::InvalidInput,
            Self::UserCannotTakeLeads | Self::Conflict | Self::UnknownRule(_) => Code::Conflict,
            Self::Idempotency(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::CannotResume(_) => Code::CannotResume,
            Self::Db(_) | Self::Bus(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound { field, .. } => Some(field),
            Self::OutOfRange(error) => Some(error.field),
            Self::UserCannotTakeLeads => Some("active"),
            Self::Denied(error) => error.field(),
            Self::Idempotency(error) => error.field(),
            Self::Page(error) => error.field(),
            _ => None,
        }
    }
}
