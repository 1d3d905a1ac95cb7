//! A GraphQL client of a few lines: one document, its variables, and errors a person can act on.

use std::{error::Error, fmt, str::FromStr, time::Duration};

use kernel::Code;
use reqwest::{StatusCode, Url, redirect::Policy};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::CliError;

/// An API key, kept out of `Debug`.
#[derive(Clone)]
pub struct Key(String);

impl Key {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Speaks to one server with one key.
pub struct Client {
    http: reqwest::Client,
    endpoint: Url,
    key: Key,
}

/// What the user can mend: the entries of a payload's `errors`.
#[derive(Debug, Clone, Deserialize)]
pub struct UserError {
    pub code: String,
    pub message: String,
    pub field: Option<String>,
}

impl From<UserError> for CliError {
    fn from(error: UserError) -> Self {
        let field = error.field.map_or(String::new(), |field| format!("{field}: "));
        Self::answered(&error.code, format!("{field}{}", error.message))
    }
}

impl Client {
    /// `url` is the server's address; `/graphql` is added to it.
    pub fn new(url: &str, key: Key) -> Result<Self, CliError> {
        let bad = || CliError::usage(Code::InvalidInput, format!("`{url}` is not an http(s) address"));
        let mut endpoint = Url::parse(url).map_err(|_| bad())?;
        if !matches!(endpoint.scheme(), "http" | "https") || !endpoint.has_host() {
            return Err(bad());
        }
        if !endpoint.path().trim_end_matches('/').ends_with("/graphql") {
            let path = format!("{}/graphql", endpoint.path().trim_end_matches('/'));
            endpoint.set_path(&path);
        }
        // Reqwest wants a process-wide provider even for plain http; a second installation changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(120))
            // A followed redirect would turn the POST into a GET.
            .redirect(Policy::none());
        if is_loopback(&endpoint) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| CliError::internal(deepest(&error)))?;
        Ok(Self { http, endpoint, key })
    }

    /// Sends one operation and gives back its `data`.
    pub async fn execute<V: Serialize, D: DeserializeOwned>(&self, query: &str, variables: V) -> Result<D, CliError> {
        let answer = self
            .http
            .post(self.endpoint.clone())
            .bearer_auth(self.key.as_str())
            .header("accept", "application/graphql-response+json, application/json;q=0.9")
            .json(&Request { query, variables })
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        let Ok(response) = serde_json::from_slice::<Response<D>>(&body) else {
            return Err(self.not_graphql(status));
        };
        if let Some(error) = response.errors.into_iter().next() {
            let code = error.extensions.code.unwrap_or_else(|| code_of(status).as_str().to_owned());
            return Err(CliError::answered(&code, error.message));
        }
        response.data.ok_or_else(|| self.not_graphql(status))
    }

    fn unreachable(&self, error: &reqwest::Error) -> CliError {
        let host = self.endpoint.authority();
        let cause = if error.is_timeout() { "it takes too long to answer".to_owned() } else { deepest(error) };
        CliError::unreachable(format!("cannot reach Pipewright at {host}: {cause}"))
    }

    /// Something else answers there, or a proxy answers in its place.
    fn not_graphql(&self, status: StatusCode) -> CliError {
        let url = &self.endpoint;
        match status.as_u16() {
            401 | 403 => {
                CliError::refused(code_of(status), format!("{url} refuses the key (HTTP {})", status.as_u16()))
            }
            413 => {
                CliError::usage(Code::PayloadTooLarge, "the server refuses so large a request; try a smaller --batch")
            }
            429 | 502 | 503 | 504 => {
                CliError::unreachable(format!("{url} is not available (HTTP {})", status.as_u16()))
            }
            other => {
                CliError::internal(format!("{url} does not answer as Pipewright does (HTTP {other}); is --url right?"))
            }
        }
    }
}

#[derive(Serialize)]
struct Request<'a, V> {
    query: &'a str,
    variables: V,
}

#[derive(Deserialize)]
struct Response<D> {
    #[serde(default = "Option::default")]
    data: Option<D>,
    #[serde(default)]
    errors: Vec<TopLevelError>,
}

#[derive(Deserialize)]
struct TopLevelError {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
struct Extensions {
    code: Option<String>,
}

fn code_of(status: StatusCode) -> Code {
    match status.as_u16() {
        401 => Code::Unauthenticated,
        403 => Code::Forbidden,
        413 => Code::PayloadTooLarge,
        429 | 503 => Code::Overloaded,
        400..=499 => Code::BadRequest,
        _ => Code::Internal,
    }
}

/// A proxy meant for the world outside must not stand before one's own machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The last cause says `Connection refused`; what wraps it says `error sending request`.
fn deepest(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
