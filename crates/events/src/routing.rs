//! Published by the routing service.

use kernel::{DecisionId, EmailAddress, LeadId, RepId, UserId};
use serde::{Deserialize, Serialize};

use crate::{Envelope, Event, PayloadError, event};

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

/// A rep's part in the rotation as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepSettings {
    pub id: RepId,
    pub version: i64,
    pub user: UserId,
    /// Taken out of the rotation.
    pub paused: bool,
    pub weight: i64,
    /// Leads a day; without it there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_cap: Option<i64>,
}

/// An administrator changed a rep's part in the rotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepUpdated {
    pub previous: RepSettings,
    pub current: RepSettings,
}
event!(RepUpdated, "crm.routing.rep.updated.v1", |e| e.current.id);

/// What says whose a lead is.
pub const OWNER_EVENTS: &[&str] = &[LeadRouted::TYPE, LeadUnrouted::TYPE];

/// Whose lead it is by one of [`OWNER_EVENTS`]: nobody's, when nobody could take it. `None` for any other event.
pub fn owner_of(event: &Envelope) -> Result<Option<(LeadId, Option<UserId>)>, PayloadError> {
    Ok(match event.r#type.as_str() {
        LeadRouted::TYPE => {
            let LeadRouted { lead, owner, .. } = event.payload()?;
            Some((lead, Some(owner.user)))
        }
        LeadUnrouted::TYPE => Some((event.payload::<LeadUnrouted>()?.lead, None)),
        _ => None,
    })
}
