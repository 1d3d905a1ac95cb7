//! Typed ids: UUIDv7 inside, [TypeID](https://github.com/jetify-com/typeid) text outside
//! (`lead_01h455vb4pex5vsknk084sn02q`), so that an account's id can never pass for a lead's.

use std::{fmt, str::FromStr};

use thiserror::Error;
use uuid::Uuid;

/// Why a text is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    #[error("this id starts with `{found}_`, expected `{expected}_…`")]
    WrongPrefix { expected: &'static str, found: String },
    #[error("not a valid id, expected `{expected}_` and 26 characters of base32")]
    Malformed { expected: &'static str },
}

/// What all ids share; implemented by the `typed_id!` table below only.
pub trait TypedId: Copy + Eq + std::hash::Hash + fmt::Display + From<Uuid> + Send + Sync + 'static {
    /// The text before the underscore.
    const PREFIX: &'static str;
    fn uuid(self) -> Uuid;
}

// Crockford's base32 in lower case, as TypeID prescribes: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(uuid: Uuid) -> String {
    let value = uuid.as_u128();
    (0..26).rev().map(|place| ALPHABET[((value >> (5 * place)) & 31) as usize] as char).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes()
        .try_fold(0u128, |value, byte| {
            let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
            Some((value << 5) | digit as u128)
        })
        .map(Uuid::from_u128)
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let malformed = IdError::Malformed { expected: prefix };
    let (found, suffix) = text.rsplit_once('_').ok_or(malformed.clone())?;
    if found != prefix {
        let found = found.chars().take(24).collect();
        return Err(IdError::WrongPrefix { expected: prefix, found });
    }
    decode(suffix).ok_or(malformed)
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        pub struct $name(Uuid);

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "graphql")]
        crate::id::graphql_id!($name);
    )+};
}

/// An id is GraphQL's built-in `ID`: federation keys stay what every client generator knows.
#[cfg(feature = "graphql")]
macro_rules! graphql_id {
    ($name:ident) => {
        impl async_graphql::InputType for $name {
            type RawValueType = Self;
            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as async_graphql::InputType>::type_name()
            }
            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::InputType>::create_type_info(registry)
            }
            fn parse(value: Option<async_graphql::Value>) -> async_graphql::InputValueResult<Self> {
                match value.unwrap_or_default() {
                    async_graphql::Value::String(text) => text.parse().map_err(|error: IdError| {
                        async_graphql::InputValueError::custom(error)
                            .with_extension("code", crate::Code::InvalidId.as_str())
                    }),
                    other => Err(async_graphql::InputValueError::expected_type(other)),
                }
            }
            fn to_value(&self) -> async_graphql::Value {
                async_graphql::Value::String(self.to_string())
            }
            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl async_graphql::OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as async_graphql::OutputType>::type_name()
            }
            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as async_graphql::OutputType>::create_type_info(registry)
            }
            async fn resolve(
                &self,
                _: &async_graphql::ContextSelectionSet<'_>,
                _: &async_graphql::Positioned<async_graphql::parser::types::Field>,
            ) -> async_graphql::ServerResult<async_graphql::Value> {
                Ok(async_graphql::Value::String(self.to_string()))
            }
        }
    };
}
#[cfg(feature = "graphql")]
use graphql_id;

typed_id! {
    /// A tenant: every row and event belongs to one.
    WorkspaceId = "ws";
    UserId = "user";
    ApiKeyId = "key";
    TeamId = "team";
    RoleId = "role";
    /// What a person has signed in to.
    SessionId = "sess";
    SigningKeyId = "skey";
    EventId = "evt";
    LeadId = "lead";
    AccountId = "acct";
    ContactId = "cont";
    /// Something amiss that somebody should look at.
    AlertId = "alert";
    /// Leads that fit a definition.
    SegmentId = "seg";
    /// Records that look like one.
    DuplicateId = "dup";
    /// Records that were made one.
    MergeId = "merge";
    FormId = "form";
    /// What one submission of a form gave.
    CaptureId = "cap";
    /// What somebody said of what they agree to.
    ConsentId = "consent";
    LandingPageId = "page";
    SourceCostId = "scost";
    ImportId = "imp";
    EnrichmentRunId = "erun";
    /// A stored, replayable [`Decision`](crate::Decision).
    DecisionId = "dec";
    RepId = "rep";
    PoolId = "pool";
    SequenceId = "seq";
    StepId = "step";
    EnrollmentId = "enr";
    MessageId = "msg";
    MailboxId = "mbox";
    SuppressionId = "sup";
    PipelineId = "pipe";
    StageId = "stage";
    OpportunityId = "opp";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = LeadId::from(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057));
        assert_eq!(id.to_string(), "lead_01h455vb4pex5vsknk084sn02q");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_wrong_prefix_is_named() {
        let id = AccountId::from(Uuid::nil()).to_string();
        assert_eq!(id.parse::<LeadId>(), Err(IdError::WrongPrefix { expected: "lead", found: "acct".into() }));
    }

    #[test]
    fn garbage_is_refused_without_a_panic() {
        for text in ["", "_", "lead_", "lead_é", "lead_8zzzzzzzzzzzzzzzzzzzzzzzzz", "lead_0i455vb4pex5vsknk084sn02q0"]
        {
            assert!(text.parse::<LeadId>().is_err(), "{text}");
        }
    }
}
