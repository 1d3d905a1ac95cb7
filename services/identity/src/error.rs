use kernel::{Code, Coded, PageError};
use thiserror::Error;

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
    #[error("this is the only active admin; make somebody else one first")]
    LastAdmin,
    #[error("the object was changed by somebody else meanwhile; read it again and retry")]
    Conflict,
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
            Self::EmailTaken => Code::AlreadyExists,
            Self::LastAdmin | Self::Conflict => Code::Conflict,
            Self::Page(error) => error.code(),
            Self::Db(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound { field, .. } | Self::Invalid { field, .. } => Some(field),
            Self::EmailTaken => Some("email"),
            Self::Page(error) => error.field(),
            _ => None,
        }
    }
}
