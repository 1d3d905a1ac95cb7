//! A person who may become a customer.

use events::lead as published;
use kernel::{
    Access, AccountId, ContactId, EmailAddress, Facts, LeadId, Object, PersonName, PhoneNumber, Timestamp, UserId,
    WorkspaceId, is_free_mail,
};
use serde::{Deserialize, Serialize};

use super::{import::LeadRow, normalise::company_key};

pub use events::lead::LeadStatus;

/// Where a lead came from when nobody said.
pub const UNKNOWN_SOURCE: &str = "unknown";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    pub id: LeadId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub email: EmailAddress,
    pub details: Details,
    pub source: String,
    pub status: LeadStatus,
    pub account: Option<AccountId>,
    pub contact: Option<ContactId>,
    /// Whom it was routed to last. Routing decides it: it is not part of what a version is.
    pub owner: Option<UserId>,
    /// Its id in the system it was imported from.
    pub external_id: Option<String>,
    /// Of the row last imported; see [`LeadRow::fingerprint`].
    pub import_fingerprint: Option<String>,
    /// The lead that shows in its place, if it is merged away.
    pub merged_into: Option<LeadId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What is known of the person beside the address; any of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub title: Option<String>,
    pub company: Option<String>,
    pub company_domain: Option<String>,
    pub phone: Option<PhoneNumber>,
    pub country: Option<String>,
    pub employees: Option<String>,
    pub message: Option<String>,
}

/// A lead that is about to be captured.
#[derive(Debug, Clone)]
pub struct LeadDraft {
    pub email: EmailAddress,
    pub details: Details,
    pub source: Option<String>,
    pub external_id: Option<String>,
    pub import_fingerprint: Option<String>,
}

impl From<LeadRow> for LeadDraft {
    fn from(row: LeadRow) -> Self {
        Self {
            email: row.email,
            details: Details {
                first_name: row.first_name,
                last_name: row.last_name,
                title: row.title,
                company: row.company,
                company_domain: row.company_domain,
                phone: row.phone,
                country: row.country,
                employees: row.employees,
                message: row.message,
            },
            source: row.source,
            external_id: row.external_id,
            import_fingerprint: Some(row.fingerprint),
        }
    }
}

/// A lead as it was and as it is now: what is saved, with the events that tell of it.
#[derive(Debug, Clone)]
pub struct LeadChange {
    pub previous: Lead,
    pub current: Lead,
}

impl Lead {
    pub fn capture(
        draft: LeadDraft,
        id: LeadId,
        workspace: WorkspaceId,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            workspace,
            version: 1,
            email: draft.email,
            details: draft.details,
            source: draft.source.unwrap_or_else(|| UNKNOWN_SOURCE.to_owned()),
            status: LeadStatus::New,
            account,
            contact: None,
            owner: None,
            external_id: draft.external_id,
            import_fingerprint: draft.import_fingerprint,
            merged_into: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The change `edit` makes, or `None` if it makes none.
    pub fn change(&self, now: Timestamp, edit: impl FnOnce(&mut Self)) -> Option<LeadChange> {
        let mut current = self.clone();
        edit(&mut current);
        if current == *self {
            return None;
        }
        current.version += 1;
        current.updated_at = now;
        Some(LeadChange { previous: self.clone(), current })
    }

    /// The company's domain as given, else the address's own unless anybody can have one there.
    pub fn match_domain(&self) -> Option<&str> {
        match_domain(&self.email, &self.details)
    }

    /// What permissions look at.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            owner: self.owner,
            country: self.details.country.as_deref(),
            source: Some(&self.source),
            ..Facts::default()
        }
    }

    /// The lead without what is hidden from the actor.
    #[must_use]
    pub fn seen_by(mut self, access: &Access) -> Self {
        let Details { first_name, last_name, title, company, company_domain, phone, country, employees, message } =
            &mut self.details;
        for (field, value) in [
            ("title", title),
            ("company", company),
            ("companyDomain", company_domain),
            ("country", country),
            ("employees", employees),
            ("message", message),
        ] {
            hide(access, Object::Lead, field, value);
        }
        hide(access, Object::Lead, "firstName", first_name);
        hide(access, Object::Lead, "lastName", last_name);
        hide(access, Object::Lead, "phone", phone);
        self
    }

    pub fn is_converted(&self) -> bool {
        self.status == LeadStatus::Converted
    }

    pub fn published(&self) -> published::Lead {
        let Details { first_name, last_name, title, company, company_domain, phone, country, employees, message: _ } =
            self.details.clone();
        published::Lead {
            id: self.id,
            version: self.version,
            email: self.email.clone(),
            first_name,
            last_name,
            title,
            company,
            company_domain,
            phone,
            country,
            employees,
            source: self.source.clone(),
            status: self.status,
            account: self.account,
            created_at: self.created_at,
        }
    }
}

