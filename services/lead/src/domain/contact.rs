//! A person at an account.

use events::lead as published;
use kernel::{
    Access, AccountId, ContactId, EmailAddress, Facts, Object, PersonName, PhoneNumber, Timestamp, UserId, WorkspaceId,
};

use super::lead::hide;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub account: Option<AccountId>,
    /// Unique among the contacts of the workspace.
    pub email: EmailAddress,
    pub details: ContactDetails,
    pub owner: Option<UserId>,
    /// The contact that shows in its place, if it is merged away.
    pub merged_into: Option<ContactId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What is known of the person beside the address; any of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactDetails {
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub title: Option<String>,
    pub phone: Option<PhoneNumber>,
}

/// A contact that is about to be made.
#[derive(Debug, Clone)]
pub struct ContactDraft {
    pub email: EmailAddress,
    pub account: Option<AccountId>,
    pub details: ContactDetails,
    pub owner: Option<UserId>,
}

/// A contact as it was and as it is now: what is saved, with the event that tells of it.
#[derive(Debug, Clone)]
pub struct ContactChange {
    pub previous: Contact,
    pub current: Contact,
}

impl Contact {
    pub fn create(draft: ContactDraft, id: ContactId, workspace: WorkspaceId, now: Timestamp) -> Self {
        let ContactDraft { email, account, details, owner } = draft;
        Self {
            id,
            workspace,
            version: 1,
            account,
            email,
            details,
            owner,
            merged_into: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The change `edit` makes, or `None` if it makes none.
    pub fn change(&self, now: Timestamp, edit: impl FnOnce(&mut Self)) -> Option<ContactChange> {
        let mut current = self.clone();
        edit(&mut current);
        if current == *self {
            return None;
        }
        current.version += 1;
        current.updated_at = now;
        Some(ContactChange { previous: self.clone(), current })
    }

    /// What permissions look at.
    pub fn facts(&self) -> Facts<'_> {
        Facts { owner: self.owner, ..Facts::default() }
    }

    /// The contact without what is hidden from the actor.
    #[must_use]
    pub fn seen_by(mut self, access: &Access) -> Self {
        let ContactDetails { first_name, last_name, title, phone } = &mut self.details;
        hide(access, Object::Contact, "firstName", first_name);
        hide(access, Object::Contact, "lastName", last_name);
        hide(access, Object::Contact, "title", title);
        hide(access, Object::Contact, "phone", phone);
        self
    }

    pub fn published(&self) -> published::Contact {
        let ContactDetails { first_name, last_name, title, phone: _ } = self.details.clone();
        published::Contact {
            id: self.id,
            version: self.version,
            account: self.account,
            email: self.email.clone(),
            first_name,
            last_name,
            title,
            owner: self.owner,
            created_at: self.created_at,
        }
    }
}

impl ContactDetails {
    /// The fields that are given, in the API's spelling.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        let Self { first_name, last_name, title, phone } = self;
        [
            ("firstName", first_name.is_some()),
            ("lastName", last_name.is_some()),
            ("title", title.is_some()),
            ("phone", phone.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, given)| given.then_some(field))
    }

    /// Empties these fields, in the API's spelling.
    pub fn empty(&mut self, fields: &[&str]) {
        for field in fields {
            match *field {
                "firstName" => self.first_name = None,
                "lastName" => self.last_name = None,
                "title" => self.title = None,
                "phone" => self.phone = None,
                _ => {}
            }
        }
    }

    /// Takes from `other` what it says, and keeps the rest.
    pub fn overwrite_with(&mut self, other: Self) {
        let Self { first_name, last_name, title, phone } = other;
        self.first_name = first_name.or(self.first_name.take());
        self.last_name = last_name.or(self.last_name.take());
        self.title = title.or(self.title.take());
        self.phone = phone.or(self.phone.take());
    }
}

impl ContactChange {
    pub fn updated(&self) -> published::ContactUpdated {
        published::ContactUpdated { previous: self.previous.published(), current: self.current.published() }
    }
}
