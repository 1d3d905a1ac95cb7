use std::{sync::Arc, time::Duration};

use kernel::{Actor, Permission};
use platform::{Job, Origin, Tx};

use super::{App, SERVICE};
use crate::{
    error::Error,
    store::{self, assignments::Place},
};

/// Leads routed in one go: what an event may add to its transaction.
pub(super) const BATCH: i64 = 100;
/// Workspaces that one run of the job serves.
const WORKSPACES: i64 = 16;
/// How often to look whether a daily cap has lifted, or an earlier batch has left leads behind.
const EVERY: Duration = Duration::from_secs(5);

impl App {
    /// Routes leads of the fallback queue, the longest waiting first, until the queue, the batch or the reps
    /// are at their end. Returns how many.
    pub(super) async fn route_waiting(&self, tx: &mut Tx, origin: Origin<'_>, batch: i64) -> Result<usize, Error> {
        origin.actor.require(Permission::Write)?;
        let workspace = origin.actor.workspace;
        let mut pool = self.lock_pool(tx, workspace).await?;
        let waiting = store::assignments::waiting(tx, workspace, batch).await?;
        let routed: Vec<_> = waiting
            .into_iter()
            .map(|lead| self.decide(self.clock.id(), &mut pool, lead, None))
            // Deciding once more that nobody can take a lead would be no news.
            .take_while(|routed| routed.chosen.is_some())
            .collect();
        if !routed.is_empty() {
            self.save(tx, origin, &pool, &routed, Place::Taken).await?;
        }
        Ok(routed.len())
    }

    /// The same for every workspace that has something to do; a transaction each.
    pub async fn route_all_waiting(&self) -> Result<bool, Error> {
        let mut worked = false;
        for workspace in store::pools::with_work(&self.db, self.clock.now(), WORKSPACES).await? {
            let actor = Actor::system(workspace, SERVICE);
            let mut tx = self.db.of(workspace).begin().await?;
            worked |= self.route_waiting(&mut tx, Origin::from(&actor), BATCH).await? > 0;
            self.outbox.commit(tx).await?;
        }
        Ok(worked)
    }

    pub fn route_waiting_job(self) -> Job {
        let run = move || {
            let app = self.clone();
            Box::pin(async move { Ok(app.route_all_waiting().await?) }) as futures::future::BoxFuture<'static, _>
        };
        Job { name: "routing-queue", every: EVERY, run: Arc::new(run) }
    }
}
