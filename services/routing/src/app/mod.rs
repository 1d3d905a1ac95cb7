//! What the routing service can be asked to do, and what it does by itself: one use case a file.

mod on_lead_enriched;
mod on_lead_merged;
mod on_user;
mod read;
mod replay_routing;
mod route_lead;
mod route_waiting;
mod update_rep;

use async_trait::async_trait;
use events::{
    Envelope, Event,
    enrichment::LeadEnriched,
    identity::{UserCreated, UserUpdated},
    lead::{LeadMerged, LeadUnmerged},
    routing::{LeadRouted, LeadUnrouted},
};
use kernel::{Clock, DecisionId, LeadId, RepId, WorkspaceId};
use platform::{Db, EventHandler, HandleError, Origin, Outbox, Tx, bus::Bus, lead_access};

use on_lead_merged::on_lead_merged;
pub use replay_routing::Replayed;
pub use route_lead::RouteLead;
pub use update_rep::UpdateRep;

use crate::{
    domain::{
        assignment::Assignment,
        pool::Pool,
        route::{Routed, Stamp, reason},
    },
    error::Error,
    store::{self, assignments::Place},
};

/// The name under which the service acts by itself.
const SERVICE: &str = "routing";

/// The service's use cases and what they need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    pub db: Db,
    pub outbox: Outbox,
    pub bus: Bus,
    pub clock: Clock,
}

#[async_trait]
impl EventHandler for App {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        match event.r#type.as_str() {
            LeadEnriched::TYPE => self.on_lead_enriched(tx, event, &event.payload()?).await?,
            LeadMerged::TYPE => on_lead_merged(tx, event, &event.payload::<LeadMerged>()?.redirects).await?,
            LeadUnmerged::TYPE => on_lead_merged(tx, event, &event.payload::<LeadUnmerged>()?.redirects).await?,
            UserCreated::TYPE => self.on_user(tx, event, &event.payload::<UserCreated>()?.current).await?,
            UserUpdated::TYPE => self.on_user(tx, event, &event.payload::<UserUpdated>()?.current).await?,
            _ => {}
        }
        Ok(())
    }
}

impl App {
    fn decide(&self, id: DecisionId, pool: &mut Pool, lead: LeadId, previous: Option<RepId>) -> Routed {
        pool.route(lead, previous, Stamp { id, decided_at: self.clock.now() })
    }

    /// Saves decisions, puts them in force and tells the others: five statements for one lead or many.
    async fn save(
        &self,
        tx: &mut Tx,
        origin: Origin<'_>,
        pool: &Pool,
        routed: &[Routed],
        place: Place,
    ) -> Result<(), Error> {
        let workspace = origin.actor.workspace;
        store::decisions::insert(tx, workspace, routed).await?;
        if routed.iter().any(|routed| routed.chosen.is_some()) {
            store::pools::save(tx, pool, self.clock.now()).await?;
        }
        let assignments: Vec<_> = routed.iter().map(|routed| Assignment::new(workspace, routed)).collect();
        if store::assignments::put(tx, &assignments, place).await? < assignments.len() {
            // Another process decided about the lead between our look and our write; its decision stands.
            return Err(Error::Conflict);
        }
        // At once and not when we hear of it ourselves: whoever is told of a route may ask for it in the same moment.
        let owner = |routed: &Routed| routed.chosen.and_then(|rep| pool.member(rep)).map(|member| member.rep.user);
        let owners: Vec<_> = routed.iter().map(|routed| (routed.lead, owner(routed))).collect();
        lead_access::save_owners(tx, workspace, self.clock.id(), &owners).await?;
        let mut events = self.outbox.events(origin);
        for routed in routed {
            let Routed { lead, chosen, decision, .. } = routed;
            let (lead, decision_id, rule_version) = (*lead, decision.id, decision.rule_version);
            match chosen.and_then(|rep| pool.member(rep)) {
                Some(member) => {
                    events.push(&LeadRouted {
                        lead,
                        owner: member.rep.published(),
                        decision: decision_id,
                        rule_version,
                    });
                }
                None => {
                    let reason = reason(decision).unwrap_or_default();
                    events.push(&LeadUnrouted { lead, decision: decision_id, rule_version, reason });
                }
            }
        }
        Ok(events.save(tx).await?)
    }

    async fn lock_pool(&self, tx: &mut Tx, workspace: WorkspaceId) -> Result<Pool, Error> {
        Ok(store::pools::lock(tx, workspace, None, self.clock.now()).await?.pool)
    }
}
