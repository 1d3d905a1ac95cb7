//! Who is asking. Every store method takes one; nothing reads or writes without it.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Access, Action, ApiKeyId, Code, Coded, Denied, Facts, IdError, Object, SessionId, Timestamp, UserId, WorkspaceId,
};

/// What kind of party acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    ApiKey,
    /// Pipewright itself, acting on an event.
    System,
    /// The gateway on its own behalf: it may authenticate credentials and nothing else.
    Gateway,
}

/// What kind of thing an actor may do at all. With which records, its [`Access`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    Read,
    Write,
    /// Users, keys, configuration of routing, sequences and pipelines.
    Admin,
}

/// As the API writes it.
impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::Admin => "ADMIN",
        })
    }
}

/// What somebody came in by. Its text is the id, whose prefix says which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CredentialId {
    ApiKey(ApiKeyId),
    Session(SessionId),
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(key) => key.fmt(f),
            Self::Session(session) => session.fmt(f),
        }
    }
}

impl FromStr for CredentialId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self::ApiKey).or_else(|_| text.parse().map(Self::Session))
    }
}

impl TryFrom<String> for CredentialId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<CredentialId> for String {
    fn from(credential: CredentialId) -> Self {
        credential.to_string()
    }
}

/// The party on whose behalf something happens, and the workspace that bounds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub workspace: WorkspaceId,
    pub kind: ActorKind,
    /// Id of the user or key; the service's name for [`ActorKind::System`].
    pub subject: String,
    pub permissions: Vec<Permission>,
    /// With which records.
    pub access: Access,
    /// By which of its user's keys and sessions it came in; nothing, when a service acts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// When the credential ends by itself, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What it acts in. Only there while something may change, so that what it reads can be read for all of its
    /// requests together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestOrigin>,
}

/// One request of a client. An address is personal, so it does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestOrigin {
    /// What the request is called in the logs.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

impl fmt::Debug for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOrigin").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The actor lacks a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("you are not allowed to do this: the {needed} permission is missing")]
pub struct Forbidden {
    pub needed: Permission,
}

impl Coded for Forbidden {
    fn code(&self) -> Code {
        Code::Forbidden
    }
}

impl Actor {
    /// A service acting by itself inside one workspace.
    pub fn system(workspace: WorkspaceId, service: &str) -> Self {
        Self {
            workspace,
            kind: ActorKind::System,
            subject: service.to_owned(),
            permissions: vec![Permission::Read, Permission::Write, Permission::Admin],
            access: Access::everything(),
            credential: None,
            expires_at: None,
            request: None,
        }
    }

    /// The same party in one of its requests.
    #[must_use]
    pub fn acting_in(&self, request: RequestOrigin) -> Self {
        Self { request: Some(request), ..self.clone() }
    }

    /// Refuses unless the actor holds `needed`.
    pub fn require(&self, needed: Permission) -> Result<(), Forbidden> {
        if self.permissions.contains(&needed) { Ok(()) } else { Err(Forbidden { needed }) }
    }

    /// The person behind the actor: who owns what it makes.
    pub fn user(&self) -> Option<UserId> {
        self.access.user
    }

    /// Refuses unless the actor may do `action` with this record.
    pub fn may(&self, action: Action, object: Object, record: &Facts<'_>) -> Result<(), Denied> {
        self.access.require(object, action, record)
    }
}

#[cfg(test)]
mod tests {
    use crate::Clock;

    use super::*;

    #[test]
    fn a_key_and_a_session_are_told_apart_by_their_text() {
        let clock = Clock::system();
        for credential in [CredentialId::ApiKey(clock.id()), CredentialId::Session(clock.id())] {
            assert_eq!(credential.to_string().parse(), Ok(credential));
        }
        let user: UserId = clock.id();
        assert!(user.to_string().parse::<CredentialId>().is_err());
    }

    #[test]
    fn what_is_missing_is_called_as_the_api_calls_it() {
        let actor = Actor { permissions: vec![Permission::Read], ..Actor::system(Clock::system().id(), "lead") };
        let refused = actor.require(Permission::Write).unwrap_err();
        assert_eq!(refused.to_string(), "you are not allowed to do this: the WRITE permission is missing");
    }

    #[test]
    fn an_actor_of_before_there_were_credentials_still_reads() {
        let clock = Clock::system();
        let actor = Actor::system(clock.id(), "lead");
        let text = serde_json::to_value(&actor).unwrap();
        assert!(text.get("credential").is_none(), "{text}");
        assert_eq!(serde_json::from_value::<Actor>(text).unwrap(), actor);
        let session = Actor { credential: Some(CredentialId::Session(clock.id())), ..actor };
        assert_eq!(serde_json::from_value::<Actor>(serde_json::to_value(&session).unwrap()).unwrap(), session);
    }
}
