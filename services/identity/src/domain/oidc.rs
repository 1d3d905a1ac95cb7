//! OpenID Connect 1.0: what a provider says about itself, and which of its ID tokens are to be believed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use kernel::{EmailAddress, Timestamp};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::jws::Unverified;

/// How far the provider's clock may be from ours, in seconds.
const LEEWAY: f64 = 60.0;
/// Longest `sub` (OpenID Connect Core, section 2).
const MAX_SUBJECT: usize = 255;

/// The provider's metadata (OpenID Connect Discovery), as far as we use it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    pub userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Whether whoever comes back says which provider they come from (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// A provider's public key (RFC 7517).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jwk {
    pub kty: String,
    pub kid: Option<String>,
    pub alg: Option<String>,
    #[serde(rename = "use")]
    pub use_: Option<String>,
    pub crv: Option<String>,
    pub n: Option<String>,
    pub e: Option<String>,
    pub x: Option<String>,
    pub y: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Jwks {
    pub keys: Vec<Jwk>,
}

/// What an ID token must match.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: Timestamp,
}

/// Who the provider says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUser {
    pub issuer: String,
    pub subject: String,
    /// Only if the provider has verified it.
    pub email: Option<EmailAddress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdTokenError {
    #[error("the ID token is no JWT")]
    Malformed,
    #[error("the ID token asks for an extension of JWS")]
    Extension,
    #[error("the ID token is signed with an algorithm that is not taken")]
    Algorithm,
    #[error("the ID token names a key that the provider does not publish")]
    UnknownKey,
    #[error("the ID token's signature is wrong")]
    Signature,
    #[error("the ID token is from another issuer")]
    Issuer,
    #[error("the ID token is for another client")]
    Audience,
    #[error("the ID token has expired, is not good yet, or is from the future")]
    Time,
    #[error("the ID token answers another request")]
    Nonce,
    #[error("the ID token says nothing of whom")]
    Subject,
}

/// Seconds since 1970, perhaps with a fraction (RFC 7519, section 2); always finite, for JSON has nothing else.
type NumericDate = f64;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: NumericDate,
    iat: NumericDate,
    nbf: Option<NumericDate>,
    nonce: Option<String>,
    #[serde(flatten)]
    address: Address,
}

/// What the userinfo endpoint says. Providers that follow the specification closely tell the address only there.
#[derive(Deserialize)]
pub struct UserInfo {
    sub: String,
    #[serde(flatten)]
    address: Address,
}

#[derive(Deserialize)]
struct Address {
    email: Option<String>,
    email_verified: Option<Verified>,
}

impl Address {
    fn verified(self) -> Option<EmailAddress> {
        let verified = match self.email_verified {
            Some(Verified::Bool(verified)) => verified,
            Some(Verified::Text(text)) => text == "true",
            None => false,
        };
        self.email.filter(|_| verified).and_then(|email| EmailAddress::parse(&email).ok())
    }
}

