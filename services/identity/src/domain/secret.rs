//! Random secrets that clients hold and the database knows by their SHA-256 only.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::api_key::KeyHash;

/// A secret of 256 random bits behind a mark that tells people what they hold. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn from_random(mark: &str, bytes: [u8; 32]) -> Self {
        Self(format!("{mark}_{}", BASE64.encode(bytes)))
    }

    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }

    /// The deliberate way out.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
