use super::{App, ReservedMessage, settling::Settlement, system};
use crate::{domain::message::MessageState, error::Error, mail::HandOver};

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

    /// Records how hand-overs ended, each with what follows from it.
    pub async fn record(&self, mut outcomes: Vec<(ReservedMessage, HandOver)>) -> Result<(), Error> {
        // Whoever stopped waiting for us may have called it uncertain; who handed it over knows better.
        const FROM: &[MessageState] = &[MessageState::Sending, MessageState::Uncertain];
        if outcomes.is_empty() {
            return Ok(());
        }
        outcomes.sort_by_key(|(reserved, _)| reserved.message.enrollment);
        let mut tx = self.db.begin().await?;
        for (ReservedMessage { message, .. }, outcome) in outcomes {
            if outcome != HandOver::Taken {
                tracing::warn!(message = %message.id, attempt = message.attempts, ?outcome, "a message was not taken");
            }
            let settlement = Settlement::of(outcome, message.attempts, self.clock.now());
            let actor = system(message.workspace);
            if !self.settle(&mut tx, (&actor).into(), &message, settlement, FROM).await? {
                tracing::warn!(message = %message.id, attempt = message.attempts, "this attempt was settled by another sender");
            }
        }
        Ok(self.outbox.commit(tx).await?)
    }
}
