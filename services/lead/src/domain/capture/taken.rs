use chrono::TimeDelta;
use events::lead::{Consent, Utm};
use kernel::{Access, CaptureId, EmailAddress, FormId, LandingPageId, LeadId, Object, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Answer, Given};
use crate::domain::lead::Details;

/// How long the link in the mail is good for.
pub const CONFIRM_WITHIN: TimeDelta = TimeDelta::days(7);

/// The longest pause before another attempt.
const MAX_PAUSE: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureState {
    /// To become a lead.
    Received,
    /// The address is to be confirmed first.
    Pending,
    /// It has a lead.
    Captured,
    /// No person gave it.
    Spam,
}

/// What becomes the lead.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub email: EmailAddress,
    pub details: Details,
    pub source: String,
    /// The same as answers, for a lead that is known and stays as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Answer>,
}

/// The landing page that a visitor saw, in one of its variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSeen {
    pub page: LandingPageId,
    pub variant: String,
}

/// What one submission of a form gave. Personal, so it does not print.
#[derive(Clone, PartialEq)]
pub struct Capture {
    pub id: CaptureId,
    pub workspace: WorkspaceId,
    pub form: FormId,
    pub form_version: i64,
    pub state: CaptureState,
    /// Everything, as it came.
    pub given: Given,
    pub draft: Draft,
    pub answers: Vec<Answer>,
    pub utm: Utm,
    pub consent: Option<Consent>,
    pub seen: Option<PageSeen>,
    pub once_key: Option<String>,
    pub given_hash: String,
    pub token_hash: Option<String>,
    pub confirm_by: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
    pub lead: Option<LeadId>,
    pub attempts: i64,
    /// Not to be tried before.
    pub due_at: Timestamp,
    pub received_at: Timestamp,
}

impl Capture {
    /// Who has the address followed the link: it is theirs, and so is the consent.
    pub fn confirm(&mut self, now: Timestamp) {
        self.state = CaptureState::Received;
        self.confirmed_at = Some(now);
        self.due_at = now;
        if let Some(consent) = &mut self.consent {
            consent.evidence.confirmed_at = Some(now);
        }
    }

    /// The capture without what is hidden from the actor.
    #[must_use]
    pub fn seen_by(mut self, access: &Access) -> Self {
        self.answers.retain(|answer| answer.lead_field.is_none_or(|field| !access.hides(Object::Lead, field.name())));
        self
    }

    /// When to try again what failed for a reason of ours: sooner at first.
    pub fn next_attempt(&self, now: Timestamp) -> Timestamp {
        let seconds = 1_i64 << self.attempts.clamp(0, 20);
        now + TimeDelta::seconds(seconds).min(MAX_PAUSE)
    }

    pub fn is_late(&self, now: Timestamp) -> bool {
        self.confirm_by.is_none_or(|by| by < now)
    }
}

/// By what a link is found, so that looking for one tells nothing of another by how long it takes.
pub fn token_hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
