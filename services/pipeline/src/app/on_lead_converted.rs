use events::{Envelope, lead::LeadConverted, pipeline::OpportunityCreated};
use kernel::{Actor, Permission};
use platform::{Origin, Tx};

use super::{App, default_pipeline::default_pipeline};
use crate::{
    domain::opportunity::{Opportunity, OpportunityDraft},
    error::Error,
    store,
};

impl App {
    /// Opens the opportunity that the conversion asked for, under the id it was promised: at most once.
    pub(super) async fn on_lead_converted(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        envelope: &Envelope,
        event: LeadConverted,
    ) -> Result<(), Error> {
        actor.require(Permission::Write)?;
        let LeadConverted { contact, account, opportunity, owner, .. } = event;
        // The conversion proves both, should their own events come later.
        store::known::insert_account(tx, actor.workspace, account).await?;
        store::known::insert_contact(tx, actor.workspace, contact).await?;
        let Some(requested) = opportunity else { return Ok(()) };
        let pipeline = default_pipeline(tx, actor.workspace, &self.clock).await?;
        let stage = pipeline.first_stage().ok_or(Error::Conflict)?;
        let draft =
            OpportunityDraft { name: requested.name, account, contact: Some(contact), amount: requested.amount, owner };
        // It is as old as the conversion, however late the event is handled.
        let opportunity = Opportunity::open(draft, requested.id, stage, envelope.time);
        if !store::opportunities::insert(tx, &opportunity).await? {
            return Ok(());
        }
        store::opportunities::insert_entry(tx, &opportunity.stage_entry(&envelope.actor)).await?;
        store::followed::settle(tx, actor.workspace, opportunity.id).await?;
        let mut events = self.outbox.events(Origin::caused_by(actor, envelope));
        events.push(&OpportunityCreated { current: opportunity.published(stage) });
        Ok(events.save(tx).await?)
    }
}
