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
    routing::{MethodRouter, get},
};
use futures::future::{BoxFuture, join, join_all};
use kernel::{Action, Code, Coded, Object, Timestamp};
use platform::{
    auth::AuthError,
    graphql::{Subgraph, SubgraphCall},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::{MediaType, respond, status, with};
use crate::{
    Gateway, Response,
    auth::{Admission, credential, gateway_actor},
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

/// In the text format of Prometheus, for the operator's scraper or else for who may read every record: they count what
/// all of them do.
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
    if let Some(token) = &gateway.policy().metrics_token {
        // Hashes, so that the time it takes tells nothing.
        let hash = |text: &str| Sha256::digest(text.as_bytes());
        let opens = credential(headers).is_some_and(|given| hash(given) == hash(token.expose()));
        return if opens { Ok(()) } else { Err(refused(&AuthError::BadCredential)) };
    }
    let admission = gateway.authenticate(headers).await.map_err(|error| refused(&error))?;
    let Some(Admission { actor, .. }) = admission else { return Ok(()) };
    for object in Object::ALL {
        actor.access.require_all(object, Action::Read).map_err(|denied| refused(&denied))?;
    }
    Ok(())
}

fn refused(error: &impl Coded) -> (Code, String) {
    (error.code(), error.to_string())
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
