//! The gateway over HTTP: GraphQL over HTTP, server-sent events, WebSockets, probes and metrics.

mod negotiate;
mod probes;
mod sse;
mod ws;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{
        RawQuery, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response as HttpResponse},
    routing::{any, get},
};
use kernel::{Code, Coded};
use serde::Deserialize;

use self::negotiate::{MediaType, accepted, is_json};
use crate::{
    Gateway, Request, RequestContext, Response,
    auth::{Admission, credential},
    playground,
};

const REQUEST_ID: &str = "x-request-id";

/// Everything the gateway serves: `/graphql`, the playground, `/live`, `/ready`, `/metrics`.
pub fn router(gateway: Gateway) -> Router {
    Router::new()
        .route("/graphql", any(graphql))
        .route("/live", get(probes::live))
        .route("/ready", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .with_state(gateway)
        .merge(playground::router())
}

async fn graphql(
    State(gateway): State<Gateway>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    body: Body,
) -> HttpResponse {
    if headers.get(UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return match socket {
            Ok(socket) => ws::upgrade(gateway, &headers, socket),
            Err(rejected) => rejected.into_response(),
        };
    }
    let request_id = request_id(&gateway, &headers);
    let call = Call { gateway, method, query, headers, request_id: request_id.clone() };
    let mut response = call.answer(body).await.unwrap_or_else(|refused| refused);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The id that the client or a proxy gave, if it is fit for a log, or a new one.
fn request_id(gateway: &Gateway, headers: &HeaderMap) -> Arc<str> {
    let fit = |id: &&str| {
        (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(fit);
    given.map_or_else(|| gateway.new_request_id(), Arc::from)
}

struct Call {
    gateway: Gateway,
    method: Method,
    query: Option<String>,
    headers: HeaderMap,
    request_id: Arc<str>,
}

/// GraphQL over HTTP in a query string.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryString {
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
}

impl Call {
    async fn answer(self, body: Body) -> Result<HttpResponse, HttpResponse> {
        // A refusal must be readable, even to a client that asked for what we do not have.
        let media = accepted(&self.headers);
        let readable = media.filter(|media| *media != MediaType::EventStream).unwrap_or(MediaType::Json);
        let refuse = |status: StatusCode, code: Code, message: &str| {
            respond(readable, status, &Response::refused_because(code, message))
        };
        let read_only = match self.method {
            Method::POST => false,
            Method::GET | Method::HEAD => true,
            _ => {
                let refused = refuse(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, "use POST or GET");
                return Err(allow(refused, "GET, POST"));
            }
        };
        let Some(media) = media else {
            let message = "the answer can be application/graphql-response+json, application/json or text/event-stream";
            return Err(refuse(StatusCode::NOT_ACCEPTABLE, Code::BadRequest, message));
        };
        let admission = self.admission(readable).await?;
        let request = if read_only { self.read_query() } else { self.read_body(body).await };
        let request = request.map_err(|(status, code, message)| refuse(status, code, &message))?;
        let actor = admission.as_ref().map(|admission| admission.actor.clone());
        let context = RequestContext { actor, request_id: self.request_id.clone(), read_only };
        if media == MediaType::EventStream {
            return Ok(sse::event_stream(self.gateway.run_stream(request, context, admission).await));
        }
        let response = self.gateway.run(request, context).await;
        let http = respond(media, media.status(response.refused), &response);
        Ok(match response.refused {
            Some(Code::Overloaded) => with(http, RETRY_AFTER, "1"),
            Some(Code::MethodNotAllowed) => allow(http, "POST"),
            _ => http,
        })
    }

    async fn admission(&self, media: MediaType) -> Result<Option<Admission>, HttpResponse> {
        let Some(credentials) = self.gateway.credentials() else { return Ok(None) };
        credentials.admit(credential(&self.headers)).await.map(Some).map_err(|error| {
            let code = error.code();
            let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            let refused = respond(media, status, &Response::refused_because(code, error.to_string()));
            if status == StatusCode::UNAUTHORIZED { with(refused, WWW_AUTHENTICATE, "Bearer") } else { refused }
        })
    }

    async fn read_body(&self, body: Body) -> Result<Request, (StatusCode, Code, String)> {
        if !is_json(&self.headers) {
            let message = "the content type of a request is application/json".to_owned();
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message));
        }
        let (limit, patience) = (self.gateway.limits().body_bytes, self.gateway.limits().body_time);
        let too_large = || {
            let message = format!("the body of a request is at most {limit} bytes");
            (StatusCode::PAYLOAD_TOO_LARGE, Code::PayloadTooLarge, message)
        };
        let declared = self.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let body = tokio::time::timeout(patience, to_bytes(body, limit)).await.map_err(|_| {
            let message = format!("the body of a request arrives within {} seconds", patience.as_secs());
            (StatusCode::REQUEST_TIMEOUT, Code::BadRequest, message)
        })?;
        let body = body.map_err(|_| too_large())?;
        serde_json::from_slice(&body).map_err(|error| bad_request(format!("the body is no GraphQL request: {error}")))
    }

    fn read_query(&self) -> Result<Request, (StatusCode, Code, String)> {
        let uri = format!("/?{}", self.query.as_deref().unwrap_or_default())
            .parse()
            .map_err(|_| bad_request("the query string is malformed".to_owned()))?;
        let axum::extract::Query(given) = axum::extract::Query::<QueryString>::try_from_uri(&uri)
            .map_err(|error| bad_request(format!("the query string is no GraphQL request: {error}")))?;
        let variables = given.variables.filter(|text| !text.is_empty()).map(|text| serde_json::from_str(&text));
        let variables =
            variables.transpose().map_err(|error| bad_request(format!("`variables` is no JSON object: {error}")))?;
        let operation_name = given.operation_name.filter(|name| !name.is_empty());
        Ok(Request { query: given.query, operation_name, variables: variables.flatten() })
    }
}

fn bad_request(message: String) -> (StatusCode, Code, String) {
    (StatusCode::BAD_REQUEST, Code::BadRequest, message)
}

fn respond(media: MediaType, status: StatusCode, response: &Response) -> HttpResponse {
    let body = serde_json::to_vec(response).unwrap_or_default();
    (status, [(CONTENT_TYPE, media.as_str())], body).into_response()
}

fn allow(response: HttpResponse, methods: &'static str) -> HttpResponse {
    with(response, ALLOW, methods)
}

fn with(mut response: HttpResponse, name: axum::http::HeaderName, value: &'static str) -> HttpResponse {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
