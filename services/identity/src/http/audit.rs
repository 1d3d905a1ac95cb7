//! The audit trail as a file: JSON Lines, oldest first.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::{StreamExt, stream};
use kernel::{Code, Coded};
use platform::{
    auth::{AuthError, Authenticator},
    config::Secret,
    http::refuse,
};

use super::{NO_STORE, credential, failure};
use crate::{app::App, domain::audit::AuditEntry, error::Error};

pub(super) fn routes(app: App, authenticator: Arc<dyn Authenticator>) -> Router {
    Router::new().route("/audit.jsonl", get(export)).with_state(Endpoint { app, authenticator })
}

#[derive(Clone)]
struct Endpoint {
    app: App,
    authenticator: Arc<dyn Authenticator>,
}

/// An export under way.
struct Export {
    endpoint: Endpoint,
    credential: Secret,
    /// The number of the last entry that was read.
    after: i64,
}

/// Why an export does not begin, or does not go on.
enum Refused {
    Credential(AuthError),
    Trail(Error),
}

/// For admins, with an API key or an access token. What is refused at the beginning is refused with its status; what
/// cannot be read later breaks the connection off, so that half a trail does not pass for all of it.
async fn export(State(endpoint): State<Endpoint>, headers: HeaderMap) -> Response {
    let Some(credential) = credential(&headers) else { return refuse(&AuthError::BadCredential) };
    let mut export = Export { endpoint, credential: Secret::new(credential), after: 0 };
    let first = match export.batch().await {
        Ok(lines) => lines.unwrap_or_default(),
        Err(Refused::Credential(error)) => return refuse(&error),
        Err(Refused::Trail(error)) => return failure(&error),
    };
    let others = stream::try_unfold(export, |mut export| async move {
        let lines = export.batch().await.map_err(|refused| {
            tracing::warn!(code = refused.code().as_str(), "an export of the trail ends early");
            io::Error::other("the export ends early")
        })?;
        Ok::<_, io::Error>(lines.map(|lines| (lines, export)))
    });
    let lines = stream::once(async { Ok::<_, io::Error>(first) }).chain(others);
    let kind = (header::CONTENT_TYPE, "application/jsonl");
    ([NO_STORE], [kind], Body::from_stream(lines)).into_response()
}

impl Export {
    /// The next entries as lines; `None` at the end. On behalf of who asks now: a key that is revoked ends its exports.
    async fn batch(&mut self) -> Result<Option<String>, Refused> {
        let actor = self.endpoint.authenticator.authenticate(self.credential.expose()).await?;
        let entries = self.endpoint.app.export_audit(&actor, self.after).await?;
        let Some(last) = entries.last() else { return Ok(None) };
        self.after = last.seq;
        Ok(Some(entries.iter().map(line).collect()))
    }
}

impl Refused {
    fn code(&self) -> Code {
        match self {
            Self::Credential(error) => error.code(),
            Self::Trail(error) => error.code(),
        }
    }
}

impl From<AuthError> for Refused {
    fn from(error: AuthError) -> Self {
        Self::Credential(error)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Trail(error)
    }
}

fn line(entry: &AuditEntry) -> String {
    format!("{}\n", entry.to_json())
}
