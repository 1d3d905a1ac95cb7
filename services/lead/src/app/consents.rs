use events::lead::{ConsentGranted, ConsentWithdrawn};
use kernel::{Action, Actor, Code, ContactId, EmailAddress, LeadId, Object, Permission, Timestamp};
use platform::{
    Tx,
    idempotency::{Request, made_before},
    outbox::Events,
};
use serde_json::json;

use super::App;
use crate::{
    domain::consent::{ConsentEntry, ConsentState},
    error::Error,
    store,
};

/// What somebody said, told by who heard it.
#[derive(Debug, Clone)]
pub struct RecordConsent {
    pub person: Person,
    /// As [`purpose`](crate::domain::consent::purpose) writes it.
    pub purpose: String,
    pub state: ConsentState,
    pub wording: Option<String>,
    pub note: String,
    /// Now, if nobody says.
    pub said_at: Option<Timestamp>,
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Person {
    Lead(LeadId),
    Contact(ContactId),
}

impl App {
    /// Adds a line to the ledger, for who may change the person; the same key and input again find the first one.
    pub async fn record_consent(&self, actor: &Actor, input: RecordConsent) -> Result<ConsentEntry, Error> {
        actor.require(Permission::Write)?;
        let asked = input.asked();
        let RecordConsent { person, purpose, state, wording, note, said_at, idempotency_key: key } = input;
        let (id, workspace, now) = (self.clock.id(), actor.workspace, self.clock.now());
        if said_at.is_some_and(|said_at| said_at > now) {
            let reason = "nobody has said that yet".to_owned();
            return Err(Error::Invalid { code: Code::InvalidInput, field: "saidAt", reason });
        }
        let request = Request { operation: "recordConsent", key: key.as_deref(), input: &asked };
        let mut tx = self.db.of(workspace).begin().await?;
        let email = address(&mut tx, actor, person).await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            tx.rollback().await?;
            return store::consents::by_id(&self.db, workspace, first).await?.ok_or(Error::Conflict);
        }
        let entry = ConsentEntry {
            id,
            workspace,
            email,
            purpose,
            state,
            wording,
            note: Some(note),
            capture: None,
            evidence: None,
            said_at: said_at.unwrap_or(now),
            recorded_at: now,
            recorded_by: actor.subject.clone(),
        };
        let mut events = self.outbox.events(actor.into());
        record(&mut tx, &mut events, &entry).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(entry)
    }
}

/// Adds a line, and tells of it.
pub(super) async fn record(tx: &mut Tx, events: &mut Events<'_>, entry: &ConsentEntry) -> Result<(), Error> {
    store::consents::insert(tx, entry).await?;
    let statement = entry.published();
    match entry.state {
        ConsentState::Granted => events.push(&ConsentGranted { statement }),
        ConsentState::Withdrawn => events.push(&ConsentWithdrawn { statement }),
    }
    Ok(())
}

async fn address(tx: &mut Tx, actor: &Actor, person: Person) -> Result<EmailAddress, Error> {
    match person {
        Person::Lead(id) => {
            let lead = store::leads::by_id(tx, actor, id).await?.ok_or(Error::not_found("lead", "leadId"))?;
            actor.may(Action::Update, Object::Lead, &lead.facts())?;
            Ok(lead.email)
        }
        Person::Contact(id) => {
            let contact = store::contacts::by_id(tx, actor, id).await?;
            let contact = contact.ok_or(Error::not_found("contact", "contactId"))?;
            actor.may(Action::Update, Object::Contact, &contact.facts())?;
            Ok(contact.email)
        }
    }
}

impl RecordConsent {
    /// What an idempotency key stands for.
    fn asked(&self) -> serde_json::Value {
        let Self { person, purpose, state, wording, note, said_at, idempotency_key: _ } = self;
        let (lead, contact) = match person {
            Person::Lead(id) => (Some(id), None),
            Person::Contact(id) => (None, Some(id)),
        };
        json!({
            "lead": lead, "contact": contact, "purpose": purpose, "state": state, "wording": wording, "note": note,
            "saidAt": said_at,
        })
    }
}
