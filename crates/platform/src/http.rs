//! The HTTP edges that every process has: its subgraphs behind the actor token, and the pages that an
//! orchestrator asks.

mod connections;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use async_graphql::{Request, Response, Value};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use futures::{StreamExt, future::BoxFuture, stream};
use kernel::{Actor, Code, Coded};
use serde_json::json;
use tokio::net::TcpListener;

pub use connections::{REUSED_WITHIN, serve};

use crate::{
    auth::{ACTOR_HEADER, ActorTokens},
    graphql::{EVENT_ID, Subgraph, SubgraphCall, SubgraphError},
    telemetry,
};

/// Ties the log lines of one request together, across processes.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// The event after which a client goes on that was away: as `EventSource` sends it.
pub const LAST_EVENT_ID_HEADER: &str = "last-event-id";

/// Largest body a subgraph takes: the gateway's limit and room for representations.
const MAX_BODY: usize = 16 << 20;

/// Binds `address`, saying which it was when it cannot.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| anyhow::anyhow!("cannot listen on {address}: {error}"))
}

/// Whether this process can do its work: `Err` names what is missing.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// `/live`, `/ready` and `/metrics`; open to everybody, so they tell nothing of the data.
pub fn health(readiness: Readiness) -> Router {
    let ready = move || async move {
        match readiness().await {
            Ok(()) => (StatusCode::OK, Json(json!({ "ready": true }))),
            Err(missing) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "missing": missing }))),
        }
    };
    Router::new().route("/live", get(|| async { Json(json!({ "live": true })) })).route("/ready", get(ready)).route(
        "/metrics",
        get(|| async { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], telemetry::render_metrics()) }),
    )
}

/// Proof, for a service's own internal routes, that the gateway called and on whose behalf.
pub fn verified_actor(headers: &HeaderMap, tokens: &ActorTokens) -> Option<Actor> {
    let token = headers.get(ACTOR_HEADER)?.to_str().ok()?;
    tokens.verify(token).ok()
}

/// `POST /graphql` of one service. Only the gateway's signed token opens it.
pub fn subgraph(subgraph: Arc<dyn Subgraph>, tokens: ActorTokens) -> Router {
    Router::new()
        .route("/graphql", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Endpoint { subgraph, tokens })
}

#[derive(Clone)]
struct Endpoint {
    subgraph: Arc<dyn Subgraph>,
    tokens: ActorTokens,
}

async fn answer(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> axum::response::Response {
    // Before the body is read: who has no token shall not make us parse megabytes.
    let Some(actor) = verified_actor(&headers, &endpoint.tokens) else {
        return refusal(Code::Unauthenticated, "this service answers only the gateway");
    };
    let Json(request) = match Json::<Request>::from_request(request, &()).await {
        Ok(request) => request,
        Err(rejection) => return refusal(Code::BadRequest, &rejection.body_text()),
    };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let call = SubgraphCall {
        query: request.query.into(),
        variables: request.variables,
        actor: Some(Arc::new(actor)),
        request_id: text(REQUEST_ID_HEADER).into(),
        resume_after: Some(text(LAST_EVENT_ID_HEADER)).filter(|id| !id.is_empty()).map(Into::into),
    };
    if text("accept").contains("text/event-stream") {
        return events(&*endpoint.subgraph, call);
    }
    match endpoint.subgraph.execute(call).await {
        Ok(response) => Json(response).into_response(),
        Err(error) => refusal(Code::Internal, &error.to_string()),
    }
}

fn events(subgraph: &dyn Subgraph, call: SubgraphCall) -> axum::response::Response {
    let event = |response: Result<Response, SubgraphError>| {
        let response = response.ok();
        let event = match response.as_ref().and_then(|response| response.extensions.get(EVENT_ID)) {
            Some(Value::String(id)) => Event::default().id(id),
            _ => Event::default(),
        };
        let data = response.and_then(|response| serde_json::to_string(&response).ok()).unwrap_or_default();
        Ok::<_, Infallible>(event.event("next").data(data))
    };
    let end = stream::once(async { Ok(Event::default().event("complete")) });
    let events = subgraph.subscribe(call).map(event).chain(end);
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

/// An answer that is an error as a whole, in GraphQL's shape.
pub fn refusal(code: Code, message: &str) -> axum::response::Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({ "errors": [{ "message": message, "extensions": { "code": code.as_str() } }] })))
        .into_response()
}

/// [`refusal`] of a service's error.
pub fn refuse(error: &dyn Coded) -> axum::response::Response {
    refusal(error.code(), &error.to_string())
}
