//! Compact JWS (RFC 7515) with Ed25519: the access tokens that we give.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use kernel::{SessionId, SigningKeyId, Timestamp, UserId, WorkspaceId};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

/// Seconds an access token is good for.
pub const ACCESS_SECONDS: i64 = 15 * 60;

const ISSUER: &str = "pipewright";
/// Not `at+jwt`: of what RFC 9068 asks for there is no audience, and no client.
const TYPE: &str = "JWT";
/// What tokens from before said all the same; they are as good as they were.
const FORMER_TYPE: &str = "at+jwt";
const ALGORITHM: &str = "EdDSA";

/// Signs access tokens. It does not print.
pub struct SigningKey {
    pub id: SigningKeyId,
    pub created_at: Timestamp,
    pair: Ed25519KeyPair,
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    iss: String,
    pub sub: UserId,
    pub sid: SessionId,
    pub ws: WorkspaceId,
    iat: i64,
    exp: i64,
}

impl AccessClaims {
    pub fn expires_at(&self) -> Option<Timestamp> {
        Timestamp::from_timestamp(self.exp, 0)
    }
}

/// The first part of a token, as far as anybody needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Whether it names extensions that its reader has to understand (RFC 7515, section 4.1.11). We understand none, so
    /// such a token is never good.
    #[serde(default, skip_serializing, deserialize_with = "is_there")]
    pub crit: bool,
}

/// Whatever it is.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A token taken apart; nothing in it is to be believed before its signature has been verified.
#[derive(Debug, Clone)]
pub struct Unverified<'a> {
    pub header: Header,
    /// What the signature is over.
    pub signed: &'a str,
    pub signature: Vec<u8>,
    payload: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub fn parse(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        Some(Self {
            header: serde_json::from_slice(&BASE64.decode(header).ok()?).ok()?,
            signed,
            signature: BASE64.decode(signature).ok()?,
            payload: BASE64.decode(payload).ok()?,
        })
    }

    /// The second part, once somebody has vouched for it.
    pub fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.payload).ok()
    }

    /// The key that an access token of ours names; `None` if it is no such token.
    pub fn signing_key(&self) -> Option<SigningKeyId> {
        let Header { alg, typ, kid, crit } = &self.header;
        let ours = [TYPE, FORMER_TYPE].contains(&typ.as_deref()?);
        if alg != ALGORITHM || !ours || *crit {
            return None;
        }
        kid.as_deref()?.parse().ok()
    }
}

impl SigningKey {
    /// From 32 random bytes.
    pub fn from_seed(id: SigningKeyId, seed: &[u8], created_at: Timestamp) -> Option<Self> {
        Some(Self { id, created_at, pair: Ed25519KeyPair::from_seed_unchecked(seed).ok()? })
    }

    /// An access token to `session`.
    pub fn sign(&self, user: UserId, session: SessionId, workspace: WorkspaceId, now: Timestamp) -> String {
        let iat = now.timestamp();
        let exp = iat + ACCESS_SECONDS;
        let claims = AccessClaims { iss: ISSUER.to_owned(), sub: user, sid: session, ws: workspace, iat, exp };
        self.seal(TYPE, &encode(&claims))
    }

    /// A token of this type with these claims.
    fn seal(&self, typ: &str, claims: &str) -> String {
        let kid = Some(self.id.to_string());
        let header = Header { alg: ALGORITHM.to_owned(), typ: Some(typ.to_owned()), kid, crit: false };
        self.seal_under(&header, claims)
    }

    fn seal_under(&self, header: &impl Serialize, claims: &str) -> String {
        let signed = format!("{}.{claims}", encode(header));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64.encode(signature))
    }

    /// What a token of ours says that is good at `now`.
    pub fn verify(&self, token: &Unverified<'_>, now: Timestamp) -> Option<AccessClaims> {
        if token.signing_key() != Some(self.id) {
            return None;
        }
        let key = UnparsedPublicKey::new(&ED25519, self.pair.public_key().as_ref());
        key.verify(token.signed.as_bytes(), &token.signature).ok()?;
        let claims: AccessClaims = token.claims()?;
        (claims.iss == ISSUER && now.timestamp() < claims.exp).then_some(claims)
    }

    /// The public half, as RFC 8037 writes it.
    pub fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": BASE64.encode(self.pair.public_key().as_ref()),
            "kid": self.id,
            "use": "sig",
            "alg": ALGORITHM,
        })
    }
}

