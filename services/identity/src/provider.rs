//! An OpenID Connect provider, over HTTP.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use kernel::{Clock, Timestamp};
use platform::config::{IdentityConfig, Secret};
use serde::{Deserialize, de::DeserializeOwned};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::domain::oidc::{Jwks, Metadata, UserInfo};

/// How long what a provider says about itself is believed.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// How often at most its keys are asked for because a token names one that we do not know, or is not signed by the one
/// that we do.
const ASKED_AGAIN: TimeDelta = TimeDelta::minutes(1);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const MAX_ANSWER: usize = 1 << 20;

/// Why a provider cannot be configured.
#[derive(Debug, Error)]
pub enum ProviderConfigError {
    #[error("identity.oidc_issuer is no https URL (http is taken on this machine alone)")]
    Issuer,
    #[error("identity.oidc_client_id is needed where identity.oidc_issuer is set")]
    ClientId,
    #[error("identity.public_url is needed where identity.oidc_issuer is set: the provider sends people back there")]
    PublicUrl,
    #[error("the HTTP client for identity.oidc_issuer cannot be made")]
    Client(#[source] reqwest::Error),
}

/// The provider did not do its part. What it said is not shown: it may be personal.
#[derive(Debug, Error)]
pub enum ProviderError {
    #[error("the provider cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the provider answered with {0}")]
    Status(u16),
    #[error("the provider does not take the code (invalid_grant)")]
    Grant,
    #[error(
        "the provider refuses our request ({0}): look at identity.oidc_client_id, identity.oidc_client_secret and \
         what is registered there"
    )]
    Refused(&'static str),
    #[error("the provider's answer is not what it should be")]
    Answer,
    #[error("the provider calls itself another issuer than identity.oidc_issuer")]
    Issuer,
    #[error("the provider names an endpoint that is not https")]
    Insecure,
}

/// Cheap to clone; clones share what they know.
#[derive(Debug, Clone)]
pub struct Provider {
    pub issuer: String,
    pub client_id: String,
    /// Where the provider sends people back.
    pub redirect_uri: String,
    client_secret: Secret,
    client: reqwest::Client,
    clock: Clock,
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Debug, Clone)]
struct Known {
    metadata: Metadata,
    keys: Jwks,
    at: Timestamp,
}

/// What a token endpoint says against us (RFC 6749, section 5.2), beside `invalid_grant`, which is against the code.
const REFUSALS: [&str; 5] =
    ["invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"];

/// How a token endpoint refuses. What else it says is not read.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// What a code is good for. No `Debug`: both are secrets.
#[derive(Deserialize)]
pub struct ProviderTokens {
    /// Still to be verified.
    pub id_token: String,
    /// For [`Provider::user_info`].
    pub access_token: Option<String>,
}

impl Provider {
    /// `None` if no provider is configured.
    pub fn from_config(config: &IdentityConfig, clock: Clock) -> Result<Option<Self>, ProviderConfigError> {
        let IdentityConfig { oidc_issuer: issuer, oidc_client_id: client_id, public_url, .. } = config;
        if issuer.is_empty() {
            return Ok(None);
        }
        if !is_secure(issuer) {
            return Err(ProviderConfigError::Issuer);
        }
        if client_id.is_empty() {
            return Err(ProviderConfigError::ClientId);
        }
        if public_url.is_empty() {
            return Err(ProviderConfigError::PublicUrl);
        }
        // reqwest finds its TLS here. An error only says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        // A proxy cannot reach this machine's own.
        let client = if issuer.starts_with("http:") { client.no_proxy() } else { client };
        Ok(Some(Self {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            redirect_uri: format!("{}/auth/oidc/callback", public_url.trim_end_matches('/')),
            client_secret: config.oidc_client_secret.clone(),
            client: client.build().map_err(ProviderConfigError::Client)?,
            clock,
            known: Arc::default(),
        }))
    }

    /// What the provider says about itself, asked for once an hour.
    pub async fn metadata(&self) -> Result<Metadata, ProviderError> {
        self.known(KEPT).await.map(|known| known.metadata)
    }

    /// The provider's keys.
    pub async fn keys(&self) -> Result<Jwks, ProviderError> {
        self.known(KEPT).await.map(|known| known.keys)
    }

    /// The provider's keys, asked for anew: it may have made another since.
    pub async fn keys_anew(&self) -> Result<Jwks, ProviderError> {
        self.known(ASKED_AGAIN).await.map(|known| known.keys)
    }

