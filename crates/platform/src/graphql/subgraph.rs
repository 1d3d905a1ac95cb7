//! One subgraph as the gateway sees it, near or far: the same call in process and over HTTP.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    ObjectType, Request, Response, Schema, SubscriptionType, Variables,
    parser::{parse_query, types::ExecutableDocument},
};
use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use kernel::{Actor, Code};
use thiserror::Error;

use super::resume::Listening;

/// One operation for one subgraph.
#[derive(Debug, Clone)]
pub struct SubgraphCall {
    pub query: Arc<str>,
    pub variables: Variables,
    /// On whose behalf. `None` only where the gateway serves a foreign supergraph.
    pub actor: Option<Arc<Actor>>,
    /// Ties the log lines of one client request together.
    pub request_id: Arc<str>,
    /// The id of the event after which a subscription goes on.
    pub resume_after: Option<Arc<str>>,
}

/// The subgraph gave no GraphQL answer at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubgraphError {
    #[error("the {service} service cannot be reached")]
    Unreachable { service: String },
    #[error("the {service} service did not answer in time")]
    Timeout { service: String },
    #[error("the {service} service gave an answer that is not GraphQL")]
    BadResponse { service: String },
}

/// Something that answers GraphQL for one service.
pub trait Subgraph: Send + Sync {
    fn execute(&self, call: SubgraphCall) -> BoxFuture<'static, Result<Response, SubgraphError>>;

    /// The events of one subscription. The stream ends when the subgraph ends it; dropping it unsubscribes.
    fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<Response, SubgraphError>>;
}

/// A subgraph in this process: no socket, no JSON text. Clones share what was parsed.
#[derive(Debug, Clone)]
pub struct InProcess<S> {
    schema: S,
    documents: Arc<Mutex<HashMap<Arc<str>, ExecutableDocument>>>,
}

/// The gateway sends the same few documents again and again, one for each fetch of its cached plans.
const DOCUMENTS: usize = 1_000;

impl<S> InProcess<S> {
    pub fn new(schema: S) -> Self {
        Self { schema, documents: Arc::default() }
    }

    fn request(&self, call: SubgraphCall) -> Request {
        let mut request = Request::new(call.query.as_ref()).variables(call.variables);
        if let Some(document) = self.document(&call.query) {
            request.set_parsed_query(document);
        }
        match call.actor {
            Some(actor) => request.data(actor),
            None => request,
        }
    }

    /// Parsed, if it can be: what is wrong with it is told when it is executed.
    fn document(&self, query: &Arc<str>) -> Option<ExecutableDocument> {
        let known = || self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = known().get(query) {
            return Some(document.clone());
        }
        let document = parse_query(query).ok()?;
        let mut documents = known();
        if documents.len() >= DOCUMENTS {
            documents.clear();
        }
        documents.insert(query.clone(), document.clone());
        Some(document)
    }
}

/// Gives a value that does not parse the code of a client's mistake; the library gives it none.
fn marked(mut response: Response) -> Response {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() && error.message.starts_with("Failed to parse ") {
            extensions.set("code", Code::InvalidInput.as_str());
        }
    }
    response
}

impl<Q, M, S> Subgraph for InProcess<Schema<Q, M, S>>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, call: SubgraphCall) -> BoxFuture<'static, Result<Response, SubgraphError>> {
        let (schema, request) = (self.schema.clone(), self.request(call));
        Box::pin(async move { Ok(marked(schema.execute(request).await)) })
    }

    fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<Response, SubgraphError>> {
        let listening = Listening::new(call.resume_after.clone());
        let (schema, request) = (self.schema.clone(), self.request(call).data(listening.clone()));
        let responses = stream::once(async move { schema.execute_stream(request) }).flatten();
        responses.map(move |response| Ok(marked(listening.name(response)))).boxed()
    }
}
