//! Who is asking: the credential of a request, and the actor that it stands for.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Access, Actor, ActorKind, Clock, Timestamp, WorkspaceId};
use platform::{
    auth::{ACTOR_HEADER, ActorTokens, AuthError, Authenticator, bearer},
    config::Secret,
};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{cache::Cache, flights::Flights};

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
        expires_at: None,
        request: None,
    }
}

/// Authenticates, and remembers a good credential for a few seconds, or until it hears that somebody's rights have
/// changed. Keys are hashes, so that no credential lies in memory.
pub(crate) struct Credentials {
    authenticator: Arc<dyn Authenticator>,
    known: Cache<[u8; 32], Known>,
    asking: Flights<([u8; 32], u64), Result<Arc<Actor>, AuthError>>,
    changes: watch::Sender<Changes>,
    clock: Clock,
}

/// How often rights have changed.
#[derive(Debug, Default)]
struct Changes {
    of_all: u64,
    of: HashMap<WorkspaceId, u64>,
}

impl Changes {
    fn seen_by(&self, workspace: WorkspaceId) -> [u64; 2] {
        [self.of_all, self.of.get(&workspace).copied().unwrap_or_default()]
    }

    fn in_all(&self) -> u64 {
        self.of_all + self.of.values().sum::<u64>()
    }
}

#[derive(Clone)]
struct Known {
    actor: Arc<Actor>,
    until: Timestamp,
    /// What is older than the last change is not believed.
    changes: [u64; 2],
}

const REMEMBERED_FOR: Duration = Duration::from_secs(5);
const REMEMBERED: usize = 10_000;

/// The service, as our supergraph names it, whose mutations change what credentials are good for.
pub(crate) const IDENTITY: &str = "identity";

impl Credentials {
    pub fn new(authenticator: Arc<dyn Authenticator>, clock: Clock) -> Self {
        Self {
            authenticator,
            known: Cache::new(REMEMBERED),
            asking: Flights::default(),
            changes: watch::Sender::default(),
            clock,
        }
    }

    /// From now on nothing is believed that was remembered of this workspace, or of any, and whoever of it has a stream
    /// open is looked at again.
    pub fn forget(&self, workspace: Option<WorkspaceId>) {
        self.changes.send_modify(|changes| match workspace {
            Some(workspace) => *changes.of.entry(workspace).or_default() += 1,
            None => changes.of_all += 1,
        });
    }

    fn changes(&self, workspace: WorkspaceId) -> [u64; 2] {
        self.changes.borrow().seen_by(workspace)
    }

    /// Who presents `credential`, in a form that can be asked again.
    pub async fn admit(self: &Arc<Self>, credential: Option<&str>) -> Result<Admission, AuthError> {
        let credential = credential.ok_or(AuthError::BadCredential)?;
        let actor = self.authenticate(credential).await?;
        Ok(Admission { credentials: self.clone(), credential: Secret::new(credential), actor })
    }

    /// As remembered, or as whoever asks for the same at the same time is told.
    async fn authenticate(self: &Arc<Self>, credential: &str) -> Result<Arc<Actor>, AuthError> {
        let hash = hash(credential);
        match self.known.get(&hash) {
            Some(known) if known.changes == self.changes(known.actor.workspace) && self.clock.now() < known.until => {
                Ok(known.actor)
            }
            _ => {
                let (this, credential, changes) =
                    (self.clone(), Secret::new(credential), self.changes.borrow().in_all());
                let asking = || async move { this.authenticate_anew(credential.expose()).await };
                self.asking.join((hash, changes), asking).await
            }
        }
    }

    async fn authenticate_anew(&self, credential: &str) -> Result<Arc<Actor>, AuthError> {
        let (before, until) = (self.changes.borrow().in_all(), self.clock.now() + REMEMBERED_FOR);
        let actor = self.authenticator.authenticate(credential).await?;
        let until = actor.expires_at.map_or(until, |end| until.min(end));
        let changes = self.changes(actor.workspace);
        // The answer may be older than a change that came meanwhile.
        if self.changes.borrow().in_all() == before {
            self.known.insert(hash(credential), Known { actor: actor.clone(), until, changes });
        }
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
        self.credentials.forget(Some(self.actor.workspace));
    }

    /// Asks at every change of rights, and again and again, and returns when the credential is no longer good for what
    /// it was. While nobody can tell, it stays good.
    pub(crate) async fn lost(self, every: Duration) -> AuthError {
        let (credentials, workspace) = (self.credentials.clone(), self.actor.workspace);
        let mut changes = credentials.changes.subscribe();
        // None yet: what changed since the actor was let in is not missed.
        let mut seen = None;
        loop {
            let other = changes.wait_for(|changes| Some(changes.seen_by(workspace)) != seen);
            _ = tokio::time::timeout(self.at_most(every), other).await;
            seen = Some(credentials.changes(workspace));
            match self.credentials.authenticate(self.credential.expose()).await {
                Ok(actor) if self.covers(&actor) => {}
                Err(AuthError::Unavailable) => tracing::warn!("an open stream cannot be authenticated again"),
                Ok(_) => return AuthError::BadCredential,
                Err(error) => return error,
            }
        }
    }

    /// No longer than what the actor came in by is good for.
    fn at_most(&self, time: Duration) -> Duration {
        let left = self.actor.expires_at.map(|end| (end - self.credentials.clock.now()).to_std().unwrap_or_default());
        left.map_or(time, |left| left.min(time))
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
