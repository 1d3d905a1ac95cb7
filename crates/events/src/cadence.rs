//! Published by the cadence service.

use kernel::{EmailAddress, EnrollmentId, LeadId, MessageId, SequenceId, Timestamp};
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactUnsubscribed {
    pub lead: LeadId,
    pub email: EmailAddress,
    pub at: Timestamp,
}
event!(ContactUnsubscribed, "crm.cadence.contact.unsubscribed.v1", |e| e.lead);
