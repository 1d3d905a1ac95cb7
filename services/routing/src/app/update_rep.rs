use events::routing::RepUpdated;
use kernel::{Actor, Permission, RepId};
use platform::Origin;

use super::{App, route_waiting::BATCH};
use crate::{domain::rep::Rep, error::Error, store};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateRep {
    pub id: RepId,
    pub active: Option<bool>,
    pub weight: Option<i64>,
    /// `Some(None)` lifts the cap.
    pub daily_cap: Option<Option<i64>>,
    /// The version that was read: refused with `CONFLICT` if the rep is newer.
    pub version: Option<i64>,
}

impl App {
    /// Changes a rep's part in the rotation. One who can take leads again finds the ones that wait.
    pub async fn update_rep(&self, actor: &Actor, input: UpdateRep) -> Result<Rep, Error> {
        actor.require(Permission::Admin)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let pool = self.lock_pool(&mut tx, actor.workspace).await?;
        let rep =
            pool.member(input.id).map(|member| &member.rep).ok_or(Error::NotFound { what: "rep", field: "id" })?;
        if input.version.is_some_and(|version| version != rep.version) {
            return Err(Error::Conflict);
        }
        if input.active == Some(true) && !rep.enabled {
            return Err(Error::UserCannotTakeLeads);
        }
        let change = rep.change(self.clock.now(), |rep| {
            rep.paused = input.active.map_or(rep.paused, |active| !active);
            rep.weight = input.weight.unwrap_or(rep.weight);
            rep.daily_cap = input.daily_cap.unwrap_or(rep.daily_cap);
        })?;
        let Some(current) = change else { return Ok(rep.clone()) };
        if store::reps::update(&mut tx, &current).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&RepUpdated { previous: rep.settings(), current: current.settings() });
        events.save(&mut tx).await?;
        if current.active() {
            self.route_waiting(&mut tx, Origin::from(actor), BATCH).await?;
        }
        self.outbox.commit(tx).await?;
        Ok(current)
    }
}
