//! What comes in and what goes out, before any transport.

use std::sync::Arc;

use apollo_compiler::response::JsonMap;
use async_graphql::{PathSegment, Pos, ServerError, Value};
use kernel::{Actor, Code};
use serde::{Deserialize, Serialize};

/// A GraphQL request, as GraphQL over HTTP shapes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub query: String,
    #[serde(default)]
    pub operation_name: Option<String>,
    #[serde(default)]
    pub variables: Option<JsonMap>,
}

impl Request {
    pub fn new(query: impl Into<String>) -> Self {
        Self { query: query.into(), ..Self::default() }
    }

    /// `variables` is a JSON object; anything else means none.
    #[must_use]
    pub fn variables(self, variables: serde_json::Value) -> Self {
        let variables = serde_json::from_value(variables).unwrap_or_default();
        Self { variables, ..self }
    }
}

/// Who asks, and under which name the request appears in the logs.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub actor: Option<Arc<Actor>>,
    pub request_id: Arc<str>,
    /// Refuses mutations: what came by GET must not act.
    pub read_only: bool,
}

/// The answer to a request, or one event of a subscription.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Response {
    /// `None` when the request failed before it ran: then `data` is absent, not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ServerError>,
    /// Why the request did not run.
    #[serde(skip)]
    pub refused: Option<Code>,
}

impl Response {
    pub(crate) fn refused(code: Code, errors: Vec<ServerError>) -> Self {
        Self { data: None, errors, refused: Some(code) }
    }

    pub(crate) fn refused_because(code: Code, message: impl Into<String>) -> Self {
        Self::refused(code, vec![error(code, message)])
    }
}

/// An error with its code.
pub(crate) fn error(code: Code, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code.as_str());
    error
}

pub(crate) fn at(mut error: ServerError, path: Vec<PathSegment>) -> ServerError {
    error.path = path;
    error
}

/// Problems that apollo-compiler found, in our shape.
pub(crate) fn from_compiler(code: Code, problem: apollo_compiler::response::GraphQLError) -> ServerError {
    let mut error = error(code, problem.message);
    error.locations =
        problem.locations.iter().map(|location| Pos { line: location.line, column: location.column }).collect();
    error
}
