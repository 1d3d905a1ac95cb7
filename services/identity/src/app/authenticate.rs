use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use kernel::{Actor, CredentialId, UserId, WorkspaceId};
use platform::{
    auth::{AuthError, Authenticator},
    config::Secret,
};

use super::App;
use crate::{
    domain::{
        api_key::KeyHash,
        jws::Unverified,
        principal::{Principal, Standing},
        session::Session,
    },
    store::{self, api_keys::KnownKey},
};

/// The one use case without an actor: it is what makes one.
impl Authenticator for App {
    fn authenticate(&self, credential: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        let (app, credential) = (self.clone(), Secret::new(credential));
        async move { app.principal(credential.expose()).await.map(|principal| Arc::new(principal.actor)) }.boxed()
    }
}

impl App {
    /// Whom an API key or an access token stands for now. Unknown, expired, revoked and inactive look alike from
    /// outside.
    pub async fn principal(&self, credential: &str) -> Result<Principal, AuthError> {
        let token = Unverified::parse(credential).filter(|token| token.signing_key().is_some());
        let found = match token {
            Some(token) => self.session_principal(&token).await,
            None => self.key_principal(&KeyHash::of(credential)).await,
        };
        let found = found.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a credential cannot be looked up");
            AuthError::Unavailable
        })?;
        found.ok_or(AuthError::BadCredential)
    }

    async fn key_principal(&self, hash: &KeyHash) -> Result<Option<Principal>, sqlx::Error> {
        let now = self.clock.now();
        let found = store::api_keys::by_hash(&self.db, hash).await?;
        let found = found.filter(|found| found.standing.active && found.key.is_active(now));
        let Some(found) = found else { return Ok(None) };
        self.key_use.note(&found.key, now);
        let team = self.team_of(found.key.workspace, &found.standing).await?;
        Ok(Some(by_key(found, team)))
    }

    /// The token's word is taken for which session it is, and for nothing else.
    async fn session_principal(&self, token: &Unverified<'_>) -> Result<Option<Principal>, sqlx::Error> {
        let Some(claims) = self.access_claims(token).await? else { return Ok(None) };
        let found = store::sessions::with_standing(&self.db, claims.ws, claims.sid).await?;
        let now = self.clock.now();
        let found = found.filter(|(session, standing)| session.is_active(now) && standing.active);
        let Some((session, standing)) = found else { return Ok(None) };
        let team = self.team_of(session.workspace, &standing).await?;
        Ok(Some(by_session(&session, standing, team).until(claims.expires_at())))
    }

    /// Everybody in the team and below, where a grant asks for it.
    pub(super) async fn team_of(
        &self,
        workspace: WorkspaceId,
        standing: &Standing,
    ) -> Result<Vec<UserId>, sqlx::Error> {
        if !standing.looks_at_team() {
            return Ok(Vec::new());
        }
        store::users::in_tree(&self.db, workspace, &standing.team_path).await
    }
}

/// Whom a key stands for; `team` is everybody in its user's team and below.
pub(super) fn by_key(KnownKey { key, standing }: KnownKey, team: Vec<UserId>) -> Principal {
    let credential = CredentialId::ApiKey(key.id);
    let principal =
        Principal::new(key.workspace, credential, key.user, standing, &key.permissions, team).until(key.expires_at);
    match &key.objects {
        Some(objects) => principal.for_objects(objects),
        None => principal,
    }
}

/// Whom a session stands for.
pub(super) fn by_session(session: &Session, standing: Standing, team: Vec<UserId>) -> Principal {
    let (all, credential) = (standing.role.permissions(), CredentialId::Session(session.id));
    Principal::new(session.workspace, credential, session.user, standing, all, team)
}
