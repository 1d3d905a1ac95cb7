use kernel::{Actor, Decision, DecisionId, Permission};

use super::App;
use crate::{domain::route::replay, error::Error, store};

/// A decision taken again from its stored inputs.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// In everything: hash, candidates with reasons, outcome.
    pub agrees: bool,
    pub decision: Decision,
}

impl App {
    pub async fn replay_routing(&self, actor: &Actor, id: DecisionId) -> Result<Replayed, Error> {
        actor.require(Permission::Read)?;
        let stored = store::decisions::by_ids(&self.db, actor, &[id]).await?.pop();
        let stored = stored.ok_or(Error::NotFound { what: "decision", field: "decisionId" })?;
        // Inputs that cannot be read again give no other decision to show.
        let decision = replay(&stored)?;
        Ok(Replayed { agrees: decision.as_ref() == Some(&stored), decision: decision.unwrap_or(stored) })
    }
}
