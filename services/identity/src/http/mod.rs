//! What identity serves beside GraphQL: signing in, for whoever has no credential yet, and the gateway's look-up
//! when it runs in another process.

mod audit;
mod client;
mod internal;
mod oidc;
mod request_id;
mod sign_in;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::from_fn,
    response::{IntoResponse, Response},
};
use kernel::{Code, Coded};
use platform::{
    auth::{ActorTokens, Authenticator, bearer},
    config::Config,
    door::{Rules, RulesError},
    http::refuse,
};

use crate::{app::App, error::Error};

/// Longest body, in bytes: credentials are far shorter.
const MAX_BODY: usize = 16 << 10;

/// Everything under `/auth`, and `/audit.jsonl`: for clients.
pub fn api(app: App, config: &Config, authenticator: Arc<dyn Authenticator>) -> Result<Router, RulesError> {
    let secure = config.identity.public_url.starts_with("https:");
    let outside = Outside { app: app.clone(), rules: Arc::new(Rules::read(&config.gateway)?), secure };
    let routes = audit::routes(app, authenticator).merge(oidc::routes(outside.clone())).merge(sign_in::routes(outside));
    Ok(routes.layer(from_fn(request_id::identify)))
}

/// Everything under `/internal`: for the gateway.
pub fn internal(authenticator: Arc<dyn Authenticator>, tokens: ActorTokens) -> Router {
    internal::routes(authenticator, tokens).layer(DefaultBodyLimit::max(MAX_BODY))
}

/// What the routes for everybody need.
#[derive(Clone)]
struct Outside {
    app: App,
    /// Say whose word about a client's address counts.
    rules: Arc<Rules>,
    /// Whether browsers come by https.
    secure: bool,
}

/// An answer that carries secrets is kept by nobody.
const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

fn answer(body: serde_json::Value) -> Response {
    ([NO_STORE], Json(body)).into_response()
}

/// The credential in the `Authorization` header.
fn credential(headers: &HeaderMap) -> Option<&str> {
    bearer(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}

/// The error in GraphQL's shape, with the time to come back where there is one.
fn failure(error: &Error) -> Response {
    if matches!(error.code(), Code::Internal | Code::SubgraphUnavailable) {
        tracing::error!(error = error as &dyn std::error::Error, "signing in failed");
    }
    let mut response = refuse(error);
    let wait = match error {
        Error::TooSoon(too_soon) => Some(too_soon.retry_after.num_seconds() + 1),
        Error::Busy => Some(1),
        _ => None,
    };
    let headers = response.headers_mut();
    headers.insert(NO_STORE.0, NO_STORE.1);
    if let Some(seconds) = wait {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.code() == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
