use chrono::TimeDelta;
use kernel::Timestamp;

use super::{App, settling::Settlement, system};
use crate::{domain::message::MessageState, error::Error, store};

/// A sender settles what it reserved well within this, or is dead.
const LEASE: TimeDelta = TimeDelta::minutes(10);
const BATCH: i64 = 200;

impl App {
    /// Settles every message that was reserved and never recorded: for the start of the process, when nobody
    /// can be at it. (Should another process be, its own record still counts, see [`record`](App::record).)
    pub async fn recover_all(&self) -> Result<(), Error> {
        self.recover(self.clock.now()).await
    }

    /// [`recover_all`](App::recover_all) for reservations that have run out.
    pub(super) async fn recover_stale(&self) -> Result<(), Error> {
        self.recover(self.clock.now() - LEASE).await
    }

    /// Asks the mailer whether the message left. Where nobody can say, nothing is sent again by itself.
    async fn recover(&self, before: Timestamp) -> Result<(), Error> {
        loop {
            let left = store::messages::left_behind(&self.db, before, BATCH).await?;
            if left.is_empty() {
                return Ok(());
            }
            for message in left {
                let settlement = match self.mailer.was_handed_over(message.id).await {
                    Some(true) => Settlement::Sent(message.attempted_at.unwrap_or(before)),
                    Some(false) => Settlement::Again { at: self.clock.now(), trouble: None },
                    None => Settlement::Uncertain,
                };
                tracing::warn!(message = %message.id, attempt = message.attempts, ?settlement, "a message was left half sent");
                let mut tx = self.db.of(message.workspace).begin().await?;
                let actor = system(message.workspace);
                self.settle(&mut tx, (&actor).into(), &message, settlement, &[MessageState::Sending]).await?;
                self.outbox.commit(tx).await?;
            }
        }
    }
}
