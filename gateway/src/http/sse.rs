//! Server-sent events, the "distinct connections mode" of graphql-sse: one operation per connection, `next`
//! for each response, `complete` at the end.

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse, Response as HttpResponse,
    sse::{Event, KeepAlive, Sse},
};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};

use crate::Response;

/// Proxies give up on a silent connection after about a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(crate) fn event_stream(responses: BoxStream<'static, Response>) -> HttpResponse {
    let events = responses
        .map(|response| Event::default().event("next").data(serde_json::to_string(&response).unwrap_or_default()))
        .chain(stream::once(async { Event::default().event("complete").data("") }))
        .map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
