//! A company that is sold to.

use events::lead as published;
use kernel::{Access, AccountId, Facts, Object, Timestamp, UserId, WorkspaceId};

use super::{import::AccountRow, lead::hide, normalise::company_key};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub details: AccountDetails,
    pub owner: Option<UserId>,
    pub external_id: Option<String>,
    pub import_fingerprint: Option<String>,
    /// The account that shows in its place, if it is merged away.
    pub merged_into: Option<AccountId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountDetails {
    pub name: String,
    pub domain: Option<String>,
    pub industry: Option<String>,
    pub country: Option<String>,
    pub employees: Option<String>,
}

#[derive(Debug, Clone)]
pub struct AccountDraft {
    pub details: AccountDetails,
    pub external_id: Option<String>,
    pub import_fingerprint: Option<String>,
}

impl From<AccountRow> for AccountDraft {
    fn from(row: AccountRow) -> Self {
        let details = AccountDetails {
            name: row.name,
            domain: row.domain,
            industry: row.industry,
            country: row.country,
            employees: row.employees,
        };
        Self { details, external_id: row.external_id, import_fingerprint: Some(row.fingerprint) }
    }
}

#[derive(Debug, Clone)]
pub struct AccountChange {
    pub previous: Account,
    pub current: Account,
}

impl Account {
    pub fn create(draft: AccountDraft, id: AccountId, workspace: WorkspaceId, now: Timestamp) -> Self {
        let AccountDraft { details, external_id, import_fingerprint } = draft;
        Self {
            id,
            workspace,
            version: 1,
            details,
            owner: None,
            external_id,
            import_fingerprint,
            merged_into: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The change `edit` makes, or `None` if it makes none.
    pub fn change(&self, now: Timestamp, edit: impl FnOnce(&mut Self)) -> Option<AccountChange> {
        let mut current = self.clone();
        edit(&mut current);
        if current == *self {
            return None;
        }
        current.version += 1;
        current.updated_at = now;
        Some(AccountChange { previous: self.clone(), current })
    }

    #[must_use]
    pub fn owned_by(self, owner: Option<UserId>) -> Self {
        Self { owner, ..self }
    }

    /// What permissions look at.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            owner: self.owner,
            country: self.details.country.as_deref(),
            industry: self.details.industry.as_deref(),
            ..Facts::default()
        }
    }

    /// The account without what is hidden from the actor.
    #[must_use]
    pub fn seen_by(mut self, access: &Access) -> Self {
        let AccountDetails { name: _, domain, industry, country, employees } = &mut self.details;
        for (field, value) in
            [("domain", domain), ("industry", industry), ("country", country), ("employees", employees)]
        {
            hide(access, Object::Account, field, value);
        }
        self
    }

    /// The account's domains in the order in which they are shown, from the oldest to the newest.
    pub fn primary_first(&self, domains: impl IntoIterator<Item = String>) -> Vec<String> {
        let primary = self.details.domain.as_deref();
        let (mut first, others): (Vec<_>, Vec<_>) = domains.into_iter().partition(|domain| Some(&**domain) == primary);
        first.extend(others);
        first
    }

    pub fn name_key(&self) -> String {
        company_key(&self.details.name)
    }

    pub fn published(&self) -> published::Account {
        let AccountDetails { name, domain, industry, country, employees } = self.details.clone();
        published::Account {
            id: self.id,
            version: self.version,
            name,
            domain,
            industry,
            country,
            employees,
            owner: self.owner,
            created_at: self.created_at,
        }
    }
}

impl AccountDetails {
    /// The fields that are given and that a role may lock, in the API's spelling.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        let Self { name: _, domain, industry, country, employees } = self;
        [("domain", domain), ("industry", industry), ("country", country), ("employees", employees)]
            .into_iter()
            .filter_map(|(field, value)| value.is_some().then_some(field))
    }

    /// Takes from `other` what is missing here.
    pub fn fill_blanks(&mut self, other: Self) {
        self.domain = self.domain.take().or(other.domain);
        self.industry = self.industry.take().or(other.industry);
        self.country = self.country.take().or(other.country);
        self.employees = self.employees.take().or(other.employees);
    }

    /// Empties these fields, in the API's spelling.
    pub fn empty(&mut self, fields: &[&str]) {
        for field in fields {
            match *field {
                "domain" => self.domain = None,
                "industry" => self.industry = None,
                "country" => self.country = None,
                "employees" => self.employees = None,
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

impl AccountChange {
    pub fn updated(&self) -> published::AccountUpdated {
        published::AccountUpdated { previous: self.previous.published(), current: self.current.published() }
    }
}
