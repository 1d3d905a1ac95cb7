//! A lead's way through a sequence.

use events::cadence as published;
use kernel::{EmailAddress, EnrollmentId, LeadId, SequenceId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use super::message::{Message, MessageState};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentState {
    Active,
    Paused,
    /// Ended before its last step.
    Stopped,
    /// Every step was sent.
    Finished,
}

impl EnrollmentState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
        }
    }

    pub fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Finished)
    }

    fn published(self) -> published::EnrollmentState {
        match self {
            Self::Active => published::EnrollmentState::Active,
            Self::Paused => published::EnrollmentState::Paused,
            Self::Stopped => published::EnrollmentState::Stopped,
            Self::Finished => published::EnrollmentState::Finished,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollment {
    pub id: EnrollmentId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub lead: LeadId,
    pub sequence: SequenceId,
    /// The address it began with; another one needs another enrolment.
    pub email: EmailAddress,
    pub state: EnrollmentState,
    /// Why it stopped.
    pub reason: Option<String>,
    /// Who holds it may unsubscribe the address.
    pub token: String,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Enrollment {
    /// The enrolment in another state, one version on. `reason` is kept for a stop only.
    pub fn moved(&self, state: EnrollmentState, reason: Option<&str>, now: Timestamp) -> Self {
        Self { version: self.version + 1, state, reason: reason.map(str::to_owned), updated_at: now, ..self.clone() }
    }

    /// What others learn of it.
    pub fn published(&self) -> published::Enrollment {
        let Self { id, version, lead, sequence, state, .. } = *self;
        published::Enrollment { id, version, lead, sequence, state: state.published() }
    }

    /// Where it stands, in a sentence. `messages` are its own.
    pub fn why(&self, messages: &[Message]) -> String {
        match self.state {
            EnrollmentState::Finished => "finished: every step was sent".to_owned(),
            EnrollmentState::Stopped => format!("stopped: {}", self.reason.as_deref().unwrap_or("no reason was given")),
            EnrollmentState::Paused => match pending(messages) {
                Some(message) => format!("paused: step {} waits until it is resumed", message.position),
                None => "paused".to_owned(),
            },
            EnrollmentState::Active => match pending(messages) {
                Some(message) if message.state == MessageState::Sending => {
                    format!("step {} is being sent", message.position)
                }
                Some(message) if message.state == MessageState::Uncertain => {
                    format!("it is uncertain whether step {} was sent: resolve the message to go on", message.position)
                }
                Some(message) => {
                    let waiting = format!(
                        "waiting for step {} on {}",
                        message.position,
                        message.due_at.format("%Y-%m-%d %H:%M UTC")
                    );
                    match &message.trouble {
                        Some(trouble) => format!("{waiting}: {trouble}"),
                        None => waiting,
                    }
                }
                None => "active".to_owned(),
            },
        }
    }

    /// When the next message leaves, if one is to.
    pub fn next_step_at(&self, messages: &[Message]) -> Option<Timestamp> {
        let next = pending(messages).filter(|message| message.state == MessageState::Queued);
        next.filter(|_| self.state == EnrollmentState::Active).map(|message| message.due_at)
    }
}

/// The message the enrolment stands at.
fn pending(messages: &[Message]) -> Option<&Message> {
    let open = |state| matches!(state, MessageState::Queued | MessageState::Sending | MessageState::Uncertain);
    messages.iter().filter(|message| open(message.state)).min_by_key(|message| message.position)
}
