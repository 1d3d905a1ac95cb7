//! Published by the cadence service.

use kernel::{
    CaptureId, EmailAddress, EnrollmentId, LeadId, MailboxId, MessageId, SequenceId, SuppressionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::event;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentStarted {
    pub enrollment: EnrollmentId,
    pub lead: LeadId,
    pub sequence: SequenceId,
}
event!(EnrollmentStarted, "crm.cadence.enrollment.started.v1", |e| e.enrollment);

/// The enrolment ended before its last step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentStopped {
    pub enrollment: EnrollmentId,
    pub lead: LeadId,
    pub why: String,
}
event!(EnrollmentStopped, "crm.cadence.enrollment.stopped.v1", |e| e.enrollment);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentFinished {
    pub enrollment: EnrollmentId,
    pub lead: LeadId,
}
event!(EnrollmentFinished, "crm.cadence.enrollment.finished.v1", |e| e.enrollment);

/// How far an enrolment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentState {
    Active,
    Paused,
    Stopped,
    Finished,
}

/// An enrolment as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enrollment {
    pub id: EnrollmentId,
    pub version: i64,
    pub lead: LeadId,
    pub sequence: SequenceId,
    pub state: EnrollmentState,
}

/// Somebody holds the enrolment: nothing leaves until it is resumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentPaused {
    pub previous: Enrollment,
    pub current: Enrollment,
}
event!(EnrollmentPaused, "crm.cadence.enrollment.paused.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentResumed {
    pub previous: Enrollment,
    pub current: Enrollment,
}
event!(EnrollmentResumed, "crm.cadence.enrollment.resumed.v1", |e| e.current.id);

/// The mail server (or the mail folder) has taken the message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageSent {
    pub message: MessageId,
    pub enrollment: EnrollmentId,
    pub lead: LeadId,
    /// Position of the step in its sequence, from 1.
    pub step: i64,
    pub sent_at: Timestamp,
}
event!(MessageSent, "crm.cadence.message.sent.v1", |e| e.message);

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    Queued,
    Sending,
    Sent,
    Refused,
    Failed,
    /// It may have been sent or not.
    Uncertain,
    Cancelled,
}

/// A message as it stands after `attempts`; what it says is in no event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub enrollment: EnrollmentId,
    pub lead: LeadId,
    /// Position of the step in its sequence, from 1.
    pub step: i64,
    pub state: MessageState,
    pub attempts: i64,
    pub due_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
}

/// Somebody said of a message in state `uncertain` what became of it: it was sent, which [`MessageSent`] tells too, or
/// it is queued again, unless its enrolment is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageResolved {
    pub previous: Message,
    pub current: Message,
}
event!(MessageResolved, "crm.cadence.message.resolved.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactUnsubscribed {
    pub lead: LeadId,
    pub email: EmailAddress,
    pub at: Timestamp,
}
event!(ContactUnsubscribed, "crm.cadence.contact.unsubscribed.v1", |e| e.lead);

/// Somebody on our side had the address suppressed; a recipient's own word is [`ContactUnsubscribed`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddressSuppressed {
    pub suppression: SuppressionId,
    pub email: EmailAddress,
    pub reason: String,
    pub at: Timestamp,
}
event!(AddressSuppressed, "crm.cadence.address.suppressed.v1", |e| e.suppression);

/// A mailbox as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mailbox {
    pub id: MailboxId,
    pub version: i64,
    /// What recipients see as the sender.
    pub address: String,
    /// Nothing leaves it.
    pub paused: bool,
}

/// A mailbox was paused, or goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailboxChanged {
    pub previous: Mailbox,
    pub current: Mailbox,
}
event!(MailboxChanged, "crm.cadence.mailbox.changed.v1", |e| e.current.id);

/// Whoever has an address was asked whether they gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfirmationSent {
    pub message: MessageId,
    /// What they gave it in.
    pub capture: CaptureId,
    pub email: EmailAddress,
    pub sent_at: Timestamp,
}
event!(ConfirmationSent, "crm.cadence.confirmation.sent.v1", |e| e.message);
