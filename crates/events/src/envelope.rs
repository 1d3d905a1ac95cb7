use std::{fmt, net::IpAddr};

use kernel::{Actor, EventId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use thiserror::Error;

/// A payload with its place in the published language.
pub trait Event: Serialize + DeserializeOwned {
    /// Also the subject on the bus: `crm.<service>.<entity>.<verb>.v<version>`.
    const TYPE: &'static str;
    /// Id of the object it is about.
    fn subject(&self) -> String;
}

/// A [CloudEvents 1.0](https://cloudevents.io) envelope in its JSON format. Extension attributes are lower
/// case, as that specification wants.
#[derive(Clone, Serialize, Deserialize)]
pub struct Envelope {
    pub specversion: String,
    pub id: EventId,
    /// `/<service>`.
    pub source: String,
    pub r#type: String,
    pub subject: String,
    pub time: Timestamp,
    #[serde(rename = "workspaceid")]
    pub workspace: WorkspaceId,
    /// Who caused it: id of a user, or a service's name.
    pub actor: String,
    /// By which of their keys and sessions: its id. Only on what was done by it, and not on what follows.
    #[serde(rename = "credentialid", default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The first event of the chain; the same for everything that follows from one request.
    #[serde(rename = "correlationid")]
    pub correlation: EventId,
    /// The event that directly led to this one.
    #[serde(rename = "causationid", default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// The client's request that it follows from, however far.
    #[serde(rename = "requestid", default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Where that request came from. Personal, so only on what the request itself did.
    #[serde(rename = "clientaddress", default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The payload's text: read by whom it concerns, and carried by everybody else as it is.
    pub data: Box<RawValue>,
}

/// The payload is not what its type promises. Says where, never what stands there: that may be personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("event {id} does not carry a valid {expected}: its data fails at line {line}, column {column}")]
pub struct PayloadError {
    pub id: EventId,
    pub expected: &'static str,
    /// In the text of the data.
    pub line: usize,
    pub column: usize,
}

impl Envelope {
    /// Wraps `event`, published by `service` on behalf of `actor`, as a consequence of `cause`.
    pub fn wrap<E: Event>(
        service: &str,
        id: EventId,
        time: Timestamp,
        actor: &Actor,
        cause: Option<&Envelope>,
        event: &E,
    ) -> Result<Self, serde_json::Error> {
        let request = actor.request.as_ref();
        Ok(Self {
            specversion: "1.0".to_owned(),
            id,
            source: format!("/{service}"),
            r#type: E::TYPE.to_owned(),
            subject: event.subject(),
            time,
            workspace: actor.workspace,
            actor: actor.subject.clone(),
            credential: actor.credential.map(String::from),
            correlation: cause.map_or(id, |cause| cause.correlation),
            causation: cause.map(|cause| cause.id),
            request: request
                .map(|request| request.id.clone())
                .or_else(|| cause.and_then(|cause| cause.request.clone())),
            address: request.and_then(|request| request.address),
            data: to_raw_value(event)?,
        })
    }

    /// The typed payload.
    pub fn payload<E: Event>(&self) -> Result<E, PayloadError> {
        serde_json::from_str(self.data.get()).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            PayloadError { id: self.id, expected: E::TYPE, line, column }
        })
    }
}

/// Without the data, which may be personal.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("id", &self.id)
            .field("type", &self.r#type)
            .field("subject", &self.subject)
            .field("time", &self.time)
            .field("workspace", &self.workspace)
            .field("credential", &self.credential)
            .field("correlation", &self.correlation)
            .field("causation", &self.causation)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::to_raw_value};

    use kernel::{Actor, Clock, CredentialId, RequestOrigin};

    use super::*;
    use crate::{examples, identity::ApiKeyRevoked};

    #[test]
    fn what_follows_from_an_event_keeps_its_request_and_not_its_address() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let system = Actor::system(clock.id(), "lead");
        let user = system.acting_in(RequestOrigin { id: "req-1".into(), address: Some("192.0.2.7".parse().unwrap()) });
        let event = ApiKeyRevoked { key: clock.id() };
        let wrap = |actor, cause| Envelope::wrap("lead", clock.id(), clock.now(), actor, cause, &event).unwrap();
        let direct = wrap(&user, None);
        let text = serde_json::to_value(&direct).unwrap();
        assert_eq!((&text["requestid"], &text["clientaddress"]), (&json!("req-1"), &json!("192.0.2.7")));
        let next = wrap(&system, Some(&direct));
        let later = wrap(&system, Some(&next));
        assert_eq!((later.request.as_deref(), later.address), (Some("req-1"), None));
        let alone = serde_json::to_value(wrap(&system, None)).unwrap();
        assert!(alone.get("requestid").is_none() && alone.get("clientaddress").is_none(), "{alone}");
        assert!(!format!("{direct:?} {user:?}").contains("192.0.2.7"));
    }

    #[test]
    fn what_a_key_does_names_it_and_what_follows_does_not() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let system = Actor::system(clock.id(), "lead");
        let key = CredentialId::ApiKey(clock.id());
        let program = Actor { credential: Some(key), ..system.clone() };
        let event = ApiKeyRevoked { key: clock.id() };
        let wrap = |actor, cause| Envelope::wrap("lead", clock.id(), clock.now(), actor, cause, &event).unwrap();
        let direct = wrap(&program, None);
        let text = serde_json::to_value(&direct).unwrap();
        assert_eq!(text["credentialid"], key.to_string());
        let next = serde_json::to_value(wrap(&system, Some(&direct))).unwrap();
        assert!(next.get("credentialid").is_none(), "{next}");
        let read: Envelope = serde_json::from_str(&next.to_string()).unwrap();
        assert_eq!(read.credential, None, "as with all that was published before");
    }

    #[test]
    fn neither_an_envelope_nor_its_error_prints_what_it_carries() {
        let mut envelope = examples::all().remove(0);
        envelope.data = to_raw_value(&json!({ "key": "ada@engines.example" })).unwrap();
        let error = envelope.payload::<ApiKeyRevoked>().unwrap_err();
        assert_eq!((error.line, error.column), (1, 29));
        for printed in [format!("{envelope:?}"), format!("{error:?}"), error.to_string()] {
            assert!(!printed.contains("ada"), "{printed}");
        }
    }
}
