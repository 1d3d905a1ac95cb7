use kernel::{AccountId, Action, Actor, ContactId, EmailAddress, Object, Permission};

use super::{App, create_contact::check_account};
use crate::{
    domain::contact::{Contact, ContactDetails},
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateContact {
    pub id: ContactId,
    pub email: Option<EmailAddress>,
    /// `Some(None)` is with no account any more.
    pub account: Option<Option<AccountId>>,
    pub details: ContactDetails,
    /// Fields to empty, in the API's spelling.
    pub emptied: Vec<&'static str>,
    /// The version that was read: refused with `CONFLICT` if the contact is newer.
    pub version: Option<i64>,
}

impl App {
    pub async fn update_contact(&self, actor: &Actor, input: UpdateContact) -> Result<Contact, Error> {
        actor.require(Permission::Write)?;
        let UpdateContact { id, email, account, details, emptied, version } = input;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let contact = store::contacts::by_id(&mut tx, actor, id).await?.ok_or(Error::not_found("contact", "id"))?;
        actor.may(Action::Update, Object::Contact, &contact.facts())?;
        let more = [email.as_ref().map(|_| "email"), account.map(|_| "account")];
        for field in details.given().chain(emptied.iter().copied()).chain(more.into_iter().flatten()) {
            actor.access.require_write(Object::Contact, field)?;
        }
        if version.is_some_and(|version| version != contact.version) {
            return Err(Error::Conflict);
        }
        check_account(&mut tx, actor, account.flatten()).await?;
        let change = contact.change(self.clock.now(), |contact| {
            if let Some(email) = email {
                contact.email = email;
            }
            contact.account = account.unwrap_or(contact.account);
            contact.details.overwrite_with(details);
            contact.details.empty(&emptied);
        });
        let Some(change) = change else { return Ok(contact.seen_by(&actor.access)) };
        if store::contacts::update(&mut tx, &change).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&change.updated());
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.current.seen_by(&actor.access))
    }
}
