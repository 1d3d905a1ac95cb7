use kernel::{Actor, LeadId, Permission, SequenceId};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::{App, may_send};
use crate::{
    domain::{enrollment::Enrollment, gate::Ruling},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct EnrollLead {
    pub lead: LeadId,
    /// The default sequence if `None`.
    pub sequence: Option<SequenceId>,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Starts a lead on a sequence, if the send gate would let its first message through as things stand.
    pub async fn enroll_lead(&self, actor: &Actor, input: EnrollLead) -> Result<Enrollment, Error> {
        actor.require(Permission::Write)?;
        let workspace = actor.workspace;
        let asked = json!({ "lead": input.lead, "sequence": input.sequence });
        let request = Request { operation: "enrollLead", key: input.idempotency_key.as_deref(), input: &asked };
        let id = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        may_send(&mut tx, actor, input.lead, Error::NotFound { what: "lead", field: "leadId" }).await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            return store::enrollments::by_id(&mut tx, workspace, first).await?.ok_or(Error::Conflict);
        }
        let lead = store::leads::by_id(&mut tx, workspace, input.lead).await?;
        // One that is merged away is gone to whoever asks for it.
        let lead = lead.filter(|lead| lead.merged_into.is_none());
        let lead = lead.ok_or(Error::NotFound { what: "lead", field: "leadId" })?;
        let sequence = match input.sequence {
            Some(id) => store::sequences::by_id(&mut tx, workspace, id)
                .await?
                .ok_or(Error::NotFound { what: "sequence", field: "sequenceId" })?,
            None => self.default_sequence(&mut tx, workspace).await?,
        };
        let mut events = self.outbox.events(actor.into());
        let (enrollment, message) =
            self.begin(&mut tx, &mut events, id, &lead, &sequence).await?.ok_or(Error::AlreadyEnrolled)?;
        let outgoing = store::outgoing::by_id(&mut tx, workspace, message).await?.ok_or(Error::Conflict)?;
        if let Ruling::Refused(reasons) = self.judge(&outgoing).ruling {
            // Nothing of it was committed.
            return Err(Error::SendRefused { reasons });
        }
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(enrollment)
    }
}
