//! Leads, contacts and accounts seen alike: what duplicates and merges look at.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use kernel::{
    Access, AccountId, ContactId, Facts, LeadId, Object, PersonName, PhoneNumber, Timestamp, WorkspaceId, id::TypedId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{account::Account, contact::Contact, lead::Lead};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Lead,
    Contact,
    Account,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    Lead(Box<Lead>),
    Contact(Box<Contact>),
    Account(Box<Account>),
}

/// What a record says, by the API's names of its fields; what it does not know is missing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(BTreeMap<String, String>);

/// One record in two states, each ready to be saved.
#[derive(Debug, Clone)]
pub struct RecordChange {
    pub previous: Record,
    pub current: Record,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Lead, Self::Contact, Self::Account];

    pub fn object(self) -> Object {
        match self {
            Self::Lead => Object::Lead,
            Self::Contact => Object::Contact,
            Self::Account => Object::Account,
        }
    }

    /// The fields that records of a kind are merged by. An address is none of them: it stays with its record, and whoever
    /// asks for it is shown the survivor.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Lead => &[
                "firstName",
                "lastName",
                "title",
                "company",
                "companyDomain",
                "phone",
                "country",
                "employees",
                "message",
                "account",
            ],
            Self::Contact => &["firstName", "lastName", "title", "phone", "account"],
            Self::Account => &["name", "domain", "industry", "country", "employees"],
        }
    }

    /// The id as the API writes it.
    pub fn show(self, id: Uuid) -> String {
        match self {
            Self::Lead => LeadId::from(id).to_string(),
            Self::Contact => ContactId::from(id).to_string(),
            Self::Account => AccountId::from(id).to_string(),
        }
    }

    /// Reads an id of this kind.
    pub fn parse(self, text: &str) -> Option<Uuid> {
        match self {
            Self::Lead => text.parse::<LeadId>().ok().map(TypedId::uuid),
            Self::Contact => text.parse::<ContactId>().ok().map(TypedId::uuid),
            Self::Account => text.parse::<AccountId>().ok().map(TypedId::uuid),
        }
    }
}

