//! Whatever is refused says in which request, so that it can be found in the log.

use axum::{
    body::{Body, HttpBody, to_bytes},
    http::header::{CONTENT_LENGTH, CONTENT_TYPE},
    response::Response,
};
use serde_json::{Value, json};

/// No error is longer.
const MOST: u64 = 64 << 10;

/// Puts the request's id into a refusal in JSON: on every error of GraphQL's shape, else on the problem itself.
pub(super) async fn name(response: Response, id: &str) -> Response {
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let short = response.body().size_hint().exact().is_some_and(|length| length <= MOST);
    if !(status.is_client_error() || status.is_server_error()) || !kind.contains("json") || !short {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, MOST as usize).await.unwrap_or_default();
    let Ok(mut said) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    if let Some(errors) = said.get_mut("errors").and_then(Value::as_array_mut) {
        for extensions in errors.iter_mut().filter_map(|error| error.get_mut("extensions")?.as_object_mut()) {
            extensions.insert("requestId".to_owned(), json!(id));
        }
    } else if let Some(problem) = said.as_object_mut() {
        problem.insert("requestId".to_owned(), json!(id));
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(said.to_string()))
}
