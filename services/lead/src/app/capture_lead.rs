use events::lead::LeadCaptured;
use kernel::{Action, Actor, EmailAddress, Object, Permission};

use super::{App, matching, save_changes};
use crate::{
    domain::lead::{Details, Lead, LeadDraft},
    error::Error,
    store,
};

/// One lead from a form, an integration or a person.
#[derive(Debug, Clone)]
pub struct CaptureLead {
    pub email: EmailAddress,
    pub details: Details,
    pub source: Option<String>,
}

/// The lead, and whether it is new: a second capture of one address finds the first.
#[derive(Debug, Clone)]
pub struct Captured {
    /// `None` for one of somebody else's that the actor may not read.
    pub lead: Option<Lead>,
    pub created: bool,
}

impl App {
    /// Stores the lead durably before it answers. Captured again, it only fills what was blank.
    pub async fn capture_lead(&self, actor: &Actor, input: CaptureLead) -> Result<Captured, Error> {
        actor.require(Permission::Write)?;
        actor.access.require_some(Object::Lead, Action::Create)?;
        match self.try_capture(actor, input.clone()).await {
            // Somebody wrote the same address between our look and our write: now we see it.
            Err(Error::Conflict) => self.try_capture(actor, input).await,
            captured => captured,
        }
    }

    async fn try_capture(&self, actor: &Actor, input: CaptureLead) -> Result<Captured, Error> {
        let CaptureLead { email, details, source } = input;
        let draft = LeadDraft { email, details, source, external_id: None, import_fingerprint: None };
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let mut events = self.outbox.events(actor.into());
        let known = store::leads::known(&mut tx, actor.workspace, &[draft.email.as_str()], &[]).await?.pop();
        let captured = if let Some(lead) = known {
            let mut change = if lead.is_converted() {
                None
            } else {
                lead.change(self.clock.now(), |lead| lead.details.fill_blanks(draft.details))
            };
            matching::match_again(&mut tx, &mut events, change.as_mut_slice(), self.clock.now()).await?;
            save_changes(&mut tx, &mut events, change.as_slice()).await?;
            let lead = change.map_or(lead, |change| change.current);
            let readable = actor.may(Action::Read, Object::Lead, &lead.facts()).is_ok();
            Captured { lead: readable.then(|| lead.seen_by(&actor.access)), created: false }
        } else {
            let (workspace, who, now) = (actor.workspace, (&draft.email, &draft.details), self.clock.now());
            let mut index = matching::index_for(&mut tx, workspace, [who]).await?;
            let account = matching::find_account(&mut tx, &mut events, workspace, &mut index, who, now).await?;
            let lead = Lead::capture(draft, self.clock.id(), actor.workspace, account, self.clock.now());
            if store::leads::insert(&mut tx, std::slice::from_ref(&lead)).await?.is_empty() {
                return Err(Error::Conflict);
            }
            events.push(&LeadCaptured { current: lead.published() });
            Captured { lead: Some(lead), created: true }
        };
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(captured)
    }
}
