//! Published by the routing service.

use kernel::{DecisionId, EmailAddress, LeadId, RepId, UserId};
use serde::{Deserialize, Serialize};

use crate::event;

/// A rep as others need to know one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rep {
    pub id: RepId,
    pub user: UserId,
    pub name: String,
    pub email: EmailAddress,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadRouted {
    pub lead: LeadId,
    pub owner: Rep,
    pub decision: DecisionId,
    pub rule_version: i64,
}
event!(LeadRouted, "crm.routing.lead.routed.v1", |e| e.lead);

/// No rep could take the lead; it waits in the fallback queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadUnrouted {
    pub lead: LeadId,
    pub decision: DecisionId,
    pub rule_version: i64,
    pub reason: String,
}
event!(LeadUnrouted, "crm.routing.lead.unrouted.v1", |e| e.lead);
