use kernel::{Actor, EnrichmentRunId};
use platform::{Events, Tx};

use super::App;
use crate::{
    domain::{
        lead::LeadFacts,
        run::{EnrichmentRun, RunDraft, Started},
        verify::{LeadVerification, verify},
    },
    store,
};

impl App {
    pub(super) fn run(&self, id: EnrichmentRunId, lead: &LeadFacts, draft: RunDraft) -> EnrichmentRun {
        let started = Started { id, lead: lead.id, lead_version: lead.version, started_at: self.clock.now() };
        let outcome = draft.outcome();
        draft.finish(outcome, started, self.clock.now())
    }

    pub(super) async fn save_run(
        &self,
        tx: &mut Tx,
        events: &mut Events<'_>,
        actor: &Actor,
        run: &EnrichmentRun,
    ) -> Result<(), sqlx::Error> {
        store::runs::insert(tx, actor.workspace, run).await?;
        events.push(&run.published());
        Ok(())
    }

    pub(super) async fn save_verification(
        &self,
        tx: &mut Tx,
        events: &mut Events<'_>,
        actor: &Actor,
        lead: &LeadFacts,
    ) -> Result<(), sqlx::Error> {
        let verification = LeadVerification {
            lead: lead.id,
            email: lead.email.clone(),
            verification: verify(&lead.email),
            verified_at: self.clock.now(),
        };
        store::verifications::save(tx, actor.workspace, &verification).await?;
        events.push(&verification.published());
        Ok(())
    }
}
