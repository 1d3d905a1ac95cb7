use events::{Envelope, lead::Lead};
use kernel::Actor;
use platform::{HandleError, Origin, Tx};

use super::App;
use crate::{
    domain::{
        lead::{LeadFacts, Subject},
        run::RunDraft,
    },
    store,
};

impl App {
    /// Verifies and enriches a lead that is new here. One that is known is verified again when its address has
    /// changed, and enriched again when what providers look at has. An event that is older than what is known changes nothing: captured may come after updated.
    pub(super) async fn on_lead(&self, tx: &mut Tx, event: &Envelope, lead: Lead) -> Result<(), HandleError> {
        let workspace = event.workspace;
        let lead = LeadFacts::from(lead);
        let known = store::leads::known(tx, workspace, &lead).await?;
        let draft = RunDraft::new(Subject::new(&lead, known.account));
        let same = known.inputs_hash.as_deref() == Some(draft.inputs_hash());
        let run = (!same).then(|| self.run(self.clock.id(), &lead, draft));
        if store::leads::save(tx, workspace, &lead, run.as_ref()).await? == 0 {
            return Ok(());
        }
        let actor = Actor::system(workspace, "enrichment");
        let mut events = self.outbox.events(Origin::caused_by(&actor, event));
        if known.email.as_ref() != Some(&lead.email) {
            self.save_verification(tx, &mut events, &actor, &lead).await?;
        }
        if let Some(run) = &run {
            self.save_run(tx, &mut events, &actor, run).await?;
        }
        Ok(events.save(tx).await?)
    }
}