impl ExternalUser {
    /// With what the userinfo endpoint adds, if it speaks of the same subject.
    pub fn with(self, info: UserInfo) -> Self {
        if info.sub == self.subject { Self { email: info.address.verified(), ..self } } else { self }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Some providers write the boolean as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Verified {
    Bool(bool),
    Text(String),
}

impl Audience {
    /// Ours, and nobody else's unless the token was made for us by name.
    fn is(&self, client_id: &str, azp: Option<&str>) -> bool {
        let alone = match self {
            Self::One(one) => return one == client_id && azp.is_none_or(|azp| azp == client_id),
            Self::Many(many) => {
                if !many.iter().any(|one| one == client_id) {
                    return false;
                }
                many.len() == 1
            }
        };
        azp.map_or(alone, |azp| azp == client_id)
    }
}

impl Claims {
    /// By the provider's clock, as far as it may be from ours.
    fn are_good_at(&self, now: Timestamp) -> bool {
        let now = now.timestamp() as NumericDate;
        let has_come = |date: NumericDate| date - LEEWAY <= now;
        now < self.exp + LEEWAY && has_come(self.iat) && self.nbf.is_none_or(has_come)
    }
}

/// Who an ID token is about, if it is the provider's answer to this very request.
pub fn verify(token: &str, keys: &Jwks, expected: Expected<'_>) -> Result<ExternalUser, IdTokenError> {
    let token = Unverified::parse(token).ok_or(IdTokenError::Malformed)?;
    verify_signature(&token, keys)?;
    let claims: Claims = token.claims().ok_or(IdTokenError::Malformed)?;
    if claims.iss != expected.issuer {
        return Err(IdTokenError::Issuer);
    }
    if !claims.aud.is(expected.client_id, claims.azp.as_deref()) {
        return Err(IdTokenError::Audience);
    }
    if !claims.are_good_at(expected.now) {
        return Err(IdTokenError::Time);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(IdTokenError::Nonce);
    }
    if claims.sub.is_empty() || claims.sub.len() > MAX_SUBJECT {
        return Err(IdTokenError::Subject);
    }
    Ok(ExternalUser { issuer: claims.iss, subject: claims.sub, email: claims.address.verified() })
}

/// Under one of the provider's keys, with the algorithm that goes with the key: what the token says of its
/// algorithm only chooses among those.
fn verify_signature(token: &Unverified<'_>, keys: &Jwks) -> Result<(), IdTokenError> {
    if token.header.crit {
        return Err(IdTokenError::Extension);
    }
    let alg = token.header.alg.as_str();
    let (kty, crv) = match alg {
        "RS256" => ("RSA", None),
        "ES256" => ("EC", Some("P-256")),
        "EdDSA" => ("OKP", Some("Ed25519")),
        _ => return Err(IdTokenError::Algorithm),
    };
    let fits = |key: &&Jwk| {
        key.kty == kty
            && (crv.is_none() || key.crv.as_deref() == crv)
            && key.alg.as_deref().is_none_or(|of_key| of_key == alg)
            && key.use_.as_deref().is_none_or(|use_| use_ == "sig")
            && (token.header.kid.is_none() || key.kid == token.header.kid)
    };
    let mut found = keys.keys.iter().filter(fits).peekable();
    if found.peek().is_none() {
        return Err(IdTokenError::UnknownKey);
    }
    if found.any(|key| signed_by(token, key).is_some()) { Ok(()) } else { Err(IdTokenError::Signature) }
}

fn signed_by(token: &Unverified<'_>, key: &Jwk) -> Option<()> {
    let part = |part: &Option<String>| BASE64.decode(part.as_deref()?).ok();
    let (message, signature) = (token.signed.as_bytes(), token.signature.as_slice());
    let verified = match key.kty.as_str() {
        "RSA" => RsaPublicKeyComponents { n: part(&key.n)?, e: part(&key.e)? }.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            message,
            signature,
        ),
        "EC" => {
            let point = [vec![4], part(&key.x)?, part(&key.y)?].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
        }
        _ => UnparsedPublicKey::new(&ED25519, part(&key.x)?).verify(message, signature),
    };
    verified.ok()
}

/// What proves to the token endpoint that we began what we end (RFC 7636, S256).
pub fn challenge(verifier: &str) -> String {
    BASE64.encode(Sha256::digest(verifier.as_bytes()))
}

/// Where somebody may be sent after signing in: a place of ours, never another site.
pub fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 500
        && path.chars().all(|c| c.is_ascii_graphic() && c != '\\' && c != '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn a_challenge_is_the_hash_of_its_verifier() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn only_places_of_ours_are_returned_to() {
        for path in ["/", "/app?x=1", "/a/b"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb", "/#x", "javascript:x"]
        {
            assert!(!is_own_path(path), "{path}");
        }
    }

    #[test]
    fn an_id_token_is_good_from_when_it_says_to_when_it_says_give_or_take_a_minute() {
        let now = Timestamp::from_timestamp(1_000, 0).unwrap();
        let good = |dates: &str| {
            let claims = format!(r#"{{"iss":"i","sub":"s","aud":"us",{dates}}}"#);
            serde_json::from_str::<Claims>(&claims).ok().map(|claims| claims.are_good_at(now))
        };
        for dates in [
            r#""iat":1000,"exp":1300"#,
            r#""iat":1000.75,"exp":1300.25"#,
            r#""iat":1.0e3,"exp":1.3e3,"nbf":null"#,
            r#""iat":1060,"exp":1300,"nbf":1060"#,
            r#""iat":700,"exp":940.5"#,
        ] {
            assert_eq!(good(dates), Some(true), "{dates}");
        }
        for dates in [
            r#""iat":700,"exp":940"#,
            r#""iat":1060.5,"exp":1300"#,
            r#""iat":1000,"exp":1300,"nbf":1060.5"#,
            r#""iat":1000,"exp":-1e300"#,
        ] {
            assert_eq!(good(dates), Some(false), "{dates}");
        }
        for dates in [r#""iat":1000,"exp":1e999"#, r#""iat":1000,"exp":"1300""#, r#""iat":1000"#] {
            assert_eq!(good(dates), None, "{dates}");
        }
    }

    #[test]
    fn a_token_for_several_is_for_us_only_by_name() {
        let one = Audience::One("us".into());
        assert!(one.is("us", None) && one.is("us", Some("us")));
        assert!(!one.is("us", Some("them")) && !one.is("them", None));
        let many = Audience::Many(vec!["us".into(), "them".into()]);
        assert!(many.is("us", Some("us")));
        assert!(!many.is("us", None) && !many.is("us", Some("them")) && !many.is("others", Some("others")));
        assert!(Audience::Many(vec!["us".into()]).is("us", None));
    }
}
