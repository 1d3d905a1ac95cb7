use std::{future::ready, sync::Arc};

use events::{Envelope, Event, routing::LeadRouted};
use futures::{Stream, StreamExt};
use kernel::{Actor, Decision, EventId, LeadId, PageArgs, Permission};
use platform::lead_access;

use super::App;
use crate::{domain::rep::Rep, error::Error, store};

impl App {
    /// One row more than the page holds, if another page follows.
    pub async fn reps(&self, actor: &Actor, page: PageArgs) -> Result<Vec<Rep>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::reps::list(&self.db, actor.workspace, page).await?)
    }

    /// All decisions, or one lead's; one row more than the page holds, if another page follows.
    pub async fn routing_decisions(
        &self,
        actor: &Actor,
        lead: Option<LeadId>,
        page: PageArgs,
    ) -> Result<Vec<Decision>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::decisions::list(&self.db, actor, lead, page).await?)
    }

    pub async fn count_routing_decisions(&self, actor: &Actor, lead: Option<LeadId>) -> Result<i64, Error> {
        actor.require(Permission::Read)?;
        Ok(store::decisions::count(&self.db, actor, lead).await?)
    }

    /// The decision in force for a lead.
    pub async fn explain_routing(&self, actor: &Actor, lead: LeadId) -> Result<Option<Decision>, Error> {
        actor.require(Permission::Read)?;
        let Some(assignment) = store::assignments::by_leads(&self.db, actor, &[lead]).await?.pop() else {
            return Ok(None);
        };
        Ok(store::decisions::by_ids(&self.db, actor, &[assignment.decision]).await?.pop())
    }

    /// Leads that the actor may read, as they are routed: from now on, or from what followed the event `after`.
    pub async fn leads_routed(
        &self,
        actor: &Actor,
        after: Option<EventId>,
    ) -> Result<impl Stream<Item = (EventId, LeadRouted)> + use<>, Error> {
        actor.require(Permission::Read)?;
        let live = self.bus.live(LeadRouted::TYPE, after).await?;
        let (app, actor) = (self.clone(), Arc::new(actor.clone()));
        let told = live.then(move |event| {
            let (app, actor) = (app.clone(), actor.clone());
            async move { app.told_of(&actor, &event).await.map(|routed| Some((event.id, routed?))) }
        });
        // Whoever listens resumes after an end, and never learns of a gap.
        let whole = told.take_while(|told| {
            if let Err(error) = told {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "a listener ends, for nobody knows what it may read"
                );
            }
            ready(told.is_ok())
        });
        Ok(whole.filter_map(|told| ready(told.ok().flatten())))
    }

    async fn told_of(&self, actor: &Actor, event: &Envelope) -> Result<Option<LeadRouted>, sqlx::Error> {
        let routed = (event.workspace == actor.workspace).then(|| event.payload::<LeadRouted>().ok()).flatten();
        let Some(routed) = routed else { return Ok(None) };
        let reads = lead_access::reads(&self.db, actor, routed.lead, routed.owner.user).await?;
        Ok(reads.then_some(routed))
    }
}
