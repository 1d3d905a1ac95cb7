//! Is it alive, can it serve, how is it doing.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response as HttpResponse},
};
use futures::future::{BoxFuture, join, join_all};
use kernel::{Action, Code, Coded, Object};
use platform::graphql::{Subgraph, SubgraphCall};
use serde::Serialize;

use super::{MediaType, respond, status, with};
use crate::{
    Gateway, Response,
    auth::{Admission, gateway_actor},
};

const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    subgraphs: Vec<SubgraphReadiness>,
}

#[derive(Serialize)]
struct SubgraphReadiness {
    name: String,
    ready: bool,
    /// `closed` while the gateway asks it, `open` while it does not, `half-open` while it tries again.
    circuit: &'static str,
}

/// The process runs.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// Every subgraph answers, and its probe, if it has one, finds no fault; which one does not is listed.
pub(super) async fn ready(State(gateway): State<Gateway>) -> impl IntoResponse {
    let actor = gateway.credentials().map(|_| Arc::new(gateway_actor()));
    let request_id = gateway.new_request_id();
    let subgraphs = gateway.subgraphs();
    let checks = subgraphs.iter().map(|(name, backend)| {
        let call = SubgraphCall {
            query: "{__typename}".into(),
            variables: async_graphql::Variables::default(),
            actor: actor.clone(),
            request_id: request_id.clone(),
            resume_after: None,
        };
        let probe = gateway.probe(name).map(|probe| probe());
        async move {
            let (answers, probed) = join(answers(backend.subgraph(), call), passes(probe)).await;
            SubgraphReadiness { name: name.clone(), ready: answers && probed, circuit: backend.circuit() }
        }
    });
    let mut subgraphs = join_all(checks).await;
    subgraphs.sort_by(|a, b| a.name.cmp(&b.name));
    let ready = subgraphs.iter().all(|subgraph| subgraph.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, subgraphs }))
}

/// In the text format of Prometheus, for who may read every record: they count what all of them do.
pub(super) async fn metrics(State(gateway): State<Gateway>, headers: HeaderMap) -> HttpResponse {
    match may_watch(&gateway, &headers).await {
        Ok(()) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], gateway.metrics()).into_response(),
        Err((code, message)) => {
            let refused = Response::refused_because(code, message);
            let response = respond(MediaType::Json, status(code), refused, &gateway.door().new_request_id());
            if code == Code::Unauthenticated { with(response, WWW_AUTHENTICATE, "Bearer") } else { response }
        }
    }
}

async fn may_watch(gateway: &Gateway, headers: &HeaderMap) -> Result<(), (Code, String)> {
    let admission = gateway.authenticate(headers).await.map_err(|error| (error.code(), error.to_string()))?;
    let Some(Admission { actor, .. }) = admission else { return Ok(()) };
    for object in Object::ALL {
        actor.access.require_all(object, Action::Read).map_err(|denied| (denied.code(), denied.to_string()))?;
    }
    Ok(())
}

async fn answers(subgraph: &dyn Subgraph, call: SubgraphCall) -> bool {
    let answer = tokio::time::timeout(PATIENCE, subgraph.execute(call)).await;
    matches!(answer, Ok(Ok(response)) if response.errors.is_empty())
}

async fn passes(probe: Option<BoxFuture<'static, bool>>) -> bool {
    match probe {
        Some(probe) => tokio::time::timeout(PATIENCE, probe).await.unwrap_or(false),
        None => true,
    }
}
