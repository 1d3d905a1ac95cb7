//! The audit trail: who did what to which record, in a chain of hashes that shows every later change.

use events::{Envelope, Event, identity::Client, lead::CaptureConfirmationRequested};
use kernel::{EventId, Timestamp, WorkspaceId};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One event, as the trail keeps it. No `Debug`: the data may be personal.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub workspace: WorkspaceId,
    /// Its place in the workspace's chain, from 1.
    pub seq: i64,
    pub event: EventId,
    pub at: Timestamp,
    /// Id of a user, or a service's name.
    pub actor: String,
    /// Id of the key or the session by which they did it.
    pub credential: Option<String>,
    /// The event's type.
    pub action: String,
    /// Id of the record it was done to.
    pub subject: String,
    pub client: Client,
    /// Canonical JSON: what the event said, previous and current values where something changed.
    pub data: String,
    pub previous_hash: String,
    /// Of everything above, in hexadecimal.
    pub hash: String,
}

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    pub hash: String,
}

/// Why a chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Broken {
    #[error("an entry is missing before it")]
    Gap,
    #[error("it does not follow from the entry before it")]
    Link,
    #[error("it was changed after it was written")]
    Content,
    #[error("it is missing, though the chain is said to go as far")]
    End,
    #[error("the chain is said to end before it")]
    PastEnd,
}

impl Head {
    /// Before the first entry.
    pub fn start() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned() }
    }

    /// The next entry, for an event.
    pub fn next(&self, event: &Envelope) -> Result<AuditEntry, serde_json::Error> {
        let mut data: Value = serde_json::from_str(event.data.get())?;
        // Whoever reads the trail could confirm an address in its owner's place.
        if event.r#type == CaptureConfirmationRequested::TYPE
            && let Some(said) = data.as_object_mut()
        {
            said.remove("url");
        }
        let told = data.get("client").and_then(|client| Client::deserialize(client).ok()).unwrap_or_default();
        let client = Client {
            address: told.address.or_else(|| event.address.map(|address| address.to_string())),
            request_id: told.request_id.or_else(|| event.request.clone()),
        };
        let mut entry = AuditEntry {
            workspace: event.workspace,
            seq: self.seq + 1,
            event: event.id,
            at: event.time,
            actor: event.actor.clone(),
            credential: event.credential.clone(),
            action: event.r#type.clone(),
            subject: event.subject.clone(),
            client,
            data: canonical(&data),
            previous_hash: self.hash.clone(),
            hash: String::new(),
        };
        entry.hash = entry.computed_hash();
        Ok(entry)
    }

    /// Whether `entry` may stand here; then the chain ends with it.
    pub fn follow(&self, entry: &AuditEntry) -> Result<Self, Broken> {
        if entry.seq != self.seq + 1 {
            return Err(Broken::Gap);
        }
        if entry.previous_hash != self.hash {
            return Err(Broken::Link);
        }
        if entry.hash != entry.computed_hash() {
            return Err(Broken::Content);
        }
        Ok(Self { seq: entry.seq, hash: entry.hash.clone() })
    }
}

impl AuditEntry {
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash.clone() }
    }

    /// SHA-256 over canonical JSON of everything else. The data goes in as its own hash, so that one day it can be
    /// erased for somebody's sake without breaking the chain.
    fn computed_hash(&self) -> String {
        let mut content = json!({
            "workspace": self.workspace,
            "seq": self.seq,
            "event": self.event,
            "at": self.at.timestamp_micros(),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "requestId": self.client.request_id,
            "address": self.client.address,
            "data": sha256(&self.data),
            "previous": self.previous_hash,
        });
        // Entries from before credentials were known hash as they did then.
        if let Some(credential) = &self.credential {
            content["credential"] = json!(credential);
        }
        sha256(&canonical(&content))
    }

    /// The value before, where the event tells of a change.
    pub fn previous(&self) -> Option<Value> {
        self.part("previous")
    }

    /// The value after; all that the event said where it does not tell of a change.
    pub fn current(&self) -> Option<Value> {
        let data: Value = serde_json::from_str(&self.data).ok()?;
        if data.get("previous").is_some() || data.get("current").is_some() {
            return data.get("current").filter(|value| !value.is_null()).cloned();
        }
        Some(data)
    }

    fn part(&self, name: &str) -> Option<Value> {
        let data: Value = serde_json::from_str(&self.data).ok()?;
        data.get(name).filter(|value| !value.is_null()).cloned()
    }

    /// One line of an export.
    pub fn to_json(&self) -> Value {
        json!({
            "seq": self.seq,
            "event": self.event,
            "at": self.at,
            "actor": self.actor,
            "credential": self.credential,
            "action": self.action,
            "subject": self.subject,
            "requestId": self.client.request_id,
            "address": self.client.address,
            "data": serde_json::from_str::<Value>(&self.data).unwrap_or_default(),
            "previousHash": self.previous_hash,
            "hash": self.hash,
        })
    }
}

