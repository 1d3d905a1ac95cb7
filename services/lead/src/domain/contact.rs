//! A person at an account, after conversion.

use events::lead as published;
use kernel::{
    Access, AccountId, ContactId, EmailAddress, Facts, Object, PersonName, PhoneNumber, Timestamp, UserId, WorkspaceId,
};

use super::lead::{Lead, hide};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub account: Option<AccountId>,
    pub email: EmailAddress,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub title: Option<String>,
    pub phone: Option<PhoneNumber>,
    pub owner: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Contact {
    pub fn from_lead(lead: &Lead, id: ContactId, account: AccountId, now: Timestamp) -> Self {
        Self {
            id,
            workspace: lead.workspace,
            version: 1,
            account: Some(account),
            email: lead.email.clone(),
            first_name: lead.details.first_name.clone(),
            last_name: lead.details.last_name.clone(),
            title: lead.details.title.clone(),
            phone: lead.details.phone.clone(),
            owner: lead.owner,
            created_at: now,
            updated_at: now,
        }
    }

    /// What permissions look at.
    pub fn facts(&self) -> Facts<'_> {
        Facts { owner: self.owner, ..Facts::default() }
    }

    /// The contact without what is hidden from the actor.
    #[must_use]
    pub fn seen_by(mut self, access: &Access) -> Self {
        hide(access, Object::Contact, "firstName", &mut self.first_name);
        hide(access, Object::Contact, "lastName", &mut self.last_name);
        hide(access, Object::Contact, "title", &mut self.title);
        hide(access, Object::Contact, "phone", &mut self.phone);
        self
    }

    pub fn published(&self) -> published::Contact {
        published::Contact {
            id: self.id,
            version: self.version,
            account: self.account,
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            title: self.title.clone(),
            owner: self.owner,
            created_at: self.created_at,
        }
    }
}
