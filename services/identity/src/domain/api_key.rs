//! A key that programs present in a user's name. The key itself is shown once and never stored.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use events::identity::ApiKeyCreated;
use kernel::{ApiKeyId, Object, Permission, Timestamp, UserId, WorkspaceId};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Shortest key that an operator may choose, in characters.
pub const MIN_KEY_CHARS: usize = 20;

/// How many characters of a key stay visible.
const PREFIX_CHARS: usize = 7;

/// Everything about a key but the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub workspace: WorkspaceId,
    /// In whose name it acts.
    pub user: UserId,
    pub name: String,
    /// The key's first characters.
    pub prefix: String,
    /// What it may do at most; the user's role bounds it further.
    pub permissions: Vec<Permission>,
    /// With which kinds of records; `None` is all.
    pub objects: Option<Vec<Object>>,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// The key itself. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret(String);

/// The form in which keys are stored and looked up: SHA-256 in hexadecimal. A key has 256 random bits (or is an
/// operator's own choice), so there is nothing that salt or stretching would protect. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyHash(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an API key has at least {MIN_KEY_CHARS} characters, none of them a space")]
pub struct WeakKey;

impl ApiKey {
    /// Neither revoked nor expired.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// What others hear of a new key.
    pub fn created(&self) -> ApiKeyCreated {
        ApiKeyCreated {
            key: self.id,
            user: self.user,
            name: self.name.clone(),
            permissions: self.permissions.clone(),
            objects: self.objects.clone(),
            expires_at: self.expires_at,
            replaces: None,
        }
    }
}

impl ApiKeySecret {
    /// `pw_` and 43 characters of base64url.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(format!("pw_{}", BASE64.encode(bytes)))
    }

    /// A key of an operator's choice.
    pub fn parse(text: &str) -> Result<Self, WeakKey> {
        // A key travels in an HTTP header.
        let fit = text.chars().count() >= MIN_KEY_CHARS && text.chars().all(|c| c.is_ascii_graphic());
        if fit { Ok(Self(text.to_owned())) } else { Err(WeakKey) }
    }

    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }

    pub fn prefix(&self) -> String {
        self.0.chars().take(PREFIX_CHARS).collect()
    }

    /// The deliberate way out.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl KeyHash {
    pub fn of(credential: &str) -> Self {
        let digest = Sha256::digest(credential.as_bytes());
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use kernel::Clock;

    use super::*;

    #[test]
    fn a_generated_key_has_its_mark_and_256_bits() {
        let key = ApiKeySecret::from_random([255; 32]);
        assert_eq!(key.expose(), format!("pw_{}8", "_".repeat(42)));
        assert_eq!(key.prefix(), "pw_____");
        assert_eq!(ApiKeySecret::parse(key.expose()), Ok(key));
    }

    #[test]
    fn a_key_that_is_short_or_cannot_stand_in_a_header_is_refused() {
        for text in [
            "",
            "nineteen-characters",
            "twenty characters, spaced",
            "twenty-characters-\n-and-more",
            "zwanzig-zeichen-mit-ü",
        ] {
            assert_eq!(ApiKeySecret::parse(text), Err(WeakKey), "{text}");
        }
        assert!(ApiKeySecret::parse("exactly-20-character").is_ok());
    }

    #[test]
    fn neither_a_key_nor_its_hash_prints_itself() {
        let key = ApiKeySecret::parse("a-key-nobody-may-read").unwrap();
        assert_eq!(format!("{key:?} {:?}", key.hash()), "ApiKeySecret(…) KeyHash(…)");
    }

    #[test]
    fn a_hash_is_sha_256_in_hexadecimal() {
        // Test vector of FIPS 180-2.
        assert_eq!(KeyHash::of("abc").as_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_key_is_active_until_the_moment_it_expires() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let now = clock.now();
        let key = ApiKey {
            id: clock.id(),
            workspace: clock.id(),
            user: clock.id(),
            name: "test".into(),
            prefix: "pw_test".into(),
            permissions: Vec::new(),
            objects: None,
            expires_at: Some(now + TimeDelta::seconds(1)),
            revoked_at: None,
            last_used_at: None,
            created_at: now,
        };
        assert!(key.is_active(now));
        assert!(!key.is_active(now + TimeDelta::seconds(1)));
        assert!(!ApiKey { revoked_at: Some(now), ..key }.is_active(now));
    }
}
