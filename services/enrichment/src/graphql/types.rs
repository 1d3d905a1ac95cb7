use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{EnrichmentRunId, LeadId, Timestamp};
use platform::graphql::{Long, load};

use super::loaders::{LatestRunOf, Loaders, VerificationOf};
use crate::domain::{
    run::EnrichmentRun,
    verify::{LeadVerification, Verification},
    waterfall::Call,
};

/// What is known of an address without writing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::enrichment::Verdict")]
pub enum Verdict {
    /// A person at a company, as far as known.
    Valid,
    /// Deliverable as far as known, but a role account or a free-mail box.
    Risky,
    /// Nothing must be sent there.
    Invalid,
    /// Nobody could tell.
    Unknown,
}

/// One question put to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::verify::Check")]
pub enum EmailCheck {
    /// It can be written to at all.
    Syntax,
    /// Its domain can be in the public DNS.
    Domain,
    /// Its domain is none that gives boxes away for minutes.
    Disposable,
    /// It belongs to a person, not to an office such as `info`.
    Role,
    /// It is not a private box at a free-mail provider.
    FreeMail,
}

/// How much a run found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::enrichment::RunStatus")]
pub enum EnrichmentStatus {
    /// Every field found a value.
    Complete,
    /// Some did.
    Partial,
    /// None did.
    Empty,
}

/// How a provider's turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::waterfall::CallOutcome")]
pub enum ProviderCallOutcome {
    /// It had an answer.
    Hit,
    /// Asked in vain.
    Miss,
    /// Not asked: another was sure enough.
    Skipped,
}

// Without a description: the lead service, which owns the type, gives it one.
#[derive(SimpleObject)]
#[graphql(complex, name = "Lead")]
pub struct LeadObject {
    pub id: LeadId,
}

#[ComplexObject]
impl LeadObject {
    /// Is the address good? Made when the lead is captured; none for a moment after.
    async fn verification(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<VerificationObject>> {
        Ok(load::<Loaders, _, _>(ctx, VerificationOf(self.id)).await?.map(VerificationObject::from))
    }

    /// The latest run. None for a moment after the lead was captured.
    async fn enrichment(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<EnrichmentRunObject>> {
        Ok(load::<Loaders, _, _>(ctx, LatestRunOf(self.id)).await?.map(EnrichmentRunObject::from))
    }
}

/// What an address says about itself.
#[derive(SimpleObject)]
#[graphql(name = "Verification")]
pub struct VerificationObject {
    /// What follows from the checks.
    verdict: Verdict,
    /// In the order in which they were made; after a wrong syntax there are no others.
    checks: Vec<VerificationCheck>,
    verified_at: DateTime<Utc>,
}

/// One question and its answer.
#[derive(SimpleObject)]
pub struct VerificationCheck {
    /// What was asked.
    name: EmailCheck,
    /// False speaks against the address.
    passed: bool,
}

/// One pass through the waterfall for one lead: what was found, where, and who was asked.
#[derive(SimpleObject)]
#[graphql(name = "EnrichmentRun")]
pub struct EnrichmentRunObject {
    id: EnrichmentRunId,
    // Nullable, as is all that another service fills: the run survives when that one is down.
    /// Whom it was for.
    lead: Option<LeadObject>,
    /// The version of the lead that was enriched.
    lead_version: Long,
    /// How much it found.
    status: EnrichmentStatus,
    /// The answer chosen for each field: the most confident, of equals the first.
    fields: Vec<EnrichedField>,
    /// Every provider's turn at every field, in order.
    calls: Vec<ProviderCall>,
    /// The version of the order in which providers are asked.
    waterfall_version: Long,
    /// SHA-256 of what the run was given; equal hashes, equal results.
    inputs_hash: String,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
}

/// A field that found a value, and where.
#[derive(SimpleObject)]
pub struct EnrichedField {
    /// `industry`, `country`, `employees`, `company_domain`, `seniority` or `department`.
    name: String,
    /// Of all answers, the chosen one.
    value: String,
    /// `account_base`, `form`, `email_domain` or `title_parser`.
    provider: String,
    /// 0 to 1.
    confidence: f64,
    /// When the provider said so.
    observed_at: DateTime<Utc>,
}

/// A provider's turn at a field.
#[derive(SimpleObject)]
pub struct ProviderCall {
    /// As in `EnrichedField.provider`.
    provider: String,
    /// As in `EnrichedField.name`.
    field: String,
    /// How its turn ended.
    outcome: ProviderCallOutcome,
    /// The provider's answer, chosen or not.
    value: Option<String>,
    /// 0 to 1.
    confidence: Option<f64>,
}

impl VerificationObject {
    pub fn new(verification: &Verification, verified_at: Timestamp) -> Self {
        let checks = verification.checks.iter();
        Self {
            verdict: verification.verdict.into(),
            checks: checks.map(|check| VerificationCheck { name: check.name.into(), passed: check.passed }).collect(),
            verified_at,
        }
    }
}

impl From<LeadVerification> for VerificationObject {
    fn from(verified: LeadVerification) -> Self {
        Self::new(&verified.verification, verified.verified_at)
    }
}

impl From<EnrichmentRun> for EnrichmentRunObject {
    fn from(run: EnrichmentRun) -> Self {
        let claims = run.claims().into_iter();
        let field = |claim: events::enrichment::Claim| EnrichedField {
            name: claim.field,
            value: claim.value,
            provider: claim.provider,
            confidence: claim.confidence,
            observed_at: claim.observed_at,
        };
        Self {
            id: run.id,
            lead: Some(LeadObject { id: run.lead }),
            lead_version: Long(run.lead_version),
            status: run.status.into(),
            fields: claims.map(field).collect(),
            calls: run.calls.into_iter().map(ProviderCall::from).collect(),
            waterfall_version: Long(run.inputs.waterfall_version),
            inputs_hash: run.inputs_hash,
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

impl From<Call> for ProviderCall {
    fn from(call: Call) -> Self {
        let (value, confidence) = call.answer.map(|answer| (answer.value, answer.confidence)).unzip();
        Self {
            provider: call.provider,
            field: call.field.as_str().to_owned(),
            outcome: call.outcome.into(),
            value,
            confidence,
        }
    }
}
