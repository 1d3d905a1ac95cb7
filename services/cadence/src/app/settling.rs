use events::cadence::{EnrollmentFinished, MessageSent};
use kernel::{Permission, Timestamp};
use platform::{Origin, Tx, outbox::Events};

use super::{App, stopping};
use crate::{
    domain::{
        enrollment::{Enrollment, EnrollmentState},
        message::{MAX_ATTEMPTS, Message, MessageState, backoff},
    },
    error::Error,
    mail::HandOver,
    store,
};

/// What became of a reserved message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settlement {
    Sent(Timestamp),
    /// Queued again.
    Again {
        at: Timestamp,
        trouble: Option<String>,
    },
    Failed(String),
    Uncertain,
}

impl Settlement {
    pub fn of(outcome: HandOver, attempts: i64, now: Timestamp) -> Self {
        match outcome {
            HandOver::Taken => Self::Sent(now),
            HandOver::NotNow(trouble) if attempts < MAX_ATTEMPTS => {
                Self::Again { at: now + backoff(attempts), trouble: Some(trouble) }
            }
            HandOver::NotNow(trouble) => Self::Failed(format!("{trouble}, for the {attempts}th time")),
            HandOver::Never(trouble) => Self::Failed(trouble),
            HandOver::InDoubt => Self::Uncertain,
        }
    }
}

impl App {
    /// Records what became of a message that stands in one of `from`, with everything that follows from it.
    /// False if somebody else has settled this attempt.
    pub(super) async fn settle(
        &self,
        tx: &mut Tx,
        origin: Origin<'_>,
        message: &Message,
        settlement: Settlement,
        from: &[MessageState],
    ) -> Result<bool, Error> {
        origin.actor.require(Permission::Write)?;
        let now = self.clock.now();
        // Before the message, as everywhere, so that two transactions cannot wait for each other.
        let enrollment =
            store::enrollments::by_id(tx, message.workspace, message.enrollment).await?.ok_or(Error::Conflict)?;
        let over = enrollment.state.is_over();
        let mut settled = Message { trouble: None, ..message.clone() };
        match &settlement {
            Settlement::Sent(at) => {
                settled.state = MessageState::Sent;
                settled.sent_at = Some(*at);
            }
            Settlement::Again { at, trouble } => {
                settled.state = if over { MessageState::Cancelled } else { MessageState::Queued };
                settled.due_at = *at;
                settled.trouble = trouble.clone();
            }
            Settlement::Failed(trouble) => {
                settled.state = MessageState::Failed;
                settled.trouble = Some(trouble.clone());
            }
            Settlement::Uncertain => settled.state = MessageState::Uncertain,
        }
        if store::messages::update(tx, &settled, from, message.attempts).await? == 0 {
            return Ok(false);
        }
        let mut events = self.outbox.events(origin);
        match settlement {
            Settlement::Sent(at) => {
                let (message, enrollment_id, lead, step) =
                    (settled.id, settled.enrollment, settled.lead, settled.position);
                events.push(&MessageSent { message, enrollment: enrollment_id, lead, step, sent_at: at });
                if !over {
                    self.go_on(tx, &mut events, &enrollment, step, at).await?;
                }
            }
            Settlement::Failed(why) if !over => {
                stopping::stop(tx, &mut events, &enrollment, &why, now).await?;
            }
            Settlement::Failed(_) | Settlement::Again { .. } | Settlement::Uncertain => {}
        }
        events.save(tx).await?;
        Ok(true)
    }

    /// Queues the step after `step`, or finishes if that was the last.
    async fn go_on(
        &self,
        tx: &mut Tx,
        events: &mut Events<'_>,
        enrollment: &Enrollment,
        step: i64,
        sent_at: Timestamp,
    ) -> Result<(), Error> {
        if let Some(next) = store::sequences::step_at(tx, enrollment.workspace, enrollment.sequence, step + 1).await? {
            self.queue(tx, enrollment, &next, sent_at).await?;
            return Ok(());
        }
        let finished = enrollment.moved(EnrollmentState::Finished, None, self.clock.now());
        if store::enrollments::update(tx, &finished).await? == 0 {
            return Err(Error::Conflict);
        }
        events.push(&EnrollmentFinished { enrollment: finished.id, lead: finished.lead });
        Ok(())
    }
}
