use events::{Envelope, lead as published};
use platform::{HandleError, Origin, Tx};

use super::{App, stopping, system};
use crate::{
    domain::lead::Lead,
    store::{self, enrollments::Of},
};

impl App {
    /// Keeps the read model; a lead that is converted or disqualified is not written to any more.
    pub(super) async fn on_lead_changed(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        lead: published::Lead,
    ) -> Result<(), HandleError> {
        let lead = Lead::from_published(lead, event.workspace);
        let news = store::leads::save(tx, &lead).await?;
        let Some(why) = lead.closed_because().filter(|_| news) else { return Ok(()) };
        let actor = system(event.workspace);
        let mut events = self.outbox.events(Origin::caused_by(&actor, event));
        stopping::stop_running(tx, &mut events, event.workspace, Of::Lead(lead.id), why, self.clock.now()).await?;
        Ok(events.save(tx).await?)
    }
}
