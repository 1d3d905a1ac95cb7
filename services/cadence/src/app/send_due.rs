use std::time::Duration;

use super::{App, ReservedMessage, settling::Settlement, system};
use crate::{domain::message::MessageState, error::Error, mail::HandOver};

/// Pauses between attempts to record; together much shorter than a reservation.
const RECORD_AGAIN: [Duration; 3] = [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(5)];

impl App {
    /// One round of the sender: reserve, hand over, record. Says whether there was anything to do.
    pub async fn send_due(&self) -> Result<bool, Error> {
        self.recover_stale().await?;
        let reserved = self.reserve_due().await?;
        let mut outcomes = Vec::with_capacity(reserved.messages.len());
        for reserved in reserved.messages {
            let outcome = self.mailer.hand_over(&reserved.letter).await;
            outcomes.push((reserved, outcome));
        }
        self.record(outcomes).await?;
        Ok(reserved.judged > 0)
    }

    /// Records how hand-overs ended, each with what follows from it. Tries more than once: what we know of a mail
    /// that has left, nobody can find out again.
    pub async fn record(&self, mut outcomes: Vec<(ReservedMessage, HandOver)>) -> Result<(), Error> {
        outcomes.sort_by_key(|(reserved, _)| reserved.message.enrollment);
        for pause in RECORD_AGAIN {
            match self.record_once(&outcomes).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "hand-overs are not recorded yet");
                    tokio::time::sleep(pause).await;
                }
            }
        }
        self.record_once(&outcomes).await
    }

    async fn record_once(&self, outcomes: &[(ReservedMessage, HandOver)]) -> Result<(), Error> {
        // Whoever stopped waiting for us may have called it uncertain; who handed it over knows better.
        const FROM: &[MessageState] = &[MessageState::Sending, MessageState::Uncertain];
        let Some((first, _)) = outcomes.first() else { return Ok(()) };
        let mut tx = self.db.of(first.message.workspace).begin().await?;
        for (ReservedMessage { message, .. }, outcome) in outcomes {
            tx.turn_to(message.workspace).await?;
            if *outcome != HandOver::Taken {
                tracing::warn!(message = %message.id, attempt = message.attempts, ?outcome, "a message was not taken");
            }
            let settlement = Settlement::of(outcome.clone(), message.attempts, self.clock.now());
            let actor = system(message.workspace);
            if !self.settle(&mut tx, (&actor).into(), message, settlement, FROM).await? {
                tracing::warn!(message = %message.id, attempt = message.attempts, "this attempt was settled by another sender");
            }
        }
        Ok(self.outbox.commit(tx).await?)
    }
}
