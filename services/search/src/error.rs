use kernel::{Code, Coded, CursorError, PageError};
use thiserror::Error;

use crate::{domain::query::QueryError, index::IndexError};

/// What can go wrong in the search service. `Display` is safe to show.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Forbidden(#[from] kernel::Forbidden),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("something broke on our side")]
    Index(#[source] IndexError),
}

impl From<CursorError> for Error {
    fn from(error: CursorError) -> Self {
        Self::Page(error.into())
    }
}

impl From<IndexError> for Error {
    fn from(error: IndexError) -> Self {
        Self::Index(error)
    }
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Forbidden(error) => error.code(),
            Self::Query(_) => Code::InvalidInput,
            Self::Page(error) => error.code(),
            Self::Index(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Query(_) => Some("query"),
            Self::Page(error) => error.field(),
            Self::Forbidden(_) | Self::Index(_) => None,
        }
    }
}
