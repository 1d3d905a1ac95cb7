//! Is it alive, can it serve, how is it doing.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, WWW_AUTHENTICATE},
        request::Parts,
    },
    response::{IntoResponse, Response as HttpResponse},
    routing::{MethodRouter, get},
};
use futures::future::{BoxFuture, join, join_all};
use kernel::{Code, Timestamp};
use platform::{
    config::Secret,
    graphql::{Subgraph, SubgraphCall},
    http::refusal,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::with;
use crate::{
    Gateway,
    auth::{credential, gateway_actor},
};

const PATIENCE: Duration = Duration::from_secs(2);

/// How long it is known whether the subgraphs are ready.
const FRESH: Duration = Duration::from_secs(1);

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

/// What was found, and how long it counts.
struct Known {
    readiness: Arc<Readiness>,
    until: Timestamp,
}

/// The process runs.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// `/ready`, which everybody may ask: however many do, the subgraphs are asked once in [`FRESH`].
pub(super) fn ready<S: Clone + Send + Sync + 'static>(gateway: Gateway) -> MethodRouter<S> {
    let known: Arc<Mutex<Option<Known>>> = Arc::default();
    get(move || async move {
        // Whoever comes while somebody asks waits for the answer.
        let mut known = known.lock().await;
        let fresh = known.as_ref().filter(|known| gateway.clock().now() < known.until);
        let readiness = match fresh {
            Some(known) => known.readiness.clone(),
            None => {
                let readiness = Arc::new(ask_all(&gateway).await);
                *known = Some(Known { readiness: readiness.clone(), until: gateway.clock().now() + FRESH });
                readiness
            }
        };
        let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(readiness)).into_response()
    })
}

/// Every subgraph answers, and its probe, if it has one, finds no fault; which one does not is listed.
async fn ask_all(gateway: &Gateway) -> Readiness {
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
    Readiness { ready: subgraphs.iter().all(|subgraph| subgraph.ready), subgraphs }
}

/// In the text format of Prometheus. The figures are of all workspaces, so no key of one opens them: that takes the
/// operator's token or, where none is set, to be on this machine.
pub(super) async fn metrics(State(gateway): State<Gateway>, parts: Parts) -> HttpResponse {
    match &gateway.policy().metrics_token {
        Some(token) if !is_given(token, &parts.headers) => {
            let why = "the metrics take gateway.metrics_token, as `authorization: Bearer …`";
            with(refusal(Code::Unauthenticated, why), WWW_AUTHENTICATE, "Bearer")
        }
        None if !gateway.door().rules().is_from_here(&parts) => {
            let why = "without gateway.metrics_token the metrics are for this machine alone, by its own name and \
                 through no proxy";
            refusal(Code::Forbidden, why)
        }
        _ => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], gateway.metrics()).into_response(),
    }
}

fn is_given(token: &Secret, headers: &HeaderMap) -> bool {
    // Hashes, so that the time it takes tells nothing.
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    credential(headers).is_some_and(|given| hash(given) == hash(token.expose()))
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
