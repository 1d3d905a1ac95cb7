//! Server-sent events, the "distinct connections mode" of graphql-sse: one operation per connection, `next`
//! for each response, with the `id` of its event where the service tells it, `complete` at the end.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response as HttpResponse},
};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::timeout;

use super::negotiate::MediaType;
use crate::Response;

/// Proxies give up on a silent connection after about a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A comment: clients skip it.
const NOTHING: &str = ":\n\n";

pub(crate) fn event_stream(responses: BoxStream<'static, Response>) -> HttpResponse {
    let events = stream::unfold(Some(responses), |responses| async {
        let mut responses = responses?;
        Some(match timeout(KEEP_ALIVE, responses.next()).await {
            Err(_) => (NOTHING.to_owned(), Some(responses)),
            Ok(Some(response)) => {
                let json = serde_json::to_string(&response).unwrap_or_default();
                let id = response.event_id().map(|id| format!("id: {id}\n")).unwrap_or_default();
                (format!("{id}event: next\ndata: {json}\n\n"), Some(responses))
            }
            // A browser drops an event without data, so this one has an empty line of it.
            Ok(None) => ("event: complete\ndata:\n\n".to_owned(), None),
        })
    });
    // The comment tells the client at once that the connection stands.
    let events = stream::once(async { NOTHING.to_owned() }).chain(events).map(Ok::<_, Infallible>);
    let headers = [
        (CONTENT_TYPE.as_str(), MediaType::EventStream.as_str()),
        (CACHE_CONTROL.as_str(), "no-cache"),
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}
