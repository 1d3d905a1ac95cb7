//! A lead as this service needs to know it: copied from what others publish.

use events::{
    enrichment::Verdict,
    lead::{self as published, LeadStatus},
};
use kernel::{EmailAddress, LeadId, PersonName, WorkspaceId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    pub id: LeadId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub email: EmailAddress,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub company: Option<String>,
    pub status: LeadStatus,
    /// Name of the rep whom routing chose.
    pub owner_name: Option<String>,
    /// The lead that stands for it, if it is merged away.
    pub merged_into: Option<LeadId>,
}

impl Lead {
    pub fn from_published(lead: published::Lead, workspace: WorkspaceId) -> Self {
        Self {
            id: lead.id,
            workspace,
            version: lead.version,
            email: lead.email,
            first_name: lead.first_name,
            last_name: lead.last_name,
            company: lead.company,
            status: lead.status,
            owner_name: None,
            merged_into: None,
        }
    }

    /// Why nobody should write to the lead any more.
    pub fn closed_because(&self) -> Option<&'static str> {
        if self.merged_into.is_some() {
            return Some(MERGED);
        }
        closed_because(self.status)
    }
}

/// Why nobody writes to a lead that another stands for: that one is written to.
pub const MERGED: &str = "the lead was merged into another";

pub fn closed_because(status: LeadStatus) -> Option<&'static str> {
    match status {
        LeadStatus::Converted => Some("the lead was converted"),
        LeadStatus::Disqualified => Some("the lead was disqualified"),
        LeadStatus::New | LeadStatus::Working | LeadStatus::Qualified => None,
    }
}

/// Why an address with this verdict is not written to; `None` also stands for a verdict that is missing.
pub fn undeliverable_because(verdict: Option<Verdict>) -> Option<&'static str> {
    match verdict {
        Some(Verdict::Valid | Verdict::Risky) => None,
        Some(Verdict::Invalid) => Some("the address is invalid"),
        Some(Verdict::Unknown) => Some("the address could not be verified"),
        None => Some("the address has not been verified"),
    }
}
