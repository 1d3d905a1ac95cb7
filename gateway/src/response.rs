//! What comes in and what goes out, before any transport.

use std::{fmt, net::IpAddr, sync::Arc};

use apollo_compiler::{parser::SourceMap, request::RequestError, response::JsonMap};
use async_graphql::{PathSegment, Pos, ServerError, Value};
use kernel::{Action, Actor, Code, Coded, Denied, Object, RequestOrigin};
use platform::auth::AuthError;
use serde::{Deserialize, Serialize};

use crate::{auth::Admission, documents::PersistedQuery, measure::start, variables::Variables};

/// A GraphQL request, as GraphQL over HTTP shapes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Parameters")]
pub struct Request {
    /// Empty when the document is named by its hash.
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Option<JsonMap>,
    pub persisted: Option<PersistedQuery>,
    /// The id of the last event that the client has heard of a subscription.
    pub resume_after: Option<Arc<str>>,
}

/// The parameters as they travel. Null is the same as absent, and what we do not know is ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Parameters {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Option<Variables>,
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

impl TryFrom<Parameters> for Request {
    type Error = &'static str;

    fn try_from(parameters: Parameters) -> Result<Self, Self::Error> {
        let Parameters { query, operation_name, variables, extensions } = parameters;
        let mut extensions = extensions.unwrap_or_default();
        let persisted: Option<PersistedQuery> = extensions
            .remove("persistedQuery")
            .map(serde_json::from_value)
            .transpose()
            .map_err(|_| "`extensions.persistedQuery` is an object of `version`, 1, and `sha256Hash`, a string")?
            .flatten();
        let resume_after = match extensions.remove("resumeAfter") {
            None | Some(serde_json::Value::Null) => None,
            Some(serde_json::Value::String(id)) if is_event_id(&id) => Some(id.into()),
            Some(_) => return Err("`extensions.resumeAfter` is the id of an event, a string"),
        };
        if query.is_none() && persisted.is_none() {
            return Err("the parameter `query` is missing");
        }
        let operation_name = operation_name.filter(|name| !name.is_empty());
        let variables = variables.map(|Variables(variables)| variables);
        Ok(Self { query: query.unwrap_or_default(), operation_name, variables, persisted, resume_after })
    }
}

/// Fit for a header, and no longer than an id is.
pub(crate) fn is_event_id(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
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
#[derive(Clone)]
pub struct RequestContext {
    pub actor: Option<Arc<Actor>>,
    /// How the actor came in, where that may be withdrawn: asked again before the operation runs.
    pub admission: Option<Admission>,
    pub request_id: Arc<str>,
    /// Where it comes from, as far as that is known. Personal, so it does not print.
    pub address: Option<IpAddr>,
    /// Refuses mutations: what came by GET must not act.
    pub read_only: bool,
}

impl RequestContext {
    /// Looks again who asks.
    pub(crate) async fn admit(&mut self, mutation: bool) -> Result<(), Response> {
        let Some(admission) = &self.admission else { return Ok(()) };
        let actor = admission.actor_for(mutation).await;
        self.actor = Some(actor.map_err(|error| Response::refused_because(error.code(), error.to_string()))?);
        Ok(())
    }

    /// Looks between two fields of a mutation whether who asks is still let in, and as whom. What is remembered counts,
    /// until a change of rights has been heard of.
    pub(crate) async fn admit_again(&mut self) -> Result<(), AuthError> {
        if let Some(admission) = &self.admission {
            self.actor = Some(admission.actor_for(false).await?);
        }
        Ok(())
    }

    /// Reads of `object` only what `action` may touch too, such as exporting it, on behalf of who asks now and of nobody
    /// who could be asked for again.
    ///
    /// # Errors
    /// Nothing of it may be touched.
    pub fn reading_only(self, object: Object, action: Action) -> Result<Self, Denied> {
        let Some(actor) = self.actor else { return Ok(self) };
        actor.access.require_some(object, action)?;
        let access = actor.access.reading_only(object, action);
        Ok(Self { actor: Some(Arc::new(Actor { access, ..(*actor).clone() })), admission: None, ..self })
    }

    /// The actor as one who may change something: from now on it is known in which request.
    pub(crate) fn acting(&self) -> Option<Arc<Actor>> {
        let request = RequestOrigin { id: self.request_id.to_string(), address: self.address };
        self.actor.as_ref().map(|actor| Arc::new(actor.acting_in(request)))
    }
}

impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// The answer to a request, or one event of a subscription.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Response {
    /// `None` when the request failed before it ran: then `data` is absent, not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ServerError>,
    /// What is told beside the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Box<Extensions>>,
    /// Why the request did not run.
    #[serde(skip)]
    pub refused: Option<Code>,
    /// Seconds after which a refused request may succeed.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

/// The `extensions` of a response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostReport>,
    /// Of the event that a response tells of, where its service says: after it a subscription can be resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// What an operation cost, where costs are limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CostReport {
    /// Of this operation.
    pub requested: u64,
    /// The most that one operation may cost.
    pub limit: u64,
    /// What the credential has left, if that is limited.
    #[serde(flatten)]
    pub spending: Option<Spending>,
}

/// How a credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spending {
    /// For a minute.
    pub budget: u64,
    pub remaining: u64,
    /// Seconds until the budget is whole again.
    pub reset_seconds: u64,
}

impl Response {
    /// Of the event that it tells of.
    pub(crate) fn event_id(&self) -> Option<&str> {
        self.extensions.as_ref()?.event_id.as_deref()
    }

    pub(crate) fn refused(code: Code, errors: Vec<ServerError>) -> Self {
        let retry_after = (code == Code::Overloaded).then_some(1);
        Self { errors, refused: Some(code), retry_after, ..Self::default() }
    }

    pub(crate) fn refused_because(code: Code, message: impl Into<String>) -> Self {
        Self::refused(code, vec![error(code, message)])
    }

    /// Puts the request's id on every error, so that it can be found in the log, and when to come back, for those
    /// who see no headers.
    pub(crate) fn identify(&mut self, request_id: &str) {
        for error in &mut self.errors {
            let extensions = error.extensions.get_or_insert_default();
            extensions.set("requestId", request_id);
            if let Some(seconds) = self.retry_after {
                extensions.set("retryAfterSeconds", seconds);
            }
        }
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

/// The same error, with the place in the document that it is about.
pub(crate) fn located(mut error: ServerError, place: Option<Pos>) -> ServerError {
    error.locations = place.into_iter().collect();
    error
}

/// What apollo-compiler found wrong with a request, in our shape.
pub(crate) fn from_request(code: Code, problem: &RequestError, sources: &SourceMap) -> ServerError {
    let place = problem.location().and_then(|span| start(span, sources));
    located(error(code, problem.message().to_string()), place)
}
