use kernel::{Action, Actor, Decision, LeadId, Permission};
use platform::{
    Origin,
    idempotency::{Request, made_before},
    lead_access,
};
use serde_json::json;

use super::App;
use crate::{
    error::Error,
    store::{self, assignments::Place, pools::Locked},
};

#[derive(Debug, Clone)]
pub struct RouteLead {
    pub lead: LeadId,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Routes a lead again by hand: to somebody else, if anybody else can take it. The decision before stays
    /// in the history.
    pub async fn route_lead(&self, actor: &Actor, input: RouteLead) -> Result<Decision, Error> {
        actor.require(Permission::Write)?;
        let RouteLead { lead, idempotency_key } = input;
        let asked = json!({ "lead": lead });
        let request = Request { operation: "routeLead", key: idempotency_key.as_deref(), input: &asked };
        let id = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            // The pool is not asked while a transaction is open.
            tx.rollback().await?;
            return store::decisions::by_ids(&self.db, actor, &[first]).await?.pop().ok_or_else(Error::no_lead);
        }
        lead_access::verdict(&mut tx, actor, Action::Update, lead).await?.or_refuse(Error::no_lead())?;
        let Locked { mut pool, merged, .. } =
            store::pools::lock(&mut tx, actor.workspace, Some(lead), self.clock.now()).await?;
        // Nobody writes to it by mistake.
        if merged {
            return Err(Error::no_lead());
        }
        let before = store::assignments::by_lead(&mut tx, actor.workspace, lead).await?.ok_or_else(Error::no_lead)?;
        let routed = self.decide(id, &mut pool, lead, before.rep);
        let decision = routed.decision.clone();
        self.save(&mut tx, Origin::from(actor), &pool, &[routed], Place::Taken).await?;
        self.outbox.commit(tx).await?;
        Ok(decision)
    }
}
