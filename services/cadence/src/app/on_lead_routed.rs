use events::{Envelope, routing::LeadRouted};
use platform::{HandleError, Origin, Tx};

use super::{App, system};
use crate::store;

impl App {
    /// Enrols the lead in the default sequence, in its owner's name. Routed again, it only changes the name.
    pub(super) async fn on_lead_routed(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        routed: LeadRouted,
    ) -> Result<(), HandleError> {
        let workspace = event.workspace;
        let lead = store::leads::by_id(tx, workspace, routed.lead)
            .await?
            .ok_or(HandleError::NotYet("the lead is not known"))?;
        store::leads::save_owner(tx, workspace, lead.id, &routed.owner.name, event.time).await?;
        if lead.closed_because().is_some() {
            return Ok(());
        }
        if !store::leads::is_verified(tx, workspace, &lead.email).await? {
            return Err(HandleError::NotYet("the address is not verified"));
        }
        let actor = system(workspace);
        let mut events = self.outbox.events(Origin::caused_by(&actor, event));
        let sequence = self.default_sequence(tx, workspace).await?;
        self.begin(tx, &mut events, self.clock.id(), &lead, &sequence).await?;
        Ok(events.save(tx).await?)
    }
}
