//! The audit trail as a file: JSON Lines, oldest first.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::StreamExt;
use platform::{
    auth::{AuthError, Authenticator},
    http::refuse,
};

use super::{NO_STORE, credential, failure};
use crate::{app::App, domain::audit::AuditEntry};

pub(super) fn routes(app: App, authenticator: Arc<dyn Authenticator>) -> Router {
    Router::new().route("/audit.jsonl", get(export)).with_state(Endpoint { app, authenticator })
}

#[derive(Clone)]
struct Endpoint {
    app: App,
    authenticator: Arc<dyn Authenticator>,
}

/// For admins, with an API key or an access token.
async fn export(State(Endpoint { app, authenticator }): State<Endpoint>, headers: HeaderMap) -> Response {
    let Some(credential) = credential(&headers) else { return refuse(&AuthError::BadCredential) };
    let actor = match authenticator.authenticate(credential).await {
        Ok(actor) => actor,
        Err(error) => return refuse(&error),
    };
    match app.export_audit(&actor) {
        Ok(batches) => {
            let lines = batches.map(|batch| batch.map(|entries| entries.iter().map(line).collect::<String>()));
            let kind = (header::CONTENT_TYPE, "application/jsonl");
            ([NO_STORE], [kind], Body::from_stream(lines)).into_response()
        }
        Err(error) => failure(&error),
    }
}

fn line(entry: &AuditEntry) -> String {
    format!("{}\n", entry.to_json())
}
