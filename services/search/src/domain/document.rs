//! What can be found of an object.

use events::{lead as leads, pipeline};
use kernel::{WorkspaceId, id::TypedId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What kind of object a document stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Lead,
    Account,
    Contact,
    Opportunity,
}

/// A part of a document that words are looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Email,
    Company,
    Domain,
    /// What the person does.
    Title,
}

/// An object as it can be found. No `Debug`: it holds personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    pub workspace: WorkspaceId,
    pub kind: Kind,
    pub id: Uuid,
    /// Of the object it stands for.
    pub version: i64,
    pub texts: Texts,
}

/// The texts of a document, as people wrote them; an empty one is not known.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Texts {
    pub name: String,
    pub email: String,
    pub company: String,
    pub domain: String,
    pub title: String,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Lead, Self::Account, Self::Contact, Self::Opportunity];

    /// The name in the database and in the index.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Opportunity => "opportunity",
        }
    }
}

impl Field {
    /// In the order in which one is preferred for the highlight.
    pub const ALL: [Self; 5] = [Self::Name, Self::Email, Self::Company, Self::Domain, Self::Title];

    /// How much a match here counts. Multiples of 1/4, so that sums are exact whatever their order and equal
    /// matches tie; close enough together that the way of matching, a factor of two, always counts more.
    pub fn weight(self) -> f32 {
        match self {
            Self::Name => 1.75,
            Self::Email | Self::Company | Self::Domain => 1.25,
            Self::Title => 1.0,
        }
    }
}

impl Texts {
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::Email => &self.email,
            Field::Company => &self.company,
            Field::Domain => &self.domain,
            Field::Title => &self.title,
        }
    }
}

impl Document {
    pub fn of_lead(workspace: WorkspaceId, lead: leads::Lead) -> Self {
        let texts = Texts {
            name: full_name(lead.first_name, lead.last_name),
            email: lead.email.into_string(),
            company: lead.company.unwrap_or_default(),
            domain: lead.company_domain.unwrap_or_default(),
            title: lead.title.unwrap_or_default(),
        };
        Self { workspace, kind: Kind::Lead, id: lead.id.uuid(), version: lead.version, texts }
    }

    pub fn of_account(workspace: WorkspaceId, account: leads::Account) -> Self {
        let texts = Texts { name: account.name, domain: account.domain.unwrap_or_default(), ..Texts::default() };
        Self { workspace, kind: Kind::Account, id: account.id.uuid(), version: account.version, texts }
    }

    pub fn of_contact(workspace: WorkspaceId, contact: leads::Contact) -> Self {
        let texts = Texts {
            name: full_name(contact.first_name, contact.last_name),
            email: contact.email.into_string(),
            title: contact.title.unwrap_or_default(),
            ..Texts::default()
        };
        Self { workspace, kind: Kind::Contact, id: contact.id.uuid(), version: contact.version, texts }
    }

    pub fn of_opportunity(workspace: WorkspaceId, opportunity: pipeline::Opportunity) -> Self {
        let texts = Texts { name: opportunity.name, ..Texts::default() };
        Self { workspace, kind: Kind::Opportunity, id: opportunity.id.uuid(), version: opportunity.version, texts }
    }
}

fn full_name(first: Option<kernel::PersonName>, last: Option<kernel::PersonName>) -> String {
    let names: Vec<String> = [first, last].into_iter().flatten().map(kernel::PersonName::into_string).collect();
    names.join(" ")
}
