//! What can be found of an object.

use events::{lead as leads, pipeline};
use kernel::{Access, Object, UserId, WorkspaceId, id::TypedId};
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
    pub traits: Traits,
    /// Of its row, not of the object; 0 until it was kept.
    pub revision: i64,
}

/// What permissions look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// A lead's is told by routing, apart from the rest.
    pub owner: Option<UserId>,
    pub country: Option<String>,
    pub source: Option<String>,
    pub industry: Option<String>,
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

    /// Whose permissions govern it.
    pub fn object(self) -> Object {
        match self {
            Self::Lead => Object::Lead,
            Self::Account => Object::Account,
            Self::Contact => Object::Contact,
            Self::Opportunity => Object::Opportunity,
        }
    }

    /// The parts of a document of this kind that the actor may see, and so may find it by.
    pub fn visible(self, access: &Access) -> Vec<Field> {
        let seen = |field: &Field| field.sources(self).iter().all(|source| !access.hides(self.object(), source));
        Field::ALL.into_iter().filter(seen).collect()
    }

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

    /// The fields of the object that this part is made of, in the API's spelling; those that nobody can hide are
    /// left out.
    fn sources(self, kind: Kind) -> &'static [&'static str] {
        match (self, kind) {
            (Self::Name, Kind::Lead | Kind::Contact) => &["firstName", "lastName"],
            (Self::Company, Kind::Lead) => &["company"],
            (Self::Domain, Kind::Lead) => &["companyDomain"],
            (Self::Domain, Kind::Account) => &["domain"],
            (Self::Title, Kind::Lead | Kind::Contact) => &["title"],
            _ => &[],
        }
    }

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
    /// The texts without those that are not among `visible`.
    #[must_use]
    pub fn only(self, visible: &[Field]) -> Self {
        let keep = |field, text: String| if visible.contains(&field) { text } else { String::new() };
        Self {
            name: keep(Field::Name, self.name),
            email: keep(Field::Email, self.email),
            company: keep(Field::Company, self.company),
            domain: keep(Field::Domain, self.domain),
            title: keep(Field::Title, self.title),
        }
    }

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
        let traits = Traits { country: lead.country, source: Some(lead.source), ..Traits::default() };
        let texts = Texts {
            name: full_name(lead.first_name, lead.last_name),
            email: lead.email.into_string(),
            company: lead.company.unwrap_or_default(),
            domain: lead.company_domain.unwrap_or_default(),
            title: lead.title.unwrap_or_default(),
        };
        Self { workspace, kind: Kind::Lead, id: lead.id.uuid(), version: lead.version, texts, traits, revision: 0 }
    }

    pub fn of_account(workspace: WorkspaceId, account: leads::Account) -> Self {
        let traits =
            Traits { owner: account.owner, country: account.country, industry: account.industry, ..Traits::default() };
        let texts = Texts { name: account.name, domain: account.domain.unwrap_or_default(), ..Texts::default() };
        Self {
            workspace,
            kind: Kind::Account,
            id: account.id.uuid(),
            version: account.version,
            texts,
            traits,
            revision: 0,
        }
    }

    /// The document of an object that nobody is to find any more: it keeps its place, so that nothing older brings it back.
    #[must_use]
    pub fn gone(self) -> Self {
        Self { texts: Texts::default(), ..self }
    }

    pub fn of_contact(workspace: WorkspaceId, contact: leads::Contact) -> Self {
        let traits = Traits { owner: contact.owner, ..Traits::default() };
        let texts = Texts {
            name: full_name(contact.first_name, contact.last_name),
            email: contact.email.into_string(),
            title: contact.title.unwrap_or_default(),
            ..Texts::default()
        };
        Self {
            workspace,
            kind: Kind::Contact,
            id: contact.id.uuid(),
            version: contact.version,
            texts,
            traits,
            revision: 0,
        }
    }

    pub fn of_opportunity(workspace: WorkspaceId, opportunity: pipeline::Opportunity) -> Self {
        let traits = Traits { owner: opportunity.owner, ..Traits::default() };
        let texts = Texts { name: opportunity.name, ..Texts::default() };
        Self {
            workspace,
            kind: Kind::Opportunity,
            id: opportunity.id.uuid(),
            version: opportunity.version,
            texts,
            traits,
            revision: 0,
        }
    }
}

fn full_name(first: Option<kernel::PersonName>, last: Option<kernel::PersonName>) -> String {
    let names: Vec<String> = [first, last].into_iter().flatten().map(kernel::PersonName::into_string).collect();
    names.join(" ")
}
