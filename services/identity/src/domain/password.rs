//! What somebody types to prove who they are, and how it is kept.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, PasswordHash as Phc, PasswordHasher, PasswordVerifier, Version};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Fewest characters. Length is what counts, so there are no rules about digits and signs.
pub const MIN_CHARS: usize = 12;
/// Most bytes: hashing must cost the same for everybody.
pub const MAX_BYTES: usize = 512;

/// Of OWASP's recommendations for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What was typed, composed (NFC), so that one password typed on two keyboards is one. It does not print.
#[derive(Clone)]
pub struct Password(String);

/// Argon2id in PHC string format. It does not print.
#[derive(Clone)]
pub struct PasswordHash(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    #[error("a password has at least {MIN_CHARS} characters")]
    Short,
    #[error("a password has at most {MAX_BYTES} bytes")]
    Long,
    #[error("a password is not the address it belongs to, nor one character repeated")]
    Guessable,
}

impl Password {
    /// For comparing: no rules but the length that would cost us.
    pub fn typed(text: &str) -> Result<Self, PasswordError> {
        if text.len() > MAX_BYTES { Err(PasswordError::Long) } else { Ok(Self(text.nfc().collect())) }
    }

    /// For setting.
    pub fn parse(text: &str, email: &str) -> Result<Self, PasswordError> {
        let password = Self::typed(text)?;
        let text = password.0.as_str();
        if text.chars().count() < MIN_CHARS {
            return Err(PasswordError::Short);
        }
        let lower = text.to_lowercase();
        let repeated = text.chars().next().is_some_and(|first| text.chars().all(|c| c == first));
        if repeated || lower == email || email.split('@').next() == Some(&lower) {
            return Err(PasswordError::Guessable);
        }
        Ok(password)
    }

    /// Takes tens of milliseconds and 19 MiB: not for a thread that others wait on.
    pub fn hash(&self, salt: [u8; 16]) -> Option<PasswordHash> {
        let hash: Phc = argon2()?.hash_password_with_salt(self.0.as_bytes(), &salt).ok()?;
        Some(PasswordHash(hash.to_string()))
    }

    /// As expensive as [`hash`](Self::hash), whatever the answer.
    pub fn matches(&self, hash: &PasswordHash) -> bool {
        let Ok(parsed) = Phc::new(&hash.0) else { return false };
        // The parameters are those of the hash.
        Argon2::default().verify_password(self.0.as_bytes(), &parsed).is_ok()
    }
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl PasswordHash {
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_hash_and_no_other() {
        let hash = Password::typed("correct horse battery").unwrap().hash([7; 16]).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "as OWASP recommends");
        assert!(Password::typed("correct horse battery").unwrap().matches(&hash));
        assert!(!Password::typed("correct horse batterx").unwrap().matches(&hash));
        assert!(!Password::typed("x").unwrap().matches(&PasswordHash::from_stored("not a hash".into())));
    }

    #[test]
    fn one_password_on_two_keyboards_is_one() {
        let composed = Password::typed("zw\u{f6}lf Zeichen!").unwrap();
        let decomposed = Password::typed("zwo\u{308}lf Zeichen!").unwrap();
        assert!(decomposed.matches(&composed.hash([7; 16]).unwrap()));
    }

    #[test]
    fn what_is_short_long_or_plain_is_refused() {
        let parse = |text: &str| Password::parse(text, "ada.lovelace@example.com").map(drop);
        assert_eq!(parse("elevenchars"), Err(PasswordError::Short));
        assert_eq!(parse(&"ab".repeat(300)), Err(PasswordError::Long));
        for text in ["Ada.Lovelace@example.com", "Ada.Lovelace", "aaaaaaaaaaaa"] {
            assert_eq!(parse(text), Err(PasswordError::Guessable), "{text}");
        }
        assert_eq!(parse("twelve chars"), Ok(()));
    }

    #[test]
    fn neither_a_password_nor_its_hash_prints_itself() {
        let password = Password::typed("hunter2").unwrap();
        let hash = PasswordHash::from_stored("$argon2id$…".into());
        assert_eq!(format!("{password:?} {hash:?}"), "Password(…) PasswordHash(…)");
    }
}
