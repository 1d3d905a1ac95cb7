//! Published by the pipeline service.

use kernel::{AccountId, ContactId, Money, OpportunityId, StageId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::event;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpportunityState {
    Open,
    Won,
    Lost,
}

/// An opportunity as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opportunity {
    pub id: OpportunityId,
    pub version: i64,
    pub name: String,
    pub account: AccountId,
    pub contact: Option<ContactId>,
    pub stage: StageId,
    pub stage_name: String,
    pub state: OpportunityState,
    pub amount: Option<Money>,
    #[serde(default)]
    pub owner: Option<UserId>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpportunityCreated {
    pub current: Opportunity,
}
event!(OpportunityCreated, "crm.pipeline.opportunity.created.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpportunityStageChanged {
    pub previous: Opportunity,
    pub current: Opportunity,
}
event!(OpportunityStageChanged, "crm.pipeline.opportunity.stage_changed.v1", |e| e.current.id);

/// Anything but its stage changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpportunityUpdated {
    pub previous: Opportunity,
    pub current: Opportunity,
}
event!(OpportunityUpdated, "crm.pipeline.opportunity.updated.v1", |e| e.current.id);
