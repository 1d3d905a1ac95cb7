use chrono::TimeDelta;
use kernel::{UserId, WorkspaceId};

use super::{App, Tokens};
use crate::{
    domain::{
        api_key::KeyHash,
        oidc::{self, Expected, ExternalUser, IdTokenError},
        secret::Token,
        session::{Client, SignInMethod},
        user::UserKind,
    },
    error::Error,
    provider::{Provider, ProviderError, ProviderTokens, serialize},
    store::{self, oidc::Attempt},
};

/// How long somebody may take at the provider.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// Where somebody wants to come in by the provider.
#[derive(Debug, Clone)]
pub struct Depart {
    /// The workspace's name in addresses, or its id; the first one if left out.
    pub workspace: Option<String>,
    /// Where the browser goes in the end.
    pub return_to: Option<String>,
}

/// What a browser needs to go to the provider.
pub struct Departure {
    pub url: String,
    /// Ties the return to this browser; for a cookie.
    pub browser: Token,
}

/// Somebody comes back. No `Debug`: all of it is secret.
pub struct Return {
    pub state: String,
    pub code: String,
    /// Who the provider says it is (RFC 9207).
    pub issuer: Option<String>,
    pub browser: Option<String>,
    pub client: Client,
    pub user_agent: Option<String>,
}

/// Signed in, and where to go now.
pub struct Arrival {
    pub tokens: Tokens,
    pub return_to: Option<String>,
}

