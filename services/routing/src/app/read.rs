use events::{Event, routing::LeadRouted};
use futures::{Stream, StreamExt};
use kernel::{Actor, Decision, LeadId, PageArgs, Permission};

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
        Ok(store::decisions::list(&self.db, actor.workspace, lead, page).await?)
    }

    pub async fn count_routing_decisions(&self, actor: &Actor, lead: Option<LeadId>) -> Result<i64, Error> {
        actor.require(Permission::Read)?;
        Ok(store::decisions::count(&self.db, actor.workspace, lead).await?)
    }

    /// The decision in force for a lead.
    pub async fn explain_routing(&self, actor: &Actor, lead: LeadId) -> Result<Option<Decision>, Error> {
        actor.require(Permission::Read)?;
        let Some(assignment) = store::assignments::by_leads(&self.db, actor.workspace, &[lead]).await?.pop() else {
            return Ok(None);
        };
        Ok(store::decisions::by_ids(&self.db, actor.workspace, &[assignment.decision]).await?.pop())
    }

    /// Leads of the actor's workspace as they are routed, from now on.
    pub async fn leads_routed(&self, actor: &Actor) -> Result<impl Stream<Item = LeadRouted> + use<>, Error> {
        actor.require(Permission::Read)?;
        let workspace = actor.workspace;
        let live = self.bus.live(LeadRouted::TYPE).await?;
        Ok(live.filter_map(move |event| {
            let routed = if event.workspace == workspace { event.payload().ok() } else { None };
            std::future::ready(routed)
        }))
    }
}
