//! The gateway over HTTP: GraphQL over HTTP, server-sent events, WebSockets, probes and metrics.

mod negotiate;
mod probes;
mod request;
mod sse;
mod ws;

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::{
        RawQuery, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response as HttpResponse},
    routing::{any, get},
};
use futures::{FutureExt, StreamExt, future::join_all, stream};
use kernel::{Code, Coded};
use platform::{
    door::{self, Arrival, refusal_page},
    http::{LAST_EVENT_ID_HEADER, refusal},
};

use self::{
    negotiate::{MediaType, accepted, status},
    request::{Asked, read_body, read_query},
};
use crate::{
    Gateway, Request, RequestContext, Response,
    auth::{Admission, credential},
    playground,
    response::is_event_id,
};

/// Everything the gateway serves: `/graphql`, the playground, `/live`, `/ready`, `/metrics`, and that there is nothing
/// else.
pub fn router(gateway: Gateway) -> Router {
    let door = gateway.door().clone();
    let playground = if gateway.policy().playground { playground::router() } else { Router::new() };
    let probes = Router::new()
        .route("/live", get(probes::live))
        .route("/ready", probes::ready(gateway.clone()))
        .route("/metrics", get(probes::metrics))
        .with_state(gateway.clone());
    let graphql = Router::new().route("/graphql", any(graphql)).with_state(gateway);
    door.open(graphql, "GET, POST")
        .merge(door.unguarded(probes, refusal))
        .merge(door.unguarded(playground, refusal_page))
        .merge(door.elsewhere(refusal))
}

async fn graphql(
    State(gateway): State<Gateway>,
    Extension(arrival): Extension<Arrival>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    body: Body,
) -> HttpResponse {
    let upgrades = headers.get(UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if method == Method::GET && upgrades {
        ws::upgrade(&gateway, &headers, arrival.address, socket).unwrap_or_else(|refused| {
            // A handshake negotiates no media type.
            let code = refused.refused.unwrap_or(Code::BadRequest);
            respond(MediaType::Json, status(code), refused, &arrival.request_id)
        })
    } else if method == Method::OPTIONS {
        door::options()
    } else {
        let call = Call { gateway: &gateway, method, query, headers: &headers, arrival };
        call.answer(body).await.unwrap_or_else(|refused| refused)
    }
}

struct Call<'a> {
    gateway: &'a Gateway,
    method: Method,
    query: Option<String>,
    headers: &'a HeaderMap,
    arrival: Arrival,
}

