use kernel::{Action, Actor, Decision, LeadId, Permission};
use platform::{Origin, lead_access};

use super::App;
use crate::{
    error::Error,
    store::{self, assignments::Place},
};

impl App {
    /// Routes a lead again by hand: to somebody else, if anybody else can take it. The decision before stays
    /// in the history.
    pub async fn route_lead(&self, actor: &Actor, lead: LeadId) -> Result<Decision, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        lead_access::verdict(&mut tx, actor, Action::Update, lead).await?.or_refuse(Error::no_lead())?;
        let mut pool = self.lock_pool(&mut tx, actor.workspace).await?;
        let before = store::assignments::by_lead(&mut tx, actor.workspace, lead).await?.ok_or_else(Error::no_lead)?;
        let routed = self.decide(&mut pool, lead, before.rep);
        let decision = routed.decision.clone();
        self.save(&mut tx, Origin::from(actor), &pool, &[routed], Place::Taken).await?;
        self.outbox.commit(tx).await?;
        Ok(decision)
    }
}
