use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::post,
};
use kernel::ActorKind;
use platform::{
    auth::{ActorTokens, AuthError, Authenticator},
    http::{refuse, verified_actor},
};
use serde::Deserialize;

/// `POST /internal/authenticate`, for the gateway alone.
pub(super) fn routes(authenticator: Arc<dyn Authenticator>, tokens: ActorTokens) -> Router {
    Router::new().route("/internal/authenticate", post(authenticate)).with_state(Endpoint { authenticator, tokens })
}

#[derive(Clone)]
struct Endpoint {
    authenticator: Arc<dyn Authenticator>,
    tokens: ActorTokens,
}

// No Debug: the credential must not print.
#[derive(Deserialize)]
struct Presented {
    credential: String,
}

async fn authenticate(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    Json(presented): Json<Presented>,
) -> Response {
    let caller = verified_actor(&headers, &endpoint.tokens);
    if caller.is_none_or(|caller| caller.kind != ActorKind::Gateway) {
        return refuse(&AuthError::BadActorToken);
    }
    match endpoint.authenticator.authenticate(&presented.credential).await {
        Ok(actor) => Json(&*actor).into_response(),
        Err(error) => refuse(&error),
    }
}
