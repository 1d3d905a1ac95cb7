use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chrono::TimeDelta;
use kernel::{SigningKeyId, Timestamp};

use super::App;
use crate::{
    domain::jws::{ACCESS_SECONDS, AccessClaims, SigningKey, Unverified},
    store::{self, signing_keys::StoredKey},
};

/// How many seconds others may keep the published keys.
pub const CACHED_SECONDS: i64 = 300;
/// A new key is published for so long before it signs: whoever keeps keys has it by then.
const PUBLISHED_FIRST: TimeDelta = TimeDelta::seconds(2 * CACHED_SECONDS);
/// After that a key has a successor.
const SIGNS_FOR: TimeDelta = TimeDelta::days(30);
/// After that nothing which it signed can be good.
pub(super) const KEPT_FOR: TimeDelta = TimeDelta::days(31);

/// The signing keys that this process has seen.
#[derive(Debug, Clone, Default)]
pub struct SigningKeys(Arc<RwLock<HashMap<SigningKeyId, Arc<SigningKey>>>>);

impl SigningKeys {
    fn get(&self, id: SigningKeyId) -> Option<Arc<SigningKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn newest(&self) -> Option<Arc<SigningKey>> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.values().max_by_key(|key| (key.created_at, key.id)).cloned()
    }

    /// The newest that has been published for long enough; until there is one the oldest, which most know.
    fn signer(&self, now: Timestamp) -> Option<Arc<SigningKey>> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let last = now + TimeDelta::seconds(ACCESS_SECONDS) - KEPT_FOR;
        let good = || keys.values().filter(move |key| key.created_at > last);
        let known = good().filter(|key| key.created_at + PUBLISHED_FIRST <= now);
        let age = |key: &&Arc<SigningKey>| (key.created_at, key.id);
        known.max_by_key(age).or_else(|| good().min_by_key(age)).cloned()
    }

    /// From now on these and no others.
    fn replace(&self, keys: impl IntoIterator<Item = SigningKey>) {
        let keys = keys.into_iter().map(|key| (key.id, Arc::new(key))).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl App {
    /// The key that signs now.
    pub(super) async fn signing_key(&self) -> Result<Arc<SigningKey>, sqlx::Error> {
        self.renew_signing_keys().await?;
        let signer = self.signing.signer(self.clock.now());
        signer.ok_or_else(|| sqlx::Error::Decode("no signing key can be read".into()))
    }

    /// Makes the first key, or a successor to one that has signed for long, and says whether it did. The successor is
    /// published at once, and signs when everybody knows it.
    pub async fn renew_signing_keys(&self) -> Result<bool, sqlx::Error> {
        let now = self.clock.now();
        let young = |key: Arc<SigningKey>| now < key.created_at + SIGNS_FOR;
        if self.signing.newest().is_some_and(young) {
            return Ok(false);
        }
        // Another process may have made it.
        self.load_signing_keys().await?;
        if self.signing.newest().is_some_and(young) {
            return Ok(false);
        }
        let mut seed = [0; 32];
        self.clock.random(&mut seed);
        let stored = StoredKey { id: self.clock.id(), seed: BASE64.encode(seed), created_at: now };
        let mut tx = self.db.everywhere().begin().await?;
        store::signing_keys::insert(&mut tx, &stored).await?;
        tx.commit().await?;
        self.load_signing_keys().await?;
        Ok(true)
    }

    /// The same, from what is stored now: of two successors that two processes made at once, both take the newer.
    pub async fn look_after_signing_keys(&self) -> Result<bool, sqlx::Error> {
        self.load_signing_keys().await?;
        self.renew_signing_keys().await
    }

    /// What an access token of ours says; `None` if it is not good now.
    pub(super) async fn access_claims(&self, token: &Unverified<'_>) -> Result<Option<AccessClaims>, sqlx::Error> {
        let Some(id) = token.signing_key() else { return Ok(None) };
        if self.signing.get(id).is_none() {
            self.load_signing_keys().await?;
        }
        let now = self.clock.now();
        let key = self.signing.get(id).filter(|key| now < key.created_at + KEPT_FOR);
        Ok(key.and_then(|key| key.verify(token, now)))
    }

    /// The public halves of all keys whose tokens may be good, as a JWK set (RFC 7517).
    pub async fn jwks(&self) -> Result<serde_json::Value, sqlx::Error> {
        let keys = self.read_signing_keys(self.clock.now()).await?;
        Ok(serde_json::json!({ "keys": keys.iter().map(SigningKey::jwk).collect::<Vec<_>>() }))
    }

    async fn load_signing_keys(&self) -> Result<(), sqlx::Error> {
        let keys = self.read_signing_keys(self.clock.now()).await?;
        self.signing.replace(keys);
        Ok(())
    }

    async fn read_signing_keys(&self, now: Timestamp) -> Result<Vec<SigningKey>, sqlx::Error> {
        let stored = store::signing_keys::since(&self.db, now - KEPT_FOR).await?;
        let read = |StoredKey { id, seed, created_at }: StoredKey| {
            SigningKey::from_seed(id, &BASE64.decode(seed).ok()?, created_at)
        };
        Ok(stored.into_iter().filter_map(read).collect())
    }
}
