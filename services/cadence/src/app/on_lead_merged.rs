use events::{
    Envelope,
    lead::{LeadMerged, LeadUnmerged},
};
use platform::{HandleError, Origin, Tx};

use super::{App, stopping, system};
use crate::{
    domain::lead::{Lead, MERGED},
    store::{self, enrollments::Of},
};

impl App {
    /// Nobody writes twice to one person: what runs for the leads that went ends, and what a recipient has said at one
    /// of their addresses holds for the lead that stands for them.
    pub(super) async fn on_lead_merged(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        merged: LeadMerged,
    ) -> Result<(), HandleError> {
        let workspace = event.workspace;
        store::leads::save(tx, &Lead::from_published(merged.current, workspace)).await?;
        for lead in merged.others {
            store::leads::save(tx, &Lead::from_published(lead, workspace)).await?;
        }
        let actor = system(workspace);
        let mut events = self.outbox.events(Origin::caused_by(&actor, event));
        for redirect in merged.redirects {
            let news = store::leads::redirect(tx, workspace, redirect.from, redirect.to, event.id).await? > 0;
            if news && redirect.to.is_some() {
                let of = Of::Lead(redirect.from);
                stopping::stop_running(tx, &mut events, workspace, of, MERGED, self.clock.now()).await?;
            }
        }
        Ok(events.save(tx).await?)
    }

    /// The leads can be written to again. What has ended stays so: somebody enrols them who knows what they have heard.
    pub(super) async fn on_lead_unmerged(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        unmerged: LeadUnmerged,
    ) -> Result<(), HandleError> {
        let workspace = event.workspace;
        for lead in unmerged.restored {
            store::leads::save(tx, &Lead::from_published(lead, workspace)).await?;
        }
        for redirect in unmerged.redirects {
            store::leads::redirect(tx, workspace, redirect.from, redirect.to, event.id).await?;
        }
        Ok(())
    }
}