/// JSON without space and with sorted keys at every level: the same text for the same value.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (place, (key, value)) in entries.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<AuditEntry> {
        let mut head = Head::start();
        let mut entries = Vec::new();
        for event in events::examples::all().iter().take(4) {
            let entry = head.next(event).unwrap();
            head = entry.head();
            entries.push(entry);
        }
        entries
    }

    fn check(entries: &[AuditEntry]) -> Result<Head, (i64, Broken)> {
        entries.iter().try_fold(Head::start(), |head, entry| head.follow(entry).map_err(|broken| (entry.seq, broken)))
    }

    #[test]
    fn the_trail_keeps_no_link_that_confirms_an_address() {
        let asked =
            events::examples::all().into_iter().find(|event| event.r#type == CaptureConfirmationRequested::TYPE);
        let asked = asked.unwrap();
        assert!(asked.data.get().contains("\"url\""));
        let entry = Head::start().next(&asked).unwrap();
        assert!(!entry.data.contains("\"url\"") && entry.data.contains("\"capture\""), "{}", entry.data);
    }

    #[test]
    fn a_chain_holds_until_somebody_touches_it() {
        let good = chain();
        assert_eq!(check(&good), Ok(good[3].head()));
        let edits: [fn(&mut AuditEntry); 9] = [
            |entry| entry.actor.push('x'),
            |entry| entry.credential = Some("key_other".into()),
            |entry| entry.action.push('x'),
            |entry| entry.subject.push('x'),
            |entry| entry.data = "{}".into(),
            |entry| entry.at += chrono::TimeDelta::microseconds(1),
            |entry| entry.client.address = Some("192.0.2.1".into()),
            |entry| entry.client.request_id = Some("other".into()),
            |entry| entry.event = EventId::from(uuid::Uuid::nil()),
        ];
        for edit in edits {
            let mut entries = chain();
            edit(&mut entries[1]);
            assert_eq!(check(&entries), Err((2, Broken::Content)));
            entries[1].hash = entries[1].computed_hash();
            assert_eq!(check(&entries), Err((3, Broken::Link)), "hashed anew, the next one tells");
        }
        let mut entries = chain();
        entries.remove(1);
        assert_eq!(check(&entries), Err((3, Broken::Gap)));
    }

    #[test]
    fn a_credential_is_in_the_hash_and_entries_without_one_hash_as_they_always_did() {
        let of_old = chain().remove(0);
        let content = json!({
            "workspace": of_old.workspace, "seq": 1, "event": of_old.event, "at": of_old.at.timestamp_micros(),
            "actor": of_old.actor, "action": of_old.action, "subject": of_old.subject,
            "requestId": of_old.client.request_id, "address": of_old.client.address,
            "data": sha256(&of_old.data), "previous": GENESIS,
        });
        assert_eq!(of_old.hash, sha256(&canonical(&content)));

        let mut event = events::examples::all().remove(0);
        event.credential = Some("key_leaked".into());
        let mut entry = Head::start().next(&event).unwrap();
        assert!(Head::start().follow(&entry).is_ok());
        entry.credential = None;
        assert_eq!(Head::start().follow(&entry), Err(Broken::Content), "taking it away shows");
    }

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_keys() {
        let value: Value =
            serde_json::from_str("{ \"b\": [1, {\"d\": null, \"c\": \"\\u00e9\\n\"}], \"a\": 1.5 }").unwrap();
        assert_eq!(canonical(&value), "{\"a\":1.5,\"b\":[1,{\"c\":\"é\\n\",\"d\":null}]}");
        assert_eq!(canonical(&serde_json::from_str(&canonical(&value)).unwrap()), canonical(&value));
    }

    #[test]
    fn values_before_and_after_are_told_apart() {
        let examples = events::examples::all();
        let of = |name: &str| Head::start().next(examples.iter().find(|event| event.r#type == name).unwrap()).unwrap();
        let changed = of("crm.identity.user.updated.v1");
        assert_eq!(changed.previous().unwrap()["active"], true);
        assert_eq!(changed.current().unwrap()["active"], false);
        let told = of("crm.identity.api_key.revoked.v1");
        assert_eq!(told.previous(), None);
        assert!(told.current().unwrap()["key"].is_string());
        let session = of("crm.identity.session.started.v1");
        assert_eq!(session.client.address.as_deref(), Some("192.0.2.7"));
    }
}
