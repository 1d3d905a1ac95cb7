//! Published by the enrichment service.

use kernel::{EmailAddress, EnrichmentRunId, LeadId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event;

/// What is known of an address without writing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Valid,
    /// Deliverable as far as known, but a role account or a free-mail box.
    Risky,
    Invalid,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmailVerified {
    pub lead: LeadId,
    pub email: EmailAddress,
    pub verdict: Verdict,
    /// Names of the checks that failed.
    pub failed: Vec<String>,
    pub verified_at: Timestamp,
}
event!(EmailVerified, "crm.enrichment.email.verified.v1", |e| e.lead);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every field of the waterfall found a value.
    Complete,
    /// Some did.
    Partial,
    /// None did.
    Empty,
}

/// One field's value with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub field: String,
    pub value: String,
    pub provider: String,
    /// 0 to 1.
    pub confidence: f64,
    pub observed_at: Timestamp,
}

/// An enrichment run of a lead has ended, with or without findings: routing may go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadEnriched {
    pub lead: LeadId,
    pub run: EnrichmentRunId,
    /// Version of the lead that was enriched.
    pub lead_version: i64,
    pub status: RunStatus,
    pub fields: Vec<Claim>,
}
event!(LeadEnriched, "crm.enrichment.lead.enriched.v1", |e| e.lead);
