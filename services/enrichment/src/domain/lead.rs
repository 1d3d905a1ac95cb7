//! What is known before anybody is asked.

use events::lead as published;
use kernel::{AccountId, EmailAddress, LeadId, is_free_mail};
use serde::{Deserialize, Serialize};

/// A lead as the lead service last told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadFacts {
    pub id: LeadId,
    pub version: i64,
    pub email: EmailAddress,
    pub title: Option<String>,
    pub company: Option<String>,
    pub company_domain: Option<String>,
    pub country: Option<String>,
    pub employees: Option<String>,
    pub account: Option<AccountId>,
}

impl From<published::Lead> for LeadFacts {
    fn from(lead: published::Lead) -> Self {
        Self {
            id: lead.id,
            version: lead.version,
            email: lead.email,
            title: lead.title,
            company: lead.company,
            company_domain: lead.company_domain,
            country: lead.country,
            employees: lead.employees,
            account: lead.account,
        }
    }
}

impl LeadFacts {
    /// The company's domain, else the address's own; a free-mail domain says nothing.
    pub fn match_domain(&self) -> Option<&str> {
        self.company_domain.as_deref().or_else(|| Some(self.email.domain())).filter(|domain| !is_free_mail(domain))
    }
}

/// What the workspace knows of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFacts {
    pub id: AccountId,
    pub domain: Option<String>,
    pub industry: Option<String>,
    pub country: Option<String>,
    pub employees: Option<String>,
}

/// Everything that providers may look at. Stored with the run; the person's name and address stay out of it,
/// only the address's domain is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub email_domain: String,
    pub title: Option<String>,
    pub company: Option<String>,
    pub company_domain: Option<String>,
    pub country: Option<String>,
    pub employees: Option<String>,
    pub account: Option<AccountFacts>,
}

impl Subject {
    pub fn new(lead: &LeadFacts, account: Option<AccountFacts>) -> Self {
        Self {
            email_domain: lead.email.domain().to_owned(),
            title: lead.title.clone(),
            company: lead.company.clone(),
            company_domain: lead.company_domain.clone(),
            country: lead.country.clone(),
            employees: lead.employees.clone(),
            account,
        }
    }
}
