use events::lead::{ContactTouched, TouchKind};
use kernel::{Action, Actor, Code, ContactId, Object, Permission, Timestamp};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use crate::{app::App, domain::contact::Contact, error::Error, store};

/// Somebody had to do with a contact.
#[derive(Debug, Clone)]
pub struct RecordTouch {
    pub contact: ContactId,
    pub kind: TouchKind,
    pub two_way: bool,
    /// Now if `None`.
    pub at: Option<Timestamp>,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Notes a call, a meeting or a mail that no service of ours carried. The same key and input again note nothing more.
    pub async fn record_touch(&self, actor: &Actor, input: RecordTouch) -> Result<Contact, Error> {
        actor.require(Permission::Write)?;
        let RecordTouch { contact: id, kind, two_way, at, idempotency_key: key } = input;
        let now = self.clock.now();
        if at.is_some_and(|at| at > now) {
            let reason = "what has not happened yet touches nobody".to_owned();
            return Err(Error::Invalid { code: Code::InvalidInput, field: "at", reason });
        }
        let asked = json!({ "contact": id, "kind": kind, "twoWay": two_way, "at": at });
        let at = at.unwrap_or(now);
        let request = Request { operation: "recordTouch", key: key.as_deref(), input: &asked };
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let again = made_before(&mut tx, actor, request, id).await?.is_some();
        let missing = Error::not_found("contact", "contactId");
        let contact = store::contacts::by_id(&mut tx, actor, id).await?.ok_or(missing)?;
        if again {
            return Ok(contact.seen_by(&actor.access));
        }
        actor.may(Action::Update, Object::Contact, &contact.facts())?;
        store::touches::keep(&mut tx, actor.workspace, id, at, two_way).await?;
        store::key_alerts::make_due(&mut tx, actor.workspace, id, now).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&ContactTouched { contact: id, kind, two_way, at });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(contact.seen_by(&actor.access))
    }
}
