use std::collections::BTreeSet;

use kernel::{Code, Coded, Object, PageError};
use platform::{graphql::NullGiven, idempotency::IdempotencyError};
use thiserror::Error;

use crate::domain::{capture::FormProblem, import::ImportError, segment::DefinitionError};

/// What can go wrong in the lead service. `Display` is safe to show.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Forbidden(#[from] kernel::Forbidden),
    #[error(transparent)]
    Denied(#[from] kernel::Denied),
    /// Of those that the actor may make the record lacks an attribute, or the owner.
    #[error(
        "you are not allowed to create this {object}: your role makes only those of a certain {}, and this one has \
         another or none",
        words(lacks)
    )]
    MayNotCreate { object: Object, lacks: BTreeSet<&'static str> },
    #[error("there is no such {what}")]
    NotFound { what: &'static str, field: &'static str },
    #[error("{reason}")]
    Invalid { code: Code, field: &'static str, reason: String },
    #[error("the lead has been converted and is read-only")]
    AlreadyConverted,
    #[error("another account has this domain")]
    DomainTaken,
    #[error("another contact has this e-mail address")]
    EmailTaken,
    #[error("another segment has this name")]
    SegmentNameTaken,
    #[error("another landing page has this address")]
    SlugTaken,
    #[error("the object was changed by somebody else meanwhile; read it again and retry")]
    Conflict,
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    NullGiven(#[from] NullGiven),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    #[error("something broke on our side")]
    Db(#[source] sqlx::Error),
}

impl Error {
    /// `field` is the input field that names the object.
    pub fn not_found(what: &'static str, field: &'static str) -> Self {
        Self::NotFound { what, field }
    }
}

impl From<FormProblem> for Error {
    fn from(FormProblem { code, field, reason }: FormProblem) -> Self {
        Self::Invalid { code, field, reason }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // Both engines say it: PostgreSQL by the index's name, SQLite by its columns.
        let text = error.as_database_error().filter(|error| error.is_unique_violation()).map(|error| error.to_string());
        match text {
            Some(text) if text.contains("account_domain") || text.contains("account.domain") => Self::DomainTaken,
            Some(text) if text.contains("contact_email") || text.contains("contact.email") => Self::EmailTaken,
            Some(text) if text.contains("segment_name") || text.contains("segment.name") => Self::SegmentNameTaken,
            Some(text) if text.contains("landing_page_slug") || text.contains("landing_page.slug") => Self::SlugTaken,
            Some(_) => Self::Conflict,
            None => Self::Db(error),
        }
    }
}

fn words(lacks: &BTreeSet<&'static str>) -> String {
    lacks.iter().copied().collect::<Vec<_>>().join(" or ")
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Denied(error) => error.code(),
            Self::MayNotCreate { .. } => Code::Forbidden,
            Self::NotFound { .. } => Code::NotFound,
            Self::Invalid { code, .. } => *code,
            Self::AlreadyConverted => Code::AlreadyConverted,
            Self::DomainTaken | Self::EmailTaken | Self::SegmentNameTaken | Self::SlugTaken => Code::AlreadyExists,
            Self::Conflict => Code::Conflict,
            Self::Idempotency(error) => error.code(),
            Self::NullGiven(error) => error.code(),
            Self::Page(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::Definition(error) => error.code(),
            Self::Db(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::NotFound { field, .. } | Self::Invalid { field, .. } => Some(field),
            Self::Denied(error) => error.field(),
            Self::DomainTaken => Some("domain"),
            Self::EmailTaken => Some("email"),
            Self::SegmentNameTaken => Some("name"),
            Self::SlugTaken => Some("slug"),
            Self::Idempotency(error) => error.field(),
            Self::NullGiven(error) => error.field(),
            Self::Page(error) => error.field(),
            Self::Import(error) => error.field(),
            Self::Definition(error) => error.field(),
            _ => None,
        }
    }
}