fn encode(value: &impl Serialize) -> String {
    BASE64.encode(serde_json::to_vec(value).unwrap_or_default())
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use kernel::Clock;

    use super::*;

    fn key(clock: &Clock, seed: u8) -> SigningKey {
        SigningKey::from_seed(clock.id(), &[seed; 32], clock.now()).unwrap()
    }

    #[test]
    fn a_token_is_good_for_a_quarter_of_an_hour_and_only_under_its_key() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let (ours, other) = (key(&clock, 1), key(&clock, 2));
        let (user, session, workspace) = (clock.id(), clock.id(), clock.id());
        let token = ours.sign(user, session, workspace, clock.now());
        let parsed = Unverified::parse(&token).unwrap();
        let claims = ours.verify(&parsed, clock.now()).unwrap();
        assert_eq!((claims.sub, claims.sid, claims.ws), (user, session, workspace));
        assert_eq!(parsed.header.typ.as_deref(), Some("JWT"), "it does not claim to be more");
        assert_eq!(other.verify(&parsed, clock.now()), None);
        let imposter = SigningKey::from_seed(ours.id, &[2; 32], clock.now()).unwrap();
        assert_eq!(imposter.verify(&parsed, clock.now()), None, "the right id under another key");
        let last = clock.now() + TimeDelta::seconds(ACCESS_SECONDS - 1);
        assert!(ours.verify(&parsed, last).is_some());
        assert_eq!(ours.verify(&parsed, last + TimeDelta::seconds(1)), None);
    }

    #[test]
    fn a_token_from_before_the_types_name_changed_is_as_good_and_one_of_another_type_is_not() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let ours = key(&clock, 1);
        let token = ours.sign(clock.id(), clock.id(), clock.id(), clock.now());
        let claims = token.split('.').nth(1).unwrap();
        for (typ, good) in [("JWT", true), ("at+jwt", true), ("jwt", false), ("logout+jwt", false), ("", false)] {
            let sealed = ours.seal(typ, claims);
            let verified = Unverified::parse(&sealed).and_then(|token| ours.verify(&token, clock.now()));
            assert_eq!(verified.is_some(), good, "{typ}");
        }
    }

    #[test]
    fn a_token_that_asks_for_an_extension_is_refused_though_it_is_signed() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let ours = key(&clock, 1);
        let token = ours.sign(clock.id(), clock.id(), clock.id(), clock.now());
        let claims = token.split('.').nth(1).unwrap();
        let header = serde_json::json!({ "alg": ALGORITHM, "typ": TYPE, "kid": ours.id });
        let verified = |header: &serde_json::Value| {
            let sealed = ours.seal_under(header, claims);
            Unverified::parse(&sealed).and_then(|token| ours.verify(&token, clock.now()))
        };
        assert!(verified(&header).is_some());
        for crit in [serde_json::json!(["b64"]), serde_json::json!([]), serde_json::Value::Null] {
            let mut header = header.clone();
            header["crit"] = crit.clone();
            assert_eq!(verified(&header), None, "{crit}");
        }
    }

    #[test]
    fn a_token_that_names_another_algorithm_or_is_changed_is_refused() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let ours = key(&clock, 1);
        let token = ours.sign(clock.id(), clock.id(), clock.id(), clock.now());
        let (_, rest) = token.split_once('.').unwrap();
        let claims = rest.split_once('.').unwrap().0;
        for alg in ["none", "HS256", "RS256"] {
            let kid = Some(ours.id.to_string());
            let header = Header { alg: alg.into(), typ: Some(TYPE.into()), kid, crit: false };
            for forged in [format!("{}.{rest}", encode(&header)), format!("{}.{claims}.", encode(&header))] {
                assert_eq!(Unverified::parse(&forged).and_then(|token| ours.verify(&token, clock.now())), None);
            }
        }
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let verified = Unverified::parse(&changed).and_then(|token| ours.verify(&token, clock.now()));
            assert_eq!(verified, None, "changed at {place}");
        }
        for garbage in ["", ".", "..", "a.b.c", "pw_AAAA"] {
            assert!(Unverified::parse(garbage).is_none(), "{garbage}");
        }
    }

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn the_published_key_is_the_public_half() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let seed: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&seed[2 * at..2 * at + 2], 16).unwrap()).collect();
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let key = SigningKey::from_seed(clock.id(), &seed, clock.now()).unwrap();
        assert_eq!(key.jwk()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert!(!format!("{key:?}").contains("11qYAY"));
    }
}