impl LeadChange {
    pub fn updated(&self) -> published::LeadUpdated {
        published::LeadUpdated { previous: self.previous.published(), current: self.current.published() }
    }
}

impl Details {
    /// The fields that are given, in the API's spelling.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        let Self { first_name, last_name, title, company, company_domain, phone, country, employees, message } = self;
        [
            ("firstName", first_name.is_some()),
            ("lastName", last_name.is_some()),
            ("title", title.is_some()),
            ("company", company.is_some()),
            ("companyDomain", company_domain.is_some()),
            ("phone", phone.is_some()),
            ("country", country.is_some()),
            ("employees", employees.is_some()),
            ("message", message.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, given)| given.then_some(field))
    }

    /// Name under which the company is compared.
    pub fn company_key(&self) -> Option<String> {
        self.company.as_deref().map(company_key).filter(|key| !key.is_empty())
    }

    /// Takes from `other` what is missing here.
    pub fn fill_blanks(&mut self, other: Self) {
        let Self { first_name, last_name, title, company, company_domain, phone, country, employees, message } = other;
        self.first_name = self.first_name.take().or(first_name);
        self.last_name = self.last_name.take().or(last_name);
        self.title = self.title.take().or(title);
        self.company = self.company.take().or(company);
        self.company_domain = self.company_domain.take().or(company_domain);
        self.phone = self.phone.take().or(phone);
        self.country = self.country.take().or(country);
        self.employees = self.employees.take().or(employees);
        self.message = self.message.take().or(message);
    }

    /// Empties these fields, in the API's spelling.
    pub fn empty(&mut self, fields: &[&str]) {
        for field in fields {
            match *field {
                "firstName" => self.first_name = None,
                "lastName" => self.last_name = None,
                "title" => self.title = None,
                "company" => self.company = None,
                "companyDomain" => self.company_domain = None,
                "phone" => self.phone = None,
                "country" => self.country = None,
                "employees" => self.employees = None,
                "message" => self.message = None,
                _ => {}
            }
        }
    }

    /// Takes from `other` what it says, and keeps the rest.
    pub fn overwrite_with(&mut self, other: Self) {
        let known = std::mem::replace(self, other);
        self.fill_blanks(known);
    }
}

/// Empties a field that is hidden from the actor.
pub(super) fn hide<T>(access: &Access, object: Object, field: &str, value: &mut Option<T>) {
    if access.hides(object, field) {
        *value = None;
    }
}

/// See [`Lead::match_domain`].
pub fn match_domain<'a>(email: &'a EmailAddress, details: &'a Details) -> Option<&'a str> {
    details.company_domain.as_deref().or_else(|| Some(email.domain())).filter(|domain| !is_free_mail(domain))
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    fn lead() -> Lead {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let draft = LeadDraft {
            email: EmailAddress::parse("ada@engines.example").unwrap(),
            details: Details { title: Some("CTO".into()), ..Details::default() },
            source: None,
            external_id: None,
            import_fingerprint: None,
        };
        Lead::capture(draft, clock.id(), clock.id(), None, clock.now())
    }

    #[test]
    fn an_edit_that_changes_nothing_is_no_change() {
        let lead = lead();
        assert!(lead.change(Timestamp::UNIX_EPOCH, |lead| lead.details.title = Some("CTO".into())).is_none());
        let change = lead.change(Timestamp::UNIX_EPOCH, |lead| lead.details.title = None).unwrap();
        assert_eq!(change.current.version, 2);
    }

    #[test]
    fn blanks_are_filled_and_known_values_kept() {
        let mut details = lead().details;
        details.fill_blanks(Details { title: Some("Intern".into()), country: Some("GB".into()), ..Details::default() });
        assert_eq!((details.title.as_deref(), details.country.as_deref()), (Some("CTO"), Some("GB")));
        details.overwrite_with(Details { title: Some("CEO".into()), ..Details::default() });
        assert_eq!((details.title.as_deref(), details.country.as_deref()), (Some("CEO"), Some("GB")));
    }

    #[test]
    fn a_free_mail_address_says_nothing_about_the_company() {
        let mut lead = lead();
        assert_eq!(lead.match_domain(), Some("engines.example"));
        lead.email = EmailAddress::parse("ada@gmail.com").unwrap();
        assert_eq!(lead.match_domain(), None);
    }
}
