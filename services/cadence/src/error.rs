use kernel::{Code, Coded, PageError};
use platform::idempotency::IdempotencyError;
use thiserror::Error;

/// What can go wrong in the cadence service. `Display` is safe to show.
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
    #[error("the lead is in this sequence already, or has been")]
    AlreadyEnrolled,
    #[error("the send gate refuses: {}", reasons.join("; "))]
    SendRefused { reasons: Vec<String> },
    #[error("the enrolment is {state}, so this cannot be done to it")]
    WrongState { state: &'static str },
    #[error("only a message whose sending is uncertain can be resolved")]
    NotUncertain,
    #[error("the object was changed by somebody else meanwhile; read it again and retry")]
    Conflict,
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("something broke on our side")]
    Db(#[source] sqlx::Error),
}

impl Error {
    pub fn not_found(what: &'static str) -> Self {
        Self::NotFound { what, field: "id" }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // Both engines say it: PostgreSQL by the index's name, SQLite by its columns.
        let text = error.as_database_error().filter(|error| error.is_unique_violation()).map(|error| error.to_string());
        match text {
            Some(text) if text.contains("enrollment_once") || text.contains("enrollment.lead_id") => {
                Self::AlreadyEnrolled
            }
            Some(_) => Self::Conflict,
            None => Self::Db(error),
        }
    }
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Denied(error) => error.code(),
            Self::NotFound { .. } => Code::NotFound,
            Self::Invalid { code, .. } => *code,
            Self::AlreadyEnrolled => Code::AlreadyExists,
            Self::SendRefused { .. } => Code::SendRefused,
            Self::WrongState { .. } | Self::NotUncertain | Self::Conflict => Code::Conflict,
            Self::Idempotency(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Db(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound { field, .. } | Self::Invalid { field, .. } => Some(field),
            Self::AlreadyEnrolled | Self::SendRefused { .. } => Some("leadId"),
            Self::WrongState { .. } | Self::NotUncertain => Some("id"),
            Self::Denied(error) => error.field(),
            Self::Idempotency(error) => error.field(),
            Self::Page(error) => error.field(),
            _ => None,
        }
    }
}
