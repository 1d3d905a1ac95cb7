use async_graphql::{ErrorExtensions, MaybeUndefined, SimpleObject};
use kernel::{Code, Coded};
use thiserror::Error;

use crate::telemetry::chain;

/// Something the client can mend: shown beside a mutation's result.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct UserError {
    /// A stable code, see the error reference.
    pub code: String,
    /// What went wrong, in words for people.
    pub message: String,
    /// The input field at fault, if it is one.
    pub field: Option<String>,
}

impl UserError {
    pub fn new(error: &(impl Coded + ?Sized)) -> Self {
        Self {
            code: error.code().as_str().to_owned(),
            message: error.to_string(),
            field: error.field().map(str::to_owned),
        }
    }
}

/// An update was given null for what has to be there.
#[derive(Debug, Error)]
#[error("this cannot be empty; left out, it stays as it is")]
pub struct NullGiven {
    field: &'static str,
}

impl Coded for NullGiven {
    fn code(&self) -> Code {
        Code::Required
    }

    fn field(&self) -> Option<&str> {
        Some(self.field)
    }
}

/// Of an update, what has to be there: it may be left out, and not be null.
pub fn needed_if_given<T>(field: &'static str, value: MaybeUndefined<T>) -> Result<Option<T>, NullGiven> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value)),
        MaybeUndefined::Null => Err(NullGiven { field }),
    }
}

/// Turns a service's error into a top-level GraphQL error with `extensions.code` and `extensions.field`.
pub trait IntoGraphql<T> {
    fn graphql(self) -> async_graphql::Result<T>;
}

impl<T, E: Coded + 'static> IntoGraphql<T> for Result<T, E> {
    fn graphql(self) -> async_graphql::Result<T> {
        self.map_err(|error| to_graphql(&error))
    }
}

/// Splits a mutation's outcome: what the user can mend becomes a [`UserError`], the rest a top-level error.
pub fn mutation<T, E: Coded + 'static>(outcome: Result<T, E>) -> async_graphql::Result<(Option<T>, Vec<UserError>)> {
    match outcome {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(error) if can_be_mended(error.code()) => Ok((None, vec![UserError::new(&error)])),
        Err(error) => Err(to_graphql(&error)),
    }
}

pub(super) fn to_graphql<E: Coded + 'static>(error: &E) -> async_graphql::Error {
    let code = error.code();
    if code.status() >= 500 {
        // Logged once, here at the boundary; the client learns the code and the request id.
        tracing::error!(code = code.as_str(), error = chain(error), "request failed");
    }
    async_graphql::Error::new(error.to_string()).extend_with(|_, extensions| {
        extensions.set("code", code.as_str());
        if let Some(field) = error.field() {
            extensions.set("field", field);
        }
    })
}

fn can_be_mended(code: Code) -> bool {
    code.status() < 500 && !matches!(code, Code::Unauthenticated | Code::Forbidden)
}
