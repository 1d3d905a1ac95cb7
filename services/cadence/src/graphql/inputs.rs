use async_graphql::InputObject;
use kernel::{Code, EmailAddress, EnrollmentId, LeadId, MailboxId, MessageId, SequenceId};

use crate::{
    app::{EnrollLead, ResolveUncertainMessage, SetMailboxPaused, Suppress},
    error::Error,
};

/// Longest reason, in characters.
const MAX_CHARS: usize = 500;

/// Which lead, and into which sequence.
#[derive(InputObject)]
pub struct EnrollLeadInput {
    pub lead_id: LeadId,
    /// Left out, the sequence that routed leads enter.
    pub sequence_id: Option<SequenceId>,
    /// Any text you choose, a UUID say: the same key and input again give the first enrolment, not a second.
    pub idempotency_key: Option<String>,
}

/// Which enrolment to hold.
#[derive(InputObject)]
pub struct PauseEnrollmentInput {
    pub id: EnrollmentId,
}

/// Which enrolment to let go on.
#[derive(InputObject)]
pub struct ResumeEnrollmentInput {
    pub id: EnrollmentId,
}

/// Which enrolment to end, and why.
#[derive(InputObject)]
pub struct StopEnrollmentInput {
    pub id: EnrollmentId,
    /// Shown as the reason.
    pub reason: Option<String>,
}

/// Which address, and why.
#[derive(InputObject)]
pub struct SuppressInput {
    /// Compared without case.
    pub email: String,
    /// Shown to whoever asks why nothing is sent.
    pub reason: String,
    /// Any text you choose, a UUID say: the same key and input again give the first answer; the same key with another input is refused.
    pub idempotency_key: Option<String>,
}

/// Which message, and what became of it.
#[derive(InputObject)]
pub struct ResolveUncertainMessageInput {
    pub id: MessageId,
    /// True if the mail arrived; false sends it again.
    pub was_sent: bool,
}

/// Which mailbox, and whether it rests.
#[derive(InputObject)]
pub struct SetMailboxPausedInput {
    pub id: MailboxId,
    /// True holds everything back.
    pub paused: bool,
}

impl From<EnrollLeadInput> for EnrollLead {
    fn from(input: EnrollLeadInput) -> Self {
        Self { lead: input.lead_id, sequence: input.sequence_id, idempotency_key: input.idempotency_key }
    }
}

impl TryFrom<SuppressInput> for Suppress {
    type Error = Error;
    fn try_from(input: SuppressInput) -> Result<Self, Error> {
        let email = EmailAddress::parse(&input.email);
        let email = email.map_err(|error| Error::Invalid {
            code: Code::InvalidEmail,
            field: "email",
            reason: error.to_string(),
        })?;
        let required = || Error::Invalid { code: Code::Required, field: "reason", reason: "say why".to_owned() };
        let reason = text("reason", Some(input.reason))?.ok_or_else(required)?;
        Ok(Self { email, reason, idempotency_key: input.idempotency_key })
    }
}

impl From<ResolveUncertainMessageInput> for ResolveUncertainMessage {
    fn from(input: ResolveUncertainMessageInput) -> Self {
        Self { id: input.id, was_sent: input.was_sent }
    }
}

impl From<SetMailboxPausedInput> for SetMailboxPaused {
    fn from(input: SetMailboxPausedInput) -> Self {
        Self { id: input.id, paused: input.paused }
    }
}

/// Trimmed; blank is nothing.
pub fn text(field: &'static str, value: Option<String>) -> Result<Option<String>, Error> {
    let value = value.map(|value| value.trim().replace('\0', "")).filter(|value| !value.is_empty());
    match &value {
        Some(value) if value.chars().count() > MAX_CHARS => {
            Err(Error::Invalid { code: Code::TooLong, field, reason: format!("longer than {MAX_CHARS} characters") })
        }
        _ => Ok(value),
    }
}
