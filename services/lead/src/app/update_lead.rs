use events::lead::LeadStatus;
use kernel::{Action, Actor, Code, LeadId, Object, Permission};

use super::{App, matching, save_changes};
use crate::{
    domain::lead::{Details, Lead},
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateLead {
    pub id: LeadId,
    pub details: Details,
    /// Fields to empty, in the API's spelling.
    pub emptied: Vec<&'static str>,
    pub status: Option<LeadStatus>,
    /// The version that was read: refused with `CONFLICT` if the lead is newer.
    pub version: Option<i64>,
}

impl App {
    pub async fn update_lead(&self, actor: &Actor, input: UpdateLead) -> Result<Lead, Error> {
        actor.require(Permission::Write)?;
        if input.status == Some(LeadStatus::Converted) {
            let reason = "a lead becomes converted by convertLead".to_owned();
            return Err(Error::Invalid { code: Code::InvalidInput, field: "status", reason });
        }
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let lead = store::leads::by_id(&mut tx, actor, input.id).await?.ok_or(Error::not_found("lead", "id"))?;
        actor.may(Action::Update, Object::Lead, &lead.facts())?;
        for field in input.details.given().chain(input.emptied.iter().copied()).chain(input.status.map(|_| "status")) {
            actor.access.require_write(Object::Lead, field)?;
        }
        if lead.is_converted() {
            return Err(Error::AlreadyConverted);
        }
        if input.version.is_some_and(|version| version != lead.version) {
            return Err(Error::Conflict);
        }
        let mut change = lead.change(self.clock.now(), |lead| {
            lead.details.overwrite_with(input.details);
            lead.details.empty(&input.emptied);
            lead.status = input.status.unwrap_or(lead.status);
        });
        let mut events = self.outbox.events(actor.into());
        matching::match_again(&mut tx, &mut events, change.as_mut_slice(), self.clock.now(), matching::Learns::Yes)
            .await?;
        save_changes(&mut tx, &mut events, change.as_slice()).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.map_or(lead, |change| change.current).seen_by(&actor.access))
    }
}
