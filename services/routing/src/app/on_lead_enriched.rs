use events::{Envelope, enrichment::LeadEnriched};
use kernel::{Actor, Permission};
use platform::{Origin, Tx};

use super::{App, SERVICE};
use crate::{
    domain::route::Stamp,
    error::Error,
    store::{self, assignments::Place},
};

impl App {
    /// Routes a lead the first time it is enriched; once decided, enrichment moves it no more. One that another stands for
    /// waits until it is itself again.
    pub(super) async fn on_lead_enriched(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        enriched: &LeadEnriched,
    ) -> Result<(), Error> {
        let actor = Actor::system(event.workspace, SERVICE);
        actor.require(Permission::Write)?;
        let mut locked = store::pools::lock(tx, event.workspace, Some(enriched.lead), self.clock.now()).await?;
        let decided = locked.decided
            || locked.pool.members.is_empty()
                && store::assignments::by_lead(tx, event.workspace, enriched.lead).await?.is_some();
        if decided {
            return Ok(());
        }
        let id = self.clock.id();
        let routed = if locked.merged {
            locked.pool.hold_back(enriched.lead, Stamp { id, decided_at: self.clock.now() })
        } else {
            self.decide(id, &mut locked.pool, enriched.lead, None)
        };
        self.save(tx, Origin::caused_by(&actor, event), &locked.pool, &[routed], Place::Free).await
    }
}
