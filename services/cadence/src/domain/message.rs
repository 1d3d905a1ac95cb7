//! One mail of an enrolment and its way out: reserve, hand over, record.
//!
//! ```text
//! QUEUED ── gate allows ──> SENDING ── taken ──────────────> SENT
//!   │                          ├────── not taken for now ──> QUEUED, later
//!   ├─ gate refuses ─> REFUSED ├────── refused for good ───> FAILED
//!   └─ enrolment ends ─> CANCELLED └── nobody can say ─────> UNCERTAIN ── a person says ──> SENT or QUEUED
//! ```

use chrono::TimeDelta;
use events::cadence as published;
use kernel::{Decision, EmailAddress, EnrollmentId, LeadId, MessageId, StepId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

/// Attempts before a message that the server never takes is given up; with [`backoff`] about a day.
pub const MAX_ATTEMPTS: i64 = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Waits for its time.
    Queued,
    /// Reserved: the mark is committed before the mail is handed over.
    Sending,
    Sent,
    /// The send gate said no.
    Refused,
    /// The mail server said no for good, or never took it.
    Failed,
    /// The process died between hand-over and record, and the server cannot be asked.
    Uncertain,
    /// The enrolment ended first.
    Cancelled,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: MessageId,
    pub workspace: WorkspaceId,
    pub enrollment: EnrollmentId,
    pub lead: LeadId,
    pub step: StepId,
    /// Of the step, from 1.
    pub position: i64,
    pub email: EmailAddress,
    /// As it was rendered; `None` until the gate has let it through.
    pub subject: Option<String>,
    pub state: MessageState,
    pub attempts: i64,
    pub due_at: Timestamp,
    pub attempted_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    /// What the last attempt ended with, if not well.
    pub trouble: Option<String>,
    /// The gate's last word.
    pub decision: Option<Decision>,
    pub created_at: Timestamp,
}

impl MessageState {
    fn published(self) -> published::MessageState {
        match self {
            Self::Queued => published::MessageState::Queued,
            Self::Sending => published::MessageState::Sending,
            Self::Sent => published::MessageState::Sent,
            Self::Refused => published::MessageState::Refused,
            Self::Failed => published::MessageState::Failed,
            Self::Uncertain => published::MessageState::Uncertain,
            Self::Cancelled => published::MessageState::Cancelled,
        }
    }
}

impl Message {
    /// What others learn of it.
    pub fn published(&self) -> published::Message {
        let Self { id, enrollment, lead, position: step, attempts, due_at, sent_at, .. } = *self;
        published::Message { id, enrollment, lead, step, state: self.state.published(), attempts, due_at, sent_at }
    }
}

/// Pause after a failed attempt: one minute, doubling, at most four hours.
pub fn backoff(attempts: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    TimeDelta::minutes((1_i64 << doublings).min(240))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_spread_over_a_day() {
        assert_eq!(backoff(1), TimeDelta::minutes(1));
        let total: TimeDelta = (1..MAX_ATTEMPTS).map(backoff).sum();
        assert!((TimeDelta::hours(12)..TimeDelta::hours(30)).contains(&total), "{total}");
    }
}
