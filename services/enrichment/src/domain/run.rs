//! A run of the waterfall, kept with everything needed to explain it and to play it again.

use events::enrichment::{Claim, LeadEnriched, RunStatus};
use kernel::{Access, Action, EnrichmentRunId, LeadId, Object, Timestamp, access::Rows, inputs_hash};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    lead::Subject,
    providers::{ALL, AccountBase, standard_waterfall},
    waterfall::{Call, Field, Outcome, Provider, Resolved, Waterfall, run_waterfall},
};

/// Everything a run depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    pub waterfall_version: i64,
    pub subject: Subject,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EnrichmentRun {
    pub id: EnrichmentRunId,
    pub lead: LeadId,
    pub lead_version: i64,
    pub status: RunStatus,
    pub inputs: Inputs,
    pub inputs_hash: String,
    pub fields: Vec<Resolved>,
    pub calls: Vec<Call>,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
}

impl EnrichmentRun {
    /// The run without what is hidden of its lead and of its account from the actor: a provider's answer tells what the
    /// field holds. What the account says is shown to who may read every account, for which one it was is not kept.
    #[must_use]
    pub fn seen_by(mut self, access: &Access) -> Self {
        let accounts = access.rows(Object::Account, Action::Read) == Rows::All;
        let shown = |object, field: Option<&str>| field.is_none_or(|field| !access.hides(object, field));
        let seen = |field: Field, provider: &str| {
            (accounts || provider != AccountBase.name())
                && shown(Object::Lead, field.of_lead())
                && shown(Object::Account, field.of_account(provider))
        };
        self.fields.retain(|resolved| seen(resolved.field, &resolved.provider));
        self.calls.retain(|call| seen(call.field, &call.provider));
        self
    }
}

/// A run that has its inputs but has not been made.
#[derive(Debug)]
pub struct RunDraft {
    waterfall: Waterfall,
    inputs: Inputs,
    inputs_hash: String,
}

impl RunDraft {
    pub fn new(subject: Subject) -> Self {
        let waterfall = standard_waterfall();
        let inputs = Inputs { waterfall_version: waterfall.version, subject };
        let inputs_hash = inputs_hash(&serde_json::to_value(&inputs).unwrap_or(Value::Null));
        Self { waterfall, inputs, inputs_hash }
    }

    /// Equal hashes, equal results.
    pub fn inputs_hash(&self) -> &str {
        &self.inputs_hash
    }

    pub fn outcome(&self) -> Outcome {
        run_waterfall(&self.inputs.subject, &self.waterfall, &ALL)
    }

    pub fn finish(self, outcome: Outcome, run: Started, finished_at: Timestamp) -> EnrichmentRun {
        let Outcome { status, fields, calls } = outcome;
        let Started { id, lead, lead_version, started_at } = run;
        EnrichmentRun {
            id,
            lead,
            lead_version,
            status,
            inputs: self.inputs,
            inputs_hash: self.inputs_hash,
            fields,
            calls,
            started_at,
            finished_at,
        }
    }
}

/// Which lead a run is about, at which version, and since when.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    pub id: EnrichmentRunId,
    pub lead: LeadId,
    pub lead_version: i64,
    pub started_at: Timestamp,
}

impl EnrichmentRun {
    pub fn claims(&self) -> Vec<Claim> {
        let claim = |found: &Resolved| Claim {
            field: found.field.as_str().to_owned(),
            value: found.value.clone(),
            provider: found.provider.clone(),
            confidence: found.confidence,
            observed_at: self.finished_at,
        };
        self.fields.iter().map(claim).collect()
    }

    pub fn published(&self) -> LeadEnriched {
        LeadEnriched {
            lead: self.lead,
            run: self.id,
            lead_version: self.lead_version,
            status: self.status,
            fields: self.claims(),
        }
    }

    /// What the waterfall says today to what this run was given. `None` when the run was made by another
    /// version of it.
    pub fn replay(&self) -> Option<Outcome> {
        let draft = RunDraft::new(self.inputs.subject.clone());
        (draft.inputs == self.inputs).then(|| draft.outcome())
    }
}
