use events::{Envelope, enrichment::LeadEnriched};
use kernel::{Actor, Permission};
use platform::{Origin, Tx};

use super::{App, SERVICE};
use crate::{
    error::Error,
    store::{self, assignments::Place},
};

impl App {
    /// Routes a lead the first time it is enriched; once decided, enrichment moves it no more.
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
        let routed = self.decide(self.clock.id(), &mut locked.pool, enriched.lead, None);
        self.save(tx, Origin::caused_by(&actor, event), &locked.pool, &[routed], Place::Free).await
    }
}
