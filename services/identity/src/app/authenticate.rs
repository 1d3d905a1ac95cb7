use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use kernel::{Actor, ActorKind};
use platform::auth::{AuthError, Authenticator};

use super::App;
use crate::{
    domain::{access::effective_permissions, api_key::KeyHash},
    store::{self, api_keys::Credential},
};

/// The one use case without an actor: it is what makes one.
impl Authenticator for App {
    fn authenticate(&self, credential: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        let (app, hash) = (self.clone(), KeyHash::of(credential));
        async move { app.authenticate_hash(&hash).await.map(Arc::new) }.boxed()
    }
}

impl App {
    /// Unknown, expired, revoked and inactive look alike from outside.
    async fn authenticate_hash(&self, hash: &KeyHash) -> Result<Actor, AuthError> {
        let found = store::api_keys::by_hash(&self.db, hash).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "an API key cannot be looked up");
            AuthError::Unavailable
        })?;
        let now = self.clock.now();
        let Some(Credential { key, role, .. }) = found.filter(|found| found.user_active && found.key.is_active(now))
        else {
            return Err(AuthError::BadCredential);
        };
        self.key_use.note(&key, now);
        Ok(Actor {
            workspace: key.workspace,
            kind: ActorKind::ApiKey,
            subject: key.user.to_string(),
            permissions: effective_permissions(role, &key.permissions),
        })
    }
}
