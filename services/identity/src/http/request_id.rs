//! Whatever is refused says in which request, as everywhere else, so that it can be found in the log.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use platform::door::{Arrival, given_id};
use serde_json::{Value, json};
use tracing::Instrument;

use super::MAX_BODY;

/// Puts the request's id on every error of an answer, and on what is logged meanwhile.
pub(super) async fn identify(request: Request, next: Next) -> Response {
    // The door has named the request; without one, what the client calls it counts.
    let named = request.extensions().get::<Arrival>().map(|arrival| arrival.request_id.to_string());
    let Some(id) = named.or_else(|| given_id(request.headers()).map(str::to_owned)) else {
        return next.run(request).await;
    };
    let response = next.run(request).instrument(tracing::info_span!("request", request_id = %id)).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() { with_id(response, &id).await } else { response }
}

async fn with_id(response: Response, id: &str) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let Ok(mut body) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let errors = body.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten();
    for extensions in errors.filter_map(|error| error.get_mut("extensions")?.as_object_mut()) {
        extensions.insert("requestId".to_owned(), json!(id));
    }
    Response::from_parts(parts, Body::from(body.to_string()))
}
