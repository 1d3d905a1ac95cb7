//! Who is asking: the credential of a request, and the actor that it stands for.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Access, Actor, ActorKind, Clock, Timestamp, WorkspaceId};
use platform::{
    auth::{ACTOR_HEADER, ActorTokens, AuthError, Authenticator, bearer},
    config::Secret,
};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::cache::Cache;

/// Asks the identity service over HTTP: `POST /internal/authenticate` with `{"credential": "…"}`.
#[derive(Debug, Clone)]
pub struct HttpAuthenticator {
    client: reqwest::Client,
    url: String,
    tokens: ActorTokens,
}

impl HttpAuthenticator {
    /// `identity` is the base URL of the identity service.
    pub fn new(client: reqwest::Client, identity: &str, tokens: ActorTokens) -> Self {
        Self { client, url: format!("{}/internal/authenticate", identity.trim_end_matches('/')), tokens }
    }
}

impl Authenticator for HttpAuthenticator {
    fn authenticate(&self, credential: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        let request = self
            .client
            .post(&self.url)
            .timeout(Duration::from_secs(5))
            .header(ACTOR_HEADER, self.tokens.sign(&gateway_actor()))
            .json(&serde_json::json!({ "credential": credential }));
        async move {
            let unavailable = |error: reqwest::Error| {
                tracing::error!(error = %error.without_url(), "the identity service does not answer");
                AuthError::Unavailable
            };
            let response = request.send().await.map_err(unavailable)?;
            match response.status() {
                StatusCode::OK => response.json::<Actor>().await.map(Arc::new).map_err(unavailable),
                StatusCode::UNAUTHORIZED => Err(AuthError::BadCredential),
                status => {
                    tracing::error!(%status, "the identity service refuses to authenticate");
                    Err(AuthError::Unavailable)
                }
            }
        }
        .boxed()
    }
}

/// The gateway on its own behalf.
pub(crate) fn gateway_actor() -> Actor {
    Actor {
        workspace: WorkspaceId::from(uuid::Uuid::nil()),
        kind: ActorKind::Gateway,
        subject: "gateway".into(),
        permissions: Vec::new(),
        access: Access::default(),
        credential: None,
        request: None,
    }
}

/// Authenticates, and remembers a good credential for a few seconds, or until it hears that somebody's rights have
/// changed. Keys are hashes, so that no credential lies in memory.
pub(crate) struct Credentials {
    authenticator: Arc<dyn Authenticator>,
    known: Cache<[u8; 32], Known>,
    /// How often rights have changed.
    changes: watch::Sender<u64>,
    clock: Clock,
}

#[derive(Clone)]
struct Known {
    actor: Arc<Actor>,
    until: Timestamp,
    /// What is older than the last change is not believed.
    change: u64,
}

const REMEMBERED_FOR: Duration = Duration::from_secs(5);
const REMEMBERED: usize = 10_000;

/// The service, as our supergraph names it, whose mutations change what credentials are good for.
pub(crate) const IDENTITY: &str = "identity";

impl Credentials {
    pub fn new(authenticator: Arc<dyn Authenticator>, clock: Clock) -> Self {
        Self { authenticator, known: Cache::new(REMEMBERED), changes: watch::Sender::default(), clock }
    }

    /// From now on nothing is believed that was remembered, and whoever has a stream open is looked at again.
    pub fn forget(&self) {
        self.changes.send_modify(|change| *change += 1);
    }

    /// Who presents `credential`, in a form that can be asked again.
    pub async fn admit(self: &Arc<Self>, credential: Option<&str>) -> Result<Admission, AuthError> {
        let credential = credential.ok_or(AuthError::BadCredential)?;
        let actor = self.authenticate(credential).await?;
        Ok(Admission { credentials: self.clone(), credential: Secret::new(credential), actor })
    }

    async fn authenticate(&self, credential: &str) -> Result<Arc<Actor>, AuthError> {
        match self.known.get(&hash(credential)) {
            Some(known) if known.change == *self.changes.borrow() && self.clock.now() < known.until => Ok(known.actor),
            _ => self.authenticate_anew(credential).await,
        }
    }

    async fn authenticate_anew(&self, credential: &str) -> Result<Arc<Actor>, AuthError> {
        // Both before asking: the answer may be older than a change that comes meanwhile.
        let (change, until) = (*self.changes.borrow(), self.clock.now() + REMEMBERED_FOR);
        let actor = self.authenticator.authenticate(credential).await?;
        self.known.insert(hash(credential), Known { actor: actor.clone(), until, change });
        Ok(actor)
    }
}

fn hash(credential: &str) -> [u8; 32] {
    Sha256::digest(credential.as_bytes()).into()
}

/// An actor that was let in. Keeps the credential itself, since whoever verifies it wants it whole.
#[derive(Clone)]
pub struct Admission {
    credentials: Arc<Credentials>,
    credential: Secret,
    pub(crate) actor: Arc<Actor>,
}

impl Admission {
    /// Who was let in.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Who asks, for one more operation. A mutation is never let in by what is remembered: whose key was revoked a moment ago
    /// shall not make another.
    pub(crate) async fn actor_for(&self, mutation: bool) -> Result<Arc<Actor>, AuthError> {
        let credential = self.credential.expose();
        if mutation {
            self.credentials.authenticate_anew(credential).await
        } else {
            self.credentials.authenticate(credential).await
        }
    }

    /// Rights have changed, perhaps those of whom is remembered.
    pub(crate) fn rights_changed(&self) {
        self.credentials.forget();
    }

    /// Asks at every change of rights, and again and again, and returns when the credential is no longer good for what
    /// it was. While nobody can tell, it stays good.
    pub(crate) async fn lost(self, every: Duration) -> AuthError {
        let mut changes = self.credentials.changes.subscribe();
        // What changed since the actor was let in is not missed.
        changes.mark_changed();
        loop {
            _ = tokio::time::timeout(every, changes.changed()).await;
            match self.credentials.authenticate(self.credential.expose()).await {
                Ok(actor) if self.covers(&actor) => {}
                Err(AuthError::Unavailable) => tracing::warn!("an open stream cannot be authenticated again"),
                Ok(_) => return AuthError::BadCredential,
                Err(error) => return error,
            }
        }
    }

    /// May `actor` do all that this one was let in for?
    fn covers(&self, actor: &Actor) -> bool {
        let kept = |permission| actor.permissions.contains(permission);
        actor.workspace == self.actor.workspace
            && actor.subject == self.actor.subject
            && self.actor.permissions.iter().all(kept)
            && actor.access == self.actor.access
    }
}

/// `Authorization: Bearer <key>` or `X-Api-Key: <key>`.
pub(crate) fn credential(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| bearer(value.to_str().ok()?));
    bearer.or_else(|| headers.get("x-api-key")?.to_str().ok()).filter(|key| !key.is_empty())
}