impl Record {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Lead(_) => Kind::Lead,
            Self::Contact(_) => Kind::Contact,
            Self::Account(_) => Kind::Account,
        }
    }

    pub fn id(&self) -> Uuid {
        match self {
            Self::Lead(lead) => lead.id.uuid(),
            Self::Contact(contact) => contact.id.uuid(),
            Self::Account(account) => account.id.uuid(),
        }
    }

    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Lead(lead) => lead.workspace,
            Self::Contact(contact) => contact.workspace,
            Self::Account(account) => account.workspace,
        }
    }

    pub fn version(&self) -> i64 {
        match self {
            Self::Lead(lead) => lead.version,
            Self::Contact(contact) => contact.version,
            Self::Account(account) => account.version,
        }
    }

    pub fn created_at(&self) -> Timestamp {
        match self {
            Self::Lead(lead) => lead.created_at,
            Self::Contact(contact) => contact.created_at,
            Self::Account(account) => account.created_at,
        }
    }

    pub fn updated_at(&self) -> Timestamp {
        match self {
            Self::Lead(lead) => lead.updated_at,
            Self::Contact(contact) => contact.updated_at,
            Self::Account(account) => account.updated_at,
        }
    }

    /// What permissions look at.
    pub fn facts(&self) -> Facts<'_> {
        match self {
            Self::Lead(lead) => lead.facts(),
            Self::Contact(contact) => contact.facts(),
            Self::Account(account) => account.facts(),
        }
    }

    /// The record without what is hidden from the actor.
    #[must_use]
    pub fn seen_by(self, access: &Access) -> Self {
        match self {
            Self::Lead(lead) => Self::Lead(Box::new(lead.seen_by(access))),
            Self::Contact(contact) => Self::Contact(Box::new(contact.seen_by(access))),
            Self::Account(account) => Self::Account(Box::new(account.seen_by(access))),
        }
    }

    /// Whether nothing of it may change any more.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Lead(lead) if lead.is_converted())
    }

    /// The record that shows in its place, if it is merged away.
    pub fn merged_into(&self) -> Option<Uuid> {
        match self {
            Self::Lead(lead) => lead.merged_into.map(TypedId::uuid),
            Self::Contact(contact) => contact.merged_into.map(TypedId::uuid),
            Self::Account(account) => account.merged_into.map(TypedId::uuid),
        }
    }

    pub fn get(&self, field: &str) -> Option<String> {
        let name = |name: &Option<PersonName>| name.clone().map(PersonName::into_string);
        let phone = |phone: &Option<PhoneNumber>| phone.clone().map(PhoneNumber::into_string);
        match self {
            Self::Lead(lead) => match field {
                "firstName" => name(&lead.details.first_name),
                "lastName" => name(&lead.details.last_name),
                "title" => lead.details.title.clone(),
                "company" => lead.details.company.clone(),
                "companyDomain" => lead.details.company_domain.clone(),
                "phone" => phone(&lead.details.phone),
                "country" => lead.details.country.clone(),
                "employees" => lead.details.employees.clone(),
                "message" => lead.details.message.clone(),
                "account" => lead.account.map(|id| id.to_string()),
                _ => None,
            },
            Self::Contact(contact) => match field {
                "firstName" => name(&contact.details.first_name),
                "lastName" => name(&contact.details.last_name),
                "title" => contact.details.title.clone(),
                "phone" => phone(&contact.details.phone),
                "account" => contact.account.map(|id| id.to_string()),
                _ => None,
            },
            Self::Account(account) => match field {
                "name" => Some(account.details.name.clone()),
                "domain" => account.details.domain.clone(),
                "industry" => account.details.industry.clone(),
                "country" => account.details.country.clone(),
                "employees" => account.details.employees.clone(),
                _ => None,
            },
        }
    }

    fn set(&mut self, field: &str, value: Option<String>) {
        match self {
            Self::Lead(lead) => match field {
                "firstName" => lead.details.first_name = value.map(PersonName::new),
                "lastName" => lead.details.last_name = value.map(PersonName::new),
                "title" => lead.details.title = value,
                "company" => lead.details.company = value,
                "companyDomain" => lead.details.company_domain = value,
                "phone" => lead.details.phone = value.map(PhoneNumber::new),
                "country" => lead.details.country = value,
                "employees" => lead.details.employees = value,
                "message" => lead.details.message = value,
                "account" => lead.account = value.and_then(|id| id.parse().ok()),
                _ => {}
            },
            Self::Contact(contact) => match field {
                "firstName" => contact.details.first_name = value.map(PersonName::new),
                "lastName" => contact.details.last_name = value.map(PersonName::new),
                "title" => contact.details.title = value,
                "phone" => contact.details.phone = value.map(PhoneNumber::new),
                "account" => contact.account = value.and_then(|id| id.parse().ok()),
                _ => {}
            },
            Self::Account(account) => match (field, value) {
                ("name", Some(name)) => account.details.name = name,
                ("domain", domain) => account.details.domain = domain,
                ("industry", industry) => account.details.industry = industry,
                ("country", country) => account.details.country = country,
                ("employees", employees) => account.details.employees = employees,
                _ => {}
            },
        }
    }

    /// All that it is merged by.
    pub fn values(&self) -> Values {
        let known = |field: &&str| Some(((*field).to_owned(), self.get(field)?));
        Values(self.kind().fields().iter().filter_map(known).collect())
    }

    /// The record with these values, one version on; `None` if that changes nothing.
    pub fn with(&self, values: &Values, now: Timestamp) -> Option<RecordChange> {
        let mut current = self.clone();
        for field in self.kind().fields() {
            current.set(field, values.get(field).map(str::to_owned));
        }
        if current == *self {
            return None;
        }
        match &mut current {
            Self::Lead(lead) => (lead.version, lead.updated_at) = (lead.version + 1, now),
            Self::Contact(contact) => (contact.version, contact.updated_at) = (contact.version + 1, now),
            Self::Account(account) => (account.version, account.updated_at) = (account.version + 1, now),
        }
        Some(RecordChange { previous: self.clone(), current })
    }

    /// The record as it is after it was merged away, or restored: one version on, and the same otherwise.
    #[must_use]
    pub fn next_version(mut self) -> Self {
        match &mut self {
            Self::Lead(lead) => lead.version += 1,
            Self::Contact(contact) => contact.version += 1,
            Self::Account(account) => account.version += 1,
        }
        self
    }
}

impl Values {
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    pub fn set(&mut self, field: &str, value: Option<String>) {
        match value {
            Some(value) => _ = self.0.insert(field.to_owned(), value),
            None => _ = self.0.remove(field),
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields in which the two differ.
    pub fn differing<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let fields = self.0.keys().chain(other.0.keys()).map(String::as_str);
        fields.filter(|field| self.get(field) != other.get(field)).collect()
    }
}

// Personal data does not print.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Values(..)")
    }
}
