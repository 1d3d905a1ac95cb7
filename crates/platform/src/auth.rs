//! How an actor travels from the gateway to a subgraph: a short-lived token signed with a secret that only
//! the gateway and the services share. A subgraph takes nobody's word but the gateway's.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use futures::future::BoxFuture;
use hmac::{Hmac, Mac};
use kernel::{Actor, Clock, Code, Coded};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

/// The header that carries the token.
pub const ACTOR_HEADER: &str = "x-pipewright-actor";

/// Seconds a token is good for: longer than any request, shorter than a leak is useful.
const LIFETIME_SECONDS: i64 = 60;

/// Fewest characters of the secret: shorter ones can be guessed from a single token.
const MIN_SECRET_CHARS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "gateway.actor_secret is too short: it takes {MIN_SECRET_CHARS} characters or more (PIPEWRIGHT__GATEWAY__ACTOR_SECRET)"
)]
pub struct WeakSecret;

/// Whether a configured secret is long enough to sign actor tokens with: asked once, at the start.
pub fn check_secret(secret: &str) -> Result<(), WeakSecret> {
    if secret.chars().count() < MIN_SECRET_CHARS { Err(WeakSecret) } else { Ok(()) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AuthError {
    #[error("this service answers only the gateway: the actor token is missing, forged or expired")]
    BadActorToken,
    #[error("the API key or access token is missing, unknown, expired or revoked")]
    BadCredential,
    #[error("the identity service does not answer, so nobody can be authenticated")]
    Unavailable,
}

impl Coded for AuthError {
    fn code(&self) -> Code {
        match self {
            Self::BadActorToken | Self::BadCredential => Code::Unauthenticated,
            Self::Unavailable => Code::SubgraphUnavailable,
        }
    }
}

/// Turns what a client presents into the actor it stands for. Implemented by the identity service, and by
/// the gateway's client of it when they run apart.
pub trait Authenticator: Send + Sync {
    /// `credential` is the bare API key or access token.
    fn authenticate(&self, credential: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>>;
}

/// Signs and verifies actor tokens: compact JWS (RFC 7515) with HMAC-SHA256.
#[derive(Clone)]
pub struct ActorTokens {
    mac: Hmac<Sha256>,
    clock: Clock,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    exp: i64,
    actor: Actor,
}

// base64url of {"alg":"HS256","typ":"JWT"}: the only header this type writes or accepts.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

impl ActorTokens {
    pub fn new(secret: &[u8], clock: Clock) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mac = Hmac::new_from_slice(secret).expect("HMAC takes a key of any length");
        Self { mac, clock }
    }

    pub fn sign(&self, actor: &Actor) -> String {
        let claims = Claims { exp: self.clock.now().timestamp() + LIFETIME_SECONDS, actor: actor.clone() };
        let payload = BASE64.encode(serde_json::to_vec(&claims).unwrap_or_default());
        let mut mac = self.mac.clone();
        mac.update(format!("{HEADER}.{payload}").as_bytes());
        format!("{HEADER}.{payload}.{}", BASE64.encode(mac.finalize().into_bytes()))
    }

    pub fn verify(&self, token: &str) -> Result<Actor, AuthError> {
        self.read(token)
            .filter(|claims| claims.exp > self.clock.now().timestamp())
            .map(|claims| claims.actor)
            .ok_or(AuthError::BadActorToken)
    }

    fn read(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if header != HEADER {
            return None;
        }
        let mut mac = self.mac.clone();
        mac.update(signed.as_bytes());
        mac.verify_slice(&BASE64.decode(signature).ok()?).ok()?;
        serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()
    }
}

impl std::fmt::Debug for ActorTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ActorTokens(…)")
    }
}

/// The key in `Authorization: Bearer <key>`.
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim()).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use kernel::{ActorKind, Permission};

    use super::*;

    fn actor(clock: &Clock) -> Actor {
        Actor {
            workspace: clock.id(),
            kind: ActorKind::User,
            subject: "user_1".into(),
            permissions: vec![Permission::Read],
            access: kernel::Access::everything(),
            credential: Some(kernel::CredentialId::Session(clock.id())),
            expires_at: None,
            request: None,
        }
    }

    #[test]
    fn a_token_is_good_for_a_minute_and_only_under_its_secret() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH, 1);
        let tokens = ActorTokens::new(b"secret", clock.clone());
        let actor = actor(&clock);
        let token = tokens.sign(&actor);
        assert_eq!(tokens.verify(&token), Ok(actor));
        assert!(ActorTokens::new(b"other", clock.clone()).verify(&token).is_err());
        clock.advance(TimeDelta::seconds(61));
        assert_eq!(tokens.verify(&token), Err(AuthError::BadActorToken));
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert_eq!(check_secret(&"x".repeat(31)), Err(WeakSecret));
        assert_eq!(check_secret(&"x".repeat(32)), Ok(()));
    }

    #[test]
    fn a_changed_token_is_refused() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH, 1);
        let tokens = ActorTokens::new(b"secret", clock.clone());
        let token = tokens.sign(&actor(&clock)).into_bytes();
        assert!(tokens.verify(&String::from_utf8_lossy(&token)).is_ok());
        for (place, bit) in (0..token.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
            let mut forged = token.clone();
            forged[place] ^= 1 << bit;
            assert!(tokens.verify(&String::from_utf8_lossy(&forged)).is_err(), "bit {bit} of byte {place}");
        }
        for place in 0..token.len() {
            assert!(tokens.verify(&String::from_utf8_lossy(&token[..place])).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn the_request_that_an_actor_acts_in_travels_with_it() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH, 1);
        let tokens = ActorTokens::new(b"secret", clock.clone());
        let request = kernel::RequestOrigin { id: "req-1".into(), address: Some("2001:db8::7".parse().unwrap()) };
        let acting = actor(&clock).acting_in(request);
        assert_eq!(tokens.verify(&tokens.sign(&acting)), Ok(acting));
    }
}
