//! What is logged while a request is answered says in which one, so that whoever was refused can be helped.

use axum::{extract::Request, middleware::Next, response::Response};
use platform::door::Arrival;
use tracing::Instrument;

/// Puts the id by which the door knows the request, and names it in refusals, on what is logged meanwhile.
pub(super) async fn identify(request: Request, next: Next) -> Response {
    let named = request.extensions().get::<Arrival>().map(|arrival| arrival.request_id.clone());
    let Some(id) = named else { return next.run(request).await };
    next.run(request).instrument(tracing::info_span!("request", request_id = %id)).await
}
