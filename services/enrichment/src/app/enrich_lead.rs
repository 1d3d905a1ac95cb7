use kernel::{Action, Actor, LeadId, Permission};
use platform::{
    idempotency::{Request, made_before},
    lead_access,
};
use serde_json::json;

use super::App;
use crate::{
    domain::{
        lead::Subject,
        run::{EnrichmentRun, RunDraft},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct EnrichLead {
    pub lead: LeadId,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Verifies and enriches a lead again, with what is known by now. The run before is kept.
    pub async fn enrich_lead(&self, actor: &Actor, input: EnrichLead) -> Result<EnrichmentRun, Error> {
        actor.require(Permission::Write)?;
        let asked = json!({ "lead": input.lead });
        let request = Request { operation: "enrichLead", key: input.idempotency_key.as_deref(), input: &asked };
        let id = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        lead_access::verdict(&mut tx, actor, Action::Update, input.lead).await?.or_refuse(Error::LeadNotFound)?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            // The pool is not asked while a transaction is open.
            tx.rollback().await?;
            return store::runs::by_ids(&self.db, actor, &[first]).await?.pop().ok_or(Error::Conflict);
        }
        let lead = store::leads::by_id(&mut tx, actor, input.lead).await?.ok_or(Error::LeadNotFound)?;
        let account = store::leads::known(&mut tx, actor.workspace, &lead).await?.account;
        let run = self.run(id, &lead, RunDraft::new(Subject::new(&lead, account)));
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
