use kernel::{DecisionId, LeadId, RepId, Timestamp, WorkspaceId};

use super::route::Routed;

/// Which decision is in force for a lead. Without a rep the lead waits in the fallback queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub workspace: WorkspaceId,
    pub lead: LeadId,
    pub decision: DecisionId,
    pub rep: Option<RepId>,
    pub decided_at: Timestamp,
}

impl Assignment {
    pub fn new(workspace: WorkspaceId, routed: &Routed) -> Self {
        let Routed { lead, chosen, decision, .. } = routed;
        Self { workspace, lead: *lead, decision: decision.id, rep: *chosen, decided_at: decision.decided_at }
    }
}
