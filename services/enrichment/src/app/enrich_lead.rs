use kernel::{Action, Actor, LeadId, Permission};
use platform::lead_access;

use super::App;
use crate::{
    domain::{
        lead::Subject,
        run::{EnrichmentRun, RunDraft},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone, Copy)]
pub struct EnrichLead {
    pub lead: LeadId,
}

impl App {
    /// Verifies and enriches a lead again, with what is known by now. The run before is kept.
    pub async fn enrich_lead(&self, actor: &Actor, input: EnrichLead) -> Result<EnrichmentRun, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        lead_access::verdict(&mut tx, actor, Action::Update, input.lead).await?.or_refuse(Error::LeadNotFound)?;
        let lead = store::leads::by_id(&mut tx, actor, input.lead).await?.ok_or(Error::LeadNotFound)?;
        let account = store::leads::known(&mut tx, actor.workspace, &lead).await?.account;
        let run = self.run(&lead, RunDraft::new(Subject::new(&lead, account)));
        if store::leads::set_run(&mut tx, actor, &run).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        self.save_verification(&mut tx, &mut events, actor, &lead).await?;
        self.save_run(&mut tx, &mut events, actor, &run).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(run.seen_by(&actor.access))
    }
}
