//! What the gateway shows, and to pages of which origins.

use std::sync::Arc;

use axum::http::HeaderName;
use platform::{
    config::{GatewayConfig, Secret},
    door::{Rules, RulesError},
};
use thiserror::Error;

use crate::documents::{ManifestError, TrustedDocuments};

/// Settings that cannot be meant.
#[derive(Debug, Error)]
pub enum PolicyError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("gateway.trusted_only lets nothing run without gateway.trusted_documents")]
    NoManifest,
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// What may be switched on and off. The default is everything that helps a developer.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Refuse what a page of another origin could send without the browser asking first.
    pub csrf_prevention: bool,
    /// Origins whose pages may call the API; `*` is all of them.
    pub cors_origins: Vec<String>,
    /// Where a proxy says whom it speaks for.
    pub client_address_header: Option<HeaderName>,
    /// Opens `/metrics`, alone where there is one; else they are for this machine.
    pub metrics_token: Option<Secret>,
    /// Answer `__schema` and `__type`.
    pub introspection: bool,
    /// Serve the playground at `/`.
    pub playground: bool,
    /// Say in an error which name the client may have meant; otherwise what subgraphs suggest is cut off too.
    pub suggestions: bool,
    /// Documents remembered by their hash; 0 switches that off.
    pub persisted_queries: usize,
    /// Documents that the operator vouches for.
    pub trusted: Option<Arc<TrustedDocuments>>,
    /// Run trusted documents and no others. Without a list that is none.
    pub trusted_only: bool,
}

impl Policy {
    /// Reads the manifest of trusted documents, if one is named.
    pub fn read(config: &GatewayConfig) -> Result<Self, PolicyError> {
        let rules = Rules::read(config)?;
        if config.trusted_only && config.trusted_documents.is_empty() {
            return Err(PolicyError::NoManifest);
        }
        let trusted = match config.trusted_documents.as_str() {
            "" => None,
            path => Some(Arc::new(TrustedDocuments::read(path.as_ref())?)),
        };
        Ok(Self {
            csrf_prevention: rules.csrf_prevention,
            cors_origins: rules.cors_origins,
            client_address_header: rules.address_header,
            metrics_token: Some(config.metrics_token.clone()).filter(|token| !token.is_empty()),
            introspection: config.introspection,
            playground: config.playground,
            suggestions: config.suggestions,
            persisted_queries: config.persisted_queries,
            trusted,
            trusted_only: config.trusted_only,
        })
    }
}

impl Default for Policy {
    fn default() -> Self {
        let config = GatewayConfig::default();
        Self {
            csrf_prevention: config.csrf_prevention,
            cors_origins: config.cors_origins,
            client_address_header: None,
            metrics_token: None,
            introspection: config.introspection,
            playground: config.playground,
            suggestions: config.suggestions,
            persisted_queries: config.persisted_queries,
            trusted: None,
            trusted_only: config.trusted_only,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_meant_are_refused() {
        for origin in ["*", "https://app.example", "http://localhost:3000"] {
            let config = GatewayConfig { cors_origins: vec![origin.into()], ..GatewayConfig::default() };
            assert!(Policy::read(&config).is_ok(), "{origin}");
        }
        for origin in ["app.example", "https://app.example/", "https://", "null", "https://user@app.example"] {
            let config = GatewayConfig { cors_origins: vec![origin.into()], ..GatewayConfig::default() };
            assert!(Policy::read(&config).unwrap_err().to_string().contains(origin), "{origin}");
        }
        let config = GatewayConfig { client_address_header: "no header".into(), ..GatewayConfig::default() };
        assert!(Policy::read(&config).unwrap_err().to_string().contains("no header"));
        let config = GatewayConfig { trusted_only: true, ..GatewayConfig::default() };
        assert!(matches!(Policy::read(&config), Err(PolicyError::NoManifest)));
    }
}