impl Call<'_> {
    /// `Err` is a request that was refused before anybody asked what it wants: its status does not depend on
    /// the media type.
    async fn answer(self, body: Body) -> Result<HttpResponse, HttpResponse> {
        let media = accepted(self.headers);
        // A refusal must be readable, even to a client that asked for what we do not have.
        let readable = media.filter(|media| *media != MediaType::EventStream).unwrap_or(MediaType::Json);
        let refuse = |code: Code, message: String| {
            respond(readable, status(code), Response::refused_because(code, message), &self.arrival.request_id)
        };
        let read_only = match self.method {
            Method::POST => false,
            Method::GET | Method::HEAD => true,
            _ => return Err(allow(refuse(Code::MethodNotAllowed, "use POST or GET".to_owned()), door::METHODS)),
        };
        let media = media.ok_or_else(|| {
            let types = "the answer can be application/graphql-response+json, application/json or text/event-stream";
            refuse(Code::NotAcceptable, types.to_owned())
        })?;
        // What is no request is told so first: only of one that is does it matter where it comes from.
        let given = read_only.then(|| read_query(self.query.as_deref())).transpose();
        let given = given.map_err(|(code, message)| refuse(code, message))?;
        if self.gateway.policy().csrf_prevention && !door::asked_first(self.headers) {
            return Err(refuse(Code::CsrfPrevented, door::UNASKED.to_owned()));
        }
        let admission = self.admission(readable).await?;
        let asked = match given {
            Some(asked) => Ok(asked),
            None => read_body(self.headers, body, self.gateway.limits()).await,
        };
        match asked.map_err(|(code, message)| refuse(code, message))? {
            Asked::One(request) if media == MediaType::EventStream => {
                Ok(self.stream(request, admission, read_only).await)
            }
            Asked::One(request) => {
                let response = self.run(request, admission.as_ref(), read_only).await;
                Ok(respond(media, media.status(response.refused), response, &self.arrival.request_id))
            }
            Asked::Many(_) if media == MediaType::EventStream => {
                Err(refuse(Code::BatchRefused, "a stream of events answers one operation".to_owned()))
            }
            Asked::Many(requests) => {
                let running = requests.into_iter().map(|request| self.run(request, admission.as_ref(), read_only));
                Ok(together(media, &join_all(running).await))
            }
        }
    }

    async fn run(&self, request: Request, admission: Option<&Admission>, read_only: bool) -> Response {
        let mut response = match self.gateway.resolve(request) {
            Ok(request) => self.gateway.run(request, self.context(admission, read_only)).await,
            Err(refused) => refused,
        };
        response.identify(&self.arrival.request_id);
        response
    }

    async fn stream(&self, request: Request, admission: Option<Admission>, read_only: bool) -> HttpResponse {
        let request = Request { resume_after: request.resume_after.clone().or_else(|| self.last_event()), ..request };
        let request = match self.gateway.resolve(request) {
            Ok(request) => request,
            Err(refused) => return self.refuse_stream(refused),
        };
        let context = self.context(admission.as_ref(), read_only);
        let mut responses = self.gateway.run_stream(request, context, admission).await;
        match responses.next().now_or_never() {
            Some(Some(refused)) if refused.refused.is_some() => self.refuse_stream(refused),
            Some(first) => sse::event_stream(stream::iter(first).chain(responses).boxed()),
            None => sse::event_stream(responses),
        }
    }

    /// A stream that does not begin is an answer like any other: by its status an `EventSource` knows that it need not
    /// come back.
    fn refuse_stream(&self, refused: Response) -> HttpResponse {
        let status = MediaType::GraphqlResponse.status(refused.refused);
        respond(MediaType::Json, status, refused, &self.arrival.request_id)
    }

    /// What an `EventSource` says when it comes back. What is no id of an event stays one that nobody knows.
    fn last_event(&self) -> Option<Arc<str>> {
        let id = self.headers.get(LAST_EVENT_ID_HEADER).filter(|id| !id.is_empty())?.to_str().unwrap_or_default();
        Some(if is_event_id(id) { id.into() } else { "?".into() })
    }

    fn context(&self, admission: Option<&Admission>, read_only: bool) -> RequestContext {
        RequestContext { read_only, ..self.gateway.context_of(admission.cloned(), Some(&self.arrival)) }
    }

    async fn admission(&self, media: MediaType) -> Result<Option<Admission>, HttpResponse> {
        let Some(credentials) = self.gateway.credentials() else { return Ok(None) };
        credentials.admit(credential(self.headers)).await.map(Some).map_err(|error| {
            let code = error.code();
            let refused = Response::refused_because(code, error.to_string());
            respond(media, status(code), refused, &self.arrival.request_id)
        })
    }
}

/// One answer, and what its status wants beside it.
fn respond(media: MediaType, status: StatusCode, mut response: Response, request_id: &str) -> HttpResponse {
    response.identify(request_id);
    let http = (status, [(CONTENT_TYPE, media.as_str())], json(&response)).into_response();
    let mut http = match response.refused {
        Some(Code::MethodNotAllowed) => allow(http, "POST"),
        Some(Code::Unauthenticated) => with(http, WWW_AUTHENTICATE, "Bearer"),
        _ => http,
    };
    if let Some(seconds) = response.retry_after {
        http.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    http
}

/// The answers to a list of operations, in its order. Each says by itself how it went.
fn together(media: MediaType, responses: &[Response]) -> HttpResponse {
    (StatusCode::OK, [(CONTENT_TYPE, media.as_str())], json(responses)).into_response()
}

fn json<T: serde::Serialize + ?Sized>(answer: &T) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}

fn allow(response: HttpResponse, methods: &'static str) -> HttpResponse {
    with(response, ALLOW, methods)
}

fn with(mut response: HttpResponse, name: axum::http::HeaderName, value: &'static str) -> HttpResponse {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
