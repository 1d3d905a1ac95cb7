use events::lead::ContactCreated;
use kernel::{AccountId, Action, Actor, ContactId, EmailAddress, Object, Permission, id::TypedId};
use platform::{
    Tx,
    idempotency::{Request, made_before},
};
use serde_json::{Value, json};

use super::{App, may_create::require_create};
use crate::{
    domain::{
        contact::{Contact, ContactDetails, ContactDraft},
        record::{Kind, Record},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateContact {
    pub email: EmailAddress,
    pub account: Option<AccountId>,
    pub details: ContactDetails,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Makes a contact that is the actor's own. The same key and input again find the first one.
    pub async fn create_contact(&self, actor: &Actor, input: CreateContact) -> Result<Contact, Error> {
        actor.require(Permission::Write)?;
        actor.access.require_some(Object::Contact, Action::Create)?;
        for field in input.details.given() {
            actor.access.require_write(Object::Contact, field)?;
        }
        let asked = input.asked();
        let CreateContact { email, account, details, idempotency_key } = input;
        let request = Request { operation: "createContact", key: idempotency_key.as_deref(), input: &asked };
        let id: ContactId = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            let stands = store::records::standing_for(&mut tx, actor, Kind::Contact, first.uuid()).await?;
            let Some(Record::Contact(contact)) = stands else { return Err(Error::Conflict) };
            return Ok(contact.seen_by(&actor.access));
        }
        check_account(&mut tx, actor, account).await?;
        let draft = ContactDraft { email, account, details, owner: actor.user() };
        let contact = Contact::create(draft, id, actor.workspace, self.clock.now());
        require_create(actor, Object::Contact, &contact.facts())?;
        if !store::contacts::insert(&mut tx, &contact).await? {
            return Err(Error::EmailTaken);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&ContactCreated { current: contact.published() });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(contact)
    }
}

impl CreateContact {
    /// What an idempotency key stands for.
    fn asked(&self) -> Value {
        let Self { email, account, details, idempotency_key: _ } = self;
        let ContactDetails { first_name, last_name, title, phone } = details;
        json!({
            "email": email, "account": account, "firstName": first_name, "lastName": last_name, "title": title,
            "phone": phone,
        })
    }
}

/// Refuses an account that is not there, or that the actor may not read.
pub(super) async fn check_account(tx: &mut Tx, actor: &Actor, account: Option<AccountId>) -> Result<(), Error> {
    let Some(id) = account else { return Ok(()) };
    let found = store::accounts::by_id(tx, actor, id).await?;
    found.map(drop).ok_or(Error::not_found("account", "accountId"))
}
