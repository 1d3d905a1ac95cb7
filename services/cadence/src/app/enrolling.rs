use chrono::TimeDelta;
use events::cadence::EnrollmentStarted;
use kernel::{EnrollmentId, MessageId, Timestamp, WorkspaceId};
use platform::{Tx, outbox::Events};

use super::App;
use crate::{
    domain::{
        enrollment::{Enrollment, EnrollmentState},
        lead::Lead,
        mailbox::Mailbox,
        message::{Message, MessageState},
        sequence::{DEFAULT_NAME, Sequence, Step},
    },
    error::Error,
    store,
};

impl App {
    /// The sequence that routed leads enter; made, with the mailbox, when a workspace needs it first.
    pub(super) async fn default_sequence(&self, tx: &mut Tx, workspace: WorkspaceId) -> Result<Sequence, Error> {
        if let Some(sequence) = store::sequences::latest(tx, workspace, DEFAULT_NAME).await? {
            return Ok(sequence);
        }
        let mailbox = Mailbox {
            id: self.clock.id(),
            workspace,
            version: 1,
            address: self.letterhead.address(),
            paused: false,
            created_at: self.clock.now(),
        };
        store::mailboxes::insert(tx, &mailbox).await?;
        store::sequences::insert(tx, &Sequence::inbound_welcome(workspace, &self.clock)).await?;
        // Read back, since another process may have been first.
        store::sequences::latest(tx, workspace, DEFAULT_NAME).await?.ok_or(Error::Conflict)
    }

    /// Starts the lead on the sequence and queues its first message, whose id is returned; `None` if the lead
    /// is, or was, in it.
    pub(super) async fn begin(
        &self,
        tx: &mut Tx,
        events: &mut Events<'_>,
        id: EnrollmentId,
        lead: &Lead,
        sequence: &Sequence,
    ) -> Result<Option<(Enrollment, MessageId)>, Error> {
        let now = self.clock.now();
        let enrollment = Enrollment {
            id,
            workspace: lead.workspace,
            version: 1,
            lead: lead.id,
            sequence: sequence.id,
            email: lead.email.clone(),
            state: EnrollmentState::Active,
            reason: None,
            token: self.token(),
            started_at: now,
            updated_at: now,
        };
        if !store::enrollments::insert(tx, &enrollment).await? {
            return Ok(None);
        }
        let first = sequence.steps.first().ok_or(Error::Conflict)?;
        let message = self.queue(tx, &enrollment, first, now).await?;
        events.push(&EnrollmentStarted { enrollment: enrollment.id, lead: lead.id, sequence: sequence.id });
        Ok(Some((enrollment, message)))
    }

    /// Queues the message of a step, due its delay after `from`.
    pub(super) async fn queue(
        &self,
        tx: &mut Tx,
        enrollment: &Enrollment,
        step: &Step,
        from: Timestamp,
    ) -> Result<MessageId, Error> {
        let message = Message {
            id: self.clock.id(),
            workspace: enrollment.workspace,
            enrollment: enrollment.id,
            lead: enrollment.lead,
            step: step.id,
            position: step.position,
            email: enrollment.email.clone(),
            subject: None,
            state: MessageState::Queued,
            attempts: 0,
            due_at: from + TimeDelta::days(step.delay_days),
            attempted_at: None,
            sent_at: None,
            trouble: None,
            decision: None,
            created_at: self.clock.now(),
        };
        store::messages::insert(tx, &message).await?;
        Ok(message.id)
    }

    /// 128 random bits, which nobody guesses.
    fn token(&self) -> String {
        let mut bytes = [0; 16];
        self.clock.random(&mut bytes);
        format!("{:032x}", u128::from_be_bytes(bytes))
    }
}
