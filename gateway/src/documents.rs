//! Documents by hash: automatic persisted queries, which clients register as they go, and trusted documents,
//! which the operator lists.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use kernel::Code;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{Policy, Request, Response, cache::Cache};

/// Longer documents run, but are not remembered: it bounds the memory that clients can take.
pub(crate) const REMEMBERED_BYTES: usize = 64 * 1024;

/// `extensions.persistedQuery` of a request, Apollo's protocol.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersistedQuery {
    /// Always 1.
    pub version: u64,
    /// SHA-256 of the document's text in hexadecimal, or the id of a trusted document.
    pub sha256_hash: String,
}

#[derive(Debug, Error)]
pub enum ManifestError {
    #[error("the manifest of trusted documents {} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error(
        "the manifest of trusted documents {} is neither an Apollo persisted query manifest nor an object of texts by \
         their ids: {source}", path.display()
    )]
    Malformed { path: PathBuf, source: serde_json::Error },
}

/// The documents that an operator vouches for.
#[derive(Debug, Default)]
pub struct TrustedDocuments {
    by_id: HashMap<String, Arc<str>>,
    /// Of the texts, so that a client that sends one whole is let in too.
    hashes: HashSet<[u8; 32]>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo { format: ApolloFormat, version: u64, operations: Vec<ManifestOperation> },
    Plain(BTreeMap<String, String>),
}

#[derive(Deserialize)]
enum ApolloFormat {
    #[serde(rename = "apollo-persisted-query-manifest")]
    PersistedQueryManifest,
}

#[derive(Deserialize)]
struct ManifestOperation {
    id: String,
    body: String,
}

impl TrustedDocuments {
    /// Reads a manifest: Apollo's persisted query manifest, version 1, or `{ "id": "text", … }`.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|source| ManifestError::Malformed { path: path.to_owned(), source })
    }

    /// From the text of a manifest.
    pub fn parse(manifest: &str) -> Result<Self, serde_json::Error> {
        let operations: Vec<(String, String)> = match serde_json::from_str(manifest)? {
            Manifest::Apollo { format: ApolloFormat::PersistedQueryManifest, version: 1, operations } => {
                operations.into_iter().map(|operation| (operation.id, operation.body)).collect()
            }
            Manifest::Apollo { version, .. } => {
                return Err(<serde_json::Error as serde::de::Error>::custom(format!(
                    "version {version} of the format is not known"
                )));
            }
            Manifest::Plain(texts) => texts.into_iter().collect(),
        };
        let mut trusted = Self::default();
        for (id, text) in operations {
            trusted.hashes.insert(sha256(&text));
            trusted.by_id.insert(id, text.into());
        }
        Ok(trusted)
    }

    fn allows(&self, text: &str) -> bool {
        self.hashes.contains(&sha256(text))
    }
}

/// Turns what a client sent into the text of a document that may run.
pub(crate) struct Documents {
    trusted: Option<Arc<TrustedDocuments>>,
    trusted_only: bool,
    registered: Option<Cache<[u8; 32], Arc<str>>>,
}

impl Documents {
    pub fn new(policy: &Policy) -> Self {
        let remembers = policy.persisted_queries > 0 && !policy.trusted_only;
        Self {
            trusted: policy.trusted.clone(),
            trusted_only: policy.trusted_only,
            registered: remembers.then(|| Cache::new(policy.persisted_queries)),
        }
    }

    /// Finds the text of a document that was named by its hash, remembers one that came with it, and refuses
    /// what is not trusted if only that may run.
    pub fn resolve(&self, mut request: Request) -> Result<Request, Response> {
        match request.persisted.take() {
            Some(persisted) => request.query = self.persisted(&persisted, std::mem::take(&mut request.query))?,
            None if self.trusted_only && !self.trusts(&request.query) => return Err(not_listed()),
            None => {}
        }
        Ok(request)
    }

    fn persisted(&self, persisted: &PersistedQuery, text: String) -> Result<String, Response> {
        if persisted.version != 1 {
            return Err(refuse(Code::BadRequest, "Unsupported persisted query version"));
        }
        if text.is_empty()
            && let Some(known) = self.trusted.as_ref().and_then(|trusted| trusted.by_id.get(&persisted.sha256_hash))
        {
            count("trusted");
            return Ok(known.to_string());
        }
        if self.trusted_only {
            return if self.trusts(&text) { Ok(text) } else { Err(not_listed()) };
        }
        let Some(registered) = &self.registered else {
            return Err(refuse(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported"));
        };
        let Some(hash) = unhex(&persisted.sha256_hash) else {
            return Err(refuse(Code::BadRequest, "`sha256Hash` is 64 hexadecimal digits"));
        };
        if text.is_empty() {
            let known = registered.get(&hash);
            count(if known.is_some() { "found" } else { "missed" });
            return known
                .map(|text| text.to_string())
                .ok_or_else(|| refuse(Code::PersistedQueryNotFound, "PersistedQueryNotFound"));
        }
        if sha256(&text) != hash {
            return Err(refuse(Code::BadRequest, "provided sha does not match query"));
        }
        if text.len() <= REMEMBERED_BYTES {
            count("registered");
            registered.insert(hash, text.as_str().into());
        }
        Ok(text)
    }

    fn trusts(&self, text: &str) -> bool {
        self.trusted.as_ref().is_some_and(|trusted| trusted.allows(text))
    }
}

fn not_listed() -> Response {
    count("refused");
    refuse(Code::QueryNotInSafelist, "only the documents of the operator's list may run here, and this is none of them")
}

/// The messages are those of Apollo's protocol, since some clients know nothing but them.
fn refuse(code: Code, message: &str) -> Response {
    Response::refused_because(code, message)
}

fn count(outcome: &'static str) {
    metrics::counter!("gateway_persisted_queries_total", "outcome" => outcome).increment(1);
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_comes_in_two_formats() {
        let apollo = r#"{ "format": "apollo-persisted-query-manifest", "version": 1,
            "operations": [{ "id": "1", "name": "Me", "type": "query", "body": "query Me { me { name } }" }] }"#;
        for manifest in [apollo, r#"{ "1": "query Me { me { name } }" }"#] {
            let trusted = TrustedDocuments::parse(manifest).unwrap();
            assert_eq!(&*trusted.by_id["1"], "query Me { me { name } }");
            assert!(trusted.allows("query Me { me { name } }") && !trusted.allows("{ me { name } }"));
        }
        for manifest in ["[]", r#"{ "1": 2 }"#, &apollo.replace("\"version\": 1", "\"version\": 2")] {
            assert!(TrustedDocuments::parse(manifest).is_err(), "{manifest}");
        }
    }

    #[test]
    fn a_hash_is_read_in_either_case() {
        let text = "{ whoami }";
        let hex: String = sha256(text).iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(unhex(&hex), Some(sha256(text)));
        assert_eq!(unhex(&hex.to_lowercase()), Some(sha256(text)));
        for broken in ["", "00", &"é".repeat(32), &"g".repeat(64)] {
            assert_eq!(unhex(broken), None, "{broken}");
        }
    }
}
