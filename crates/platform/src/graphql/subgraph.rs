//! One subgraph as the gateway sees it, near or far: the same call in process and over HTTP.

use std::sync::Arc;

use async_graphql::{ObjectType, Request, Response, Schema, SubscriptionType, Variables};
use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use kernel::Actor;
use thiserror::Error;

/// One operation for one subgraph.
#[derive(Debug, Clone)]
pub struct SubgraphCall {
    pub query: Arc<str>,
    pub variables: Variables,
    /// On whose behalf. `None` only where the gateway serves a foreign supergraph.
    pub actor: Option<Arc<Actor>>,
    /// Ties the log lines of one client request together.
    pub request_id: Arc<str>,
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

/// A subgraph in this process: no socket, no JSON text.
#[derive(Debug, Clone)]
pub struct InProcess<S>(pub S);

impl<Q, M, S> Subgraph for InProcess<Schema<Q, M, S>>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn execute(&self, call: SubgraphCall) -> BoxFuture<'static, Result<Response, SubgraphError>> {
        let schema = self.0.clone();
        Box::pin(async move { Ok(schema.execute(request(call)).await) })
    }

    fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<Response, SubgraphError>> {
        let schema = self.0.clone();
        stream::once(async move { schema.execute_stream(request(call)) }).flatten().map(Ok).boxed()
    }
}

fn request(call: SubgraphCall) -> Request {
    let request = Request::new(call.query.as_ref()).variables(call.variables);
    match call.actor {
        Some(actor) => request.data(actor),
        None => request,
    }
}
