use async_trait::async_trait;
use events::{Envelope, routing::owner_of};
use kernel::Actor;
use platform::{EventHandler, HandleError, Origin, Tx};

use super::{App, segments::follow_ids};
use crate::store;

/// Keeps whose a lead is.
#[async_trait]
impl EventHandler for App {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let Some((lead, owner)) = owner_of(event)? else { return Ok(()) };
        if store::leads::set_owner(tx, event.workspace, lead, owner, event.id).await? == 0 {
            return Ok(());
        }
        let actor = Actor::system(event.workspace, "lead");
        let mut events = self.outbox.events(Origin::caused_by(&actor, event));
        follow_ids(tx, &mut events, event.workspace, &[lead], self.clock.now()).await?;
        Ok(events.save(tx).await?)
    }
}