    /// Held while it asks, so that many who wait ask once.
    async fn known(&self, at_most: TimeDelta) -> Result<Known, ProviderError> {
        let mut slot = self.known.lock().await;
        let now = self.clock.now();
        if let Some(known) = slot.as_ref().filter(|known| now < known.at + at_most) {
            return Ok(known.clone());
        }
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let metadata: Metadata = self.get(&url).await?;
        if metadata.issuer != self.issuer {
            return Err(ProviderError::Issuer);
        }
        let Metadata { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint, .. } = &metadata;
        let urls = [authorization_endpoint, token_endpoint, jwks_uri].into_iter().chain(userinfo_endpoint);
        if !urls.into_iter().all(|url| is_secure(url)) {
            return Err(ProviderError::Insecure);
        }
        let keys = self.get(jwks_uri).await?;
        let known = Known { metadata, keys, at: now };
        *slot = Some(known.clone());
        Ok(known)
    }

    /// Exchanges a code for tokens.
    pub async fn exchange(&self, code: &str, verifier: &str) -> Result<ProviderTokens, ProviderError> {
        let metadata = self.metadata().await?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        let mut request = self.client.post(&metadata.token_endpoint).header("accept", "application/json");
        let (id, secret) = (self.client_id.as_str(), self.client_secret.expose());
        let methods = &metadata.token_endpoint_auth_methods_supported;
        let takes = |method: &str| methods.iter().any(|name| name == method);
        if secret.is_empty() {
            form.push(("client_id", id));
        } else if takes("client_secret_post") && !takes("client_secret_basic") {
            form.extend([("client_id", id), ("client_secret", secret)]);
        } else {
            // RFC 6749, section 2.3.1: encoded as in a form, then in the header.
            let encode = |text: &str| serialize(&[("", text)]).trim_start_matches('=').to_owned();
            request = request.basic_auth(encode(id), Some(encode(secret)));
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(serialize(&form));
        let response = send(request).await?;
        let status = response.status();
        if status.is_success() {
            return json(response).await;
        }
        // Whatever is wrong with how it refuses, that it does is what counts.
        match json::<Refusal>(response).await {
            Ok(refusal) if status.is_client_error() => Err(refused(&refusal, status)),
            _ => Err(ProviderError::Status(status.as_u16())),
        }
    }

    /// What the provider tells of a user beside the ID token; `None` if it has nowhere to ask.
    pub async fn user_info(&self, access_token: &str) -> Result<Option<UserInfo>, ProviderError> {
        let Some(url) = self.metadata().await?.userinfo_endpoint else { return Ok(None) };
        let request = self.client.get(url).header("accept", "application/json").bearer_auth(access_token);
        read(request).await.map(Some)
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, ProviderError> {
        read(self.client.get(url).header("accept", "application/json")).await
    }
}

async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, ProviderError> {
    let response = send(request).await?;
    if !response.status().is_success() {
        return Err(ProviderError::Status(response.status().as_u16()));
    }
    json(response).await
}

async fn send(request: reqwest::RequestBuilder) -> Result<reqwest::Response, ProviderError> {
    request.send().await.map_err(unreachable)
}

async fn json<T: DeserializeOwned>(mut response: reqwest::Response) -> Result<T, ProviderError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ProviderError::Answer);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| ProviderError::Answer)
}

fn unreachable(error: reqwest::Error) -> ProviderError {
    ProviderError::Unreachable(error.without_url())
}

/// Only names that we know are repeated.
fn refused(refusal: &Refusal, status: reqwest::StatusCode) -> ProviderError {
    match REFUSALS.into_iter().find(|name| *name == refusal.error) {
        Some(name) => ProviderError::Refused(name),
        None if refusal.error == "invalid_grant" => ProviderError::Grant,
        None => ProviderError::Status(status.as_u16()),
    }
}

/// A query string or form body.
pub fn serialize(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// https, or a server on this machine.
fn is_secure(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let here = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for url in ["https://id.example", "http://127.0.0.1:8080/realm", "http://localhost/", "http://[::1]/"] {
            assert!(is_secure(url), "{url}");
        }
        for url in
            ["", "id.example", "http://id.example", "http://127.0.0.1.evil.example", "ftp://localhost", "file:///x"]
        {
            assert!(!is_secure(url), "{url}");
        }
    }
}
