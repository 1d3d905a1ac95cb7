//! A mail that asks who gave an address whether it is theirs.

use chrono::TimeDelta;
use kernel::{CaptureId, EmailAddress, MessageId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use super::message::{MAX_ATTEMPTS, backoff};

/// Mails to one address in a day: whoever types somebody else's address into forms shall not fill their mailbox.
pub const MAX_A_DAY: i64 = 3;

/// How long one attempt may take before another is made: the second mail says the same as the first.
pub const LEASE: TimeDelta = TimeDelta::minutes(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationState {
    Queued,
    Sent,
    /// Nobody may, need or can send it any more.
    GivenUp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub id: MessageId,
    pub workspace: WorkspaceId,
    pub capture: CaptureId,
    pub email: EmailAddress,
    pub form_name: String,
    /// What to follow.
    pub url: String,
    pub state: ConfirmationState,
    pub attempts: i64,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

impl Confirmation {
    pub fn subject(&self) -> String {
        format!("Please confirm your address: {}", self.form_name)
    }

    pub fn body(&self) -> String {
        format!(
            "Somebody, we hope it was you, gave this address in our form \"{}\".\n\nTo confirm that it is yours, open this page and press the button:\n\n{}\n\n\
             The link is good for a week. If it was not you, do nothing: we will not write again.",
            self.form_name, self.url
        )
    }

    /// Whether it is of any use.
    pub fn is_wanted(&self, suppressed: bool, now: Timestamp) -> bool {
        !suppressed && now < self.expires_at && self.attempts < MAX_ATTEMPTS
    }

    /// When to try again what was not taken.
    pub fn later(&self, now: Timestamp) -> Timestamp {
        now + backoff(self.attempts)
    }
}