impl App {
    /// Begins a sign-in at the provider.
    pub async fn depart(&self, input: Depart, client: &Client) -> Result<Departure, Error> {
        let Depart { workspace, return_to } = input;
        let provider = self.provider()?;
        if return_to.as_deref().is_some_and(|path| !oidc::is_own_path(path)) {
            return Err(Error::invalid("returnTo", "a path on this server, `/…`"));
        }
        let now = self.clock.now();
        self.attempts.by_address(client, now)?;
        let workspace_id = self.destination(workspace.as_deref()).await?;
        let metadata = provider.metadata().await.map_err(Error::from)?;
        let (state, browser) = (self.generate_token("st"), self.generate_token("br"));
        let (nonce, verifier) = (self.generate_token("no").into_string(), self.generate_token("ve").into_string());
        let challenge = oidc::challenge(&verifier);
        let query = serialize(&[
            ("response_type", "code"),
            ("client_id", &provider.client_id),
            ("redirect_uri", &provider.redirect_uri),
            ("scope", "openid email profile"),
            ("state", state.expose()),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let joint = if metadata.authorization_endpoint.contains('?') { '&' } else { '?' };
        let url = format!("{}{joint}{query}", metadata.authorization_endpoint);
        let browser_hash = browser.hash().as_str().to_owned();
        let attempt = Attempt { workspace_id, browser_hash, nonce, verifier, return_to, expires_at: now + PATIENCE };
        let mut tx = self.db.of(workspace_id).begin().await?;
        store::oidc::insert_attempt(&mut tx, &state.hash(), &attempt).await?;
        tx.commit().await?;
        Ok(Departure { url, browser })
    }

    /// Ends it: whom the provider vouches for is signed in, if the workspace knows them.
    pub async fn arrive(&self, back: Return) -> Result<Arrival, Error> {
        let provider = self.provider()?;
        let Return { state, code, issuer, browser, client, user_agent } = back;
        self.attempts.by_address(&client, self.clock.now())?;
        let mut tx = self.db.everywhere().begin().await?;
        let attempt = store::oidc::take_attempt(&mut tx, &KeyHash::of(&state)).await?;
        tx.commit().await?;
        let attempt = attempt.filter(|attempt| self.clock.now() < attempt.expires_at).ok_or(Error::BadCredentials)?;
        // Somebody else's link must not sign this browser in to their account.
        let same = browser.is_some_and(|browser| KeyHash::of(&browser).as_str() == attempt.browser_hash);
        if !same {
            return Err(Error::BadCredentials);
        }
        // Nor must another provider's answer pass for this one's; one that promised to say who it is has to (RFC 9207).
        let named = match issuer {
            Some(issuer) => issuer == provider.issuer,
            None => !provider.metadata().await?.authorization_response_iss_parameter_supported,
        };
        if !named {
            return Err(Error::BadCredentials);
        }
        let tokens = provider.exchange(&code, &attempt.verifier).await.map_err(|error| match error {
            // It was used, or it took too long: whoever begins again gets another.
            ProviderError::Grant => {
                tracing::warn!(%error, "a sign-in is refused");
                Error::BadCredentials
            }
            error => error.into(),
        })?;
        let ProviderTokens { id_token, access_token } = tokens;
        let mut external = self.verify(provider, &id_token, &attempt.nonce).await.map_err(|refused| match refused {
            Refused::Provider(error) => error.into(),
            Refused::Token(error) => {
                tracing::warn!(%error, "an ID token is refused");
                Error::BadCredentials
            }
        })?;
        let workspace = attempt.workspace_id;
        if external.email.is_none()
            && let Some(access_token) = access_token
            && let Some(info) = provider.user_info(&access_token).await?
        {
            external = external.with(info);
        }
        let user = self.whom(workspace, &external).await?.ok_or(Error::NotAUser)?;
        self.attempts.forgive(&client);
        let tokens = self.start_session(workspace, user, SignInMethod::Oidc, client, user_agent).await?;
        Ok(Arrival { tokens, return_to: attempt.return_to })
    }

    /// The workspace that somebody wants to come in to.
    async fn destination(&self, named: Option<&str>) -> Result<WorkspaceId, Error> {
        let named = named.unwrap_or(store::workspaces::SLUG);
        // No slug looks like an id.
        let found = match named.parse::<WorkspaceId>() {
            Ok(id) => store::workspaces::by_id(&self.db, id).await?.map(|workspace| workspace.id),
            Err(_) => store::oidc::workspace(&self.db, named).await?,
        };
        found.ok_or(Error::NotFound { what: "workspace", field: "workspace" })
    }

    fn provider(&self) -> Result<&Provider, Error> {
        self.provider.as_ref().ok_or(Error::NoProvider)
    }

    async fn verify(&self, provider: &Provider, token: &str, nonce: &str) -> Result<ExternalUser, Refused> {
        let Provider { issuer, client_id, .. } = provider;
        let expected = Expected { issuer, client_id, nonce, now: self.clock.now() };
        match oidc::verify(token, &provider.keys().await?, expected) {
            // It may have a new key, under a new name or under the old one.
            Err(IdTokenError::UnknownKey | IdTokenError::Signature) => {
                Ok(oidc::verify(token, &provider.keys_anew().await?, expected)?)
            }
            verified => Ok(verified?),
        }
    }

    /// The user whom the provider means: the one it meant before, else, once, the one with the verified address.
    async fn whom(&self, workspace: WorkspaceId, external: &ExternalUser) -> Result<Option<UserId>, Error> {
        let mut tx = self.db.of(workspace).begin().await?;
        if let Some(user) = store::oidc::linked(&mut tx, workspace, external).await? {
            let user = store::users::by_id(&mut tx, workspace, user).await?;
            let user = user.filter(|user| user.active && user.kind == UserKind::Person);
            return Ok(user.map(|user| user.id));
        }
        let Some(email) = &external.email else { return Ok(None) };
        let Some(user) = store::oidc::by_email(&mut tx, workspace, email).await? else { return Ok(None) };
        if store::oidc::link(&mut tx, workspace, external, user, self.clock.now()).await? == 0 {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(user))
    }
}

enum Refused {
    Provider(ProviderError),
    Token(IdTokenError),
}

impl From<ProviderError> for Refused {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<IdTokenError> for Refused {
    fn from(error: IdTokenError) -> Self {
        Self::Token(error)
    }
}
