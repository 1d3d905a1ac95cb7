//! What a lead hands on to the records that it becomes.
//!
//! One rule: a field is copied if who converts the lead may read it there and write it on the new record. What names a
//! record (an address, an account's name) is hidden from nobody, and who makes one gives it, even where it is locked.

use kernel::{Access, AccountId, EmailAddress, Object};

use super::{
    account::{AccountDetails, AccountDraft},
    contact::{ContactDetails, ContactDraft},
    lead::{Details, Lead},
};

/// A lead in the hands of somebody who converts it.
#[derive(Debug, Clone)]
pub struct Conversion<'a> {
    /// With all that it says, of which much may find the account that there is already.
    pub lead: &'a Lead,
    seen: Lead,
    access: &'a Access,
}

impl<'a> Conversion<'a> {
    pub fn new(lead: &'a Lead, access: &'a Access) -> Self {
        Self { lead, seen: lead.clone().seen_by(access), access }
    }

    /// What of the lead they see.
    pub fn seen(&self) -> (&EmailAddress, &Details) {
        (&self.seen.email, &self.seen.details)
    }

    /// What they may call the lead's company.
    pub fn company(&self) -> Option<String> {
        self.seen.details.company.clone().or_else(|| self.seen.match_domain().map(str::to_owned))
    }

    pub fn contact(&self, account: AccountId) -> ContactDraft {
        let Details { first_name, last_name, title, phone, .. } = self.seen.details.clone();
        let mut details = ContactDetails { first_name, last_name, title, phone };
        let locked = self.locked(Object::Contact, details.given());
        details.empty(&locked);
        ContactDraft { email: self.seen.email.clone(), account: Some(account), details, owner: self.seen.owner }
    }

    /// `None` if they know of no company.
    pub fn account(&self) -> Option<AccountDraft> {
        let Details { country, employees, .. } = self.seen.details.clone();
        let domain = self.seen.match_domain().map(str::to_owned);
        let mut details = AccountDetails { name: self.company()?, domain, industry: None, country, employees };
        let locked = self.locked(Object::Account, details.given());
        details.empty(&locked);
        Some(AccountDraft { details, external_id: None, import_fingerprint: None })
    }

    /// Which of the given fields they may not write.
    fn locked(&self, object: Object, given: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
        given.filter(|field| self.access.require_write(object, field).is_err()).collect()
    }
}
