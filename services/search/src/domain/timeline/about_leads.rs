//! What happens to leads, and to the contacts that they become.

use events::{
    Envelope,
    cadence::{
        ContactUnsubscribed, Enrollment, EnrollmentFinished, EnrollmentPaused, EnrollmentResumed, EnrollmentStarted,
        EnrollmentStopped, MessageResolved, MessageSent, MessageState,
    },
    enrichment::{EmailVerified, LeadEnriched, RunStatus, Verdict},
    lead::{CaptureReceived, Lead, LeadCaptured, LeadConverted, LeadUpdated, SegmentEntered, SegmentExited},
    routing::{LeadRouted, LeadUnrouted},
};
use kernel::{EnrollmentId, LeadId, id::TypedId};

use super::{Capture, EntryType, FIRST, Happening, Record, changes::changes};
use crate::domain::document::Kind;

pub fn captured(event: &Envelope, LeadCaptured { current }: &LeadCaptured) -> Happening {
    let title = format!("The lead was captured from {}", current.source);
    state(Happening::new(event, EntryType::LeadCaptured, title), current)
}

pub fn updated(event: &Envelope, LeadUpdated { current, .. }: &LeadUpdated) -> Happening {
    changed(event, state(Happening::new(event, EntryType::LeadUpdated, "The lead was changed"), current), current.id)
}

pub fn converted(event: &Envelope, converted: &LeadConverted) -> Happening {
    let LeadConverted { current, contact, account, opportunity, .. } = converted;
    let title = "The lead became a contact";
    let told = Happening::new(event, EntryType::LeadConverted, title)
        .about(Kind::Lead, current.id)
        .about(Kind::Contact, *contact)
        .about(Kind::Account, *account)
        .state_of(current.id, current.version)
        .tie((current.id, current.version), Kind::Account, Some(*account))
        .tie((current.id, current.version), Kind::Contact, Some(*contact));
    let told = match opportunity {
        Some(opportunity) => told.about(Kind::Opportunity, opportunity.id),
        None => told,
    };
    changed(event, told, current.id)
}

/// The lead's state, and to which account it belongs.
fn state(told: Happening, lead: &Lead) -> Happening {
    told.about(Kind::Lead, lead.id).state_of(lead.id, lead.version).tie(
        (lead.id, lead.version),
        Kind::Account,
        lead.account,
    )
}

fn changed(event: &Envelope, mut told: Happening, lead: LeadId) -> Happening {
    told.told.changes = changes(Record { kind: Kind::Lead, id: lead.uuid() }, event);
    told
}

/// Something that is no state of the lead itself.
fn about(event: &Envelope, entry_type: EntryType, lead: LeadId, title: impl Into<String>) -> Happening {
    Happening::new(event, entry_type, title).about(Kind::Lead, lead).part_of(lead)
}

/// What was given stays out: it is the lead's fields, which not everybody sees.
pub fn submitted(event: &Envelope, received: &CaptureReceived) -> Happening {
    let title = if received.created { "A form was submitted, and the lead made of it" } else { "A form was submitted" };
    let mut told = about(event, EntryType::CaptureReceived, received.lead, title);
    let CaptureReceived { form, page, variant, .. } = received;
    told.told.capture = Some(Capture { form: *form, page: *page, variant: variant.clone() });
    told
}

pub fn segment_entered(event: &Envelope, entered: &SegmentEntered) -> Happening {
    about(event, EntryType::SegmentEntered, entered.lead, "The lead came into a segment")
}

pub fn segment_exited(event: &Envelope, exited: &SegmentExited) -> Happening {
    about(event, EntryType::SegmentExited, exited.lead, "The lead left a segment")
}

pub fn verified(event: &Envelope, verified: &EmailVerified) -> Happening {
    let verdict = match verified.verdict {
        Verdict::Valid => "is good",
        Verdict::Risky => "is risky",
        Verdict::Invalid => "is not good",
        Verdict::Unknown => "may be good or not",
    };
    about(event, EntryType::EmailVerified, verified.lead, format!("The e-mail address {verdict}"))
}

pub fn enriched(event: &Envelope, enriched: &LeadEnriched) -> Happening {
    let found = match enriched.status {
        RunStatus::Complete => "everything",
        RunStatus::Partial => "something",
        RunStatus::Empty => "nothing",
    };
    let title = format!("Looked up the lead and found {found}");
    let mut told = about(event, EntryType::LeadEnriched, enriched.lead, title);
    told.told.enrichment_run = Some(enriched.run.uuid());
    told
}

pub fn routed(event: &Envelope, routed: &LeadRouted) -> Happening {
    let title = format!("The lead was given to {}", routed.owner.name);
    let mut told = about(event, EntryType::LeadRouted, routed.lead, title);
    told.told.decision = Some(routed.decision.uuid());
    told
}

pub fn unrouted(event: &Envelope, unrouted: &LeadUnrouted) -> Happening {
    let title = format!("Nobody could take the lead: {}", unrouted.reason);
    let mut told = about(event, EntryType::LeadUnrouted, unrouted.lead, title);
    told.told.decision = Some(unrouted.decision.uuid());
    told
}

pub fn enrolled(event: &Envelope, started: &EnrollmentStarted) -> Happening {
    let mut told = about(event, EntryType::EnrollmentStarted, started.lead, "The lead was enrolled in a sequence")
        .state_of(started.enrollment, FIRST);
    told.told.enrollment = Some(started.enrollment.uuid());
    told
}

pub fn paused(event: &Envelope, EnrollmentPaused { current, .. }: &EnrollmentPaused) -> Happening {
    held(event, EntryType::EnrollmentPaused, current, "The sequence was paused")
}

pub fn resumed(event: &Envelope, EnrollmentResumed { current, .. }: &EnrollmentResumed) -> Happening {
    held(event, EntryType::EnrollmentResumed, current, "The sequence goes on")
}

fn held(event: &Envelope, entry_type: EntryType, enrollment: &Enrollment, title: &str) -> Happening {
    in_enrollment(event, entry_type, (enrollment.id, enrollment.lead), title)
}

pub fn stopped(event: &Envelope, stopped: &EnrollmentStopped) -> Happening {
    let title = format!("The sequence was stopped: {}", stopped.why);
    in_enrollment(event, EntryType::EnrollmentStopped, (stopped.enrollment, stopped.lead), title)
}

pub fn finished(event: &Envelope, finished: &EnrollmentFinished) -> Happening {
    let title = "The sequence has come to its end";
    in_enrollment(event, EntryType::EnrollmentFinished, (finished.enrollment, finished.lead), title)
}

pub fn sent(event: &Envelope, sent: &MessageSent) -> Happening {
    let title = format!("Mail {} of the sequence was sent", sent.step);
    in_enrollment(event, EntryType::MessageSent, (sent.enrollment, sent.lead), title)
}

pub fn resolved(event: &Envelope, MessageResolved { current, .. }: &MessageResolved) -> Happening {
    let outcome = if current.state == MessageState::Sent { "was sent" } else { "was not sent" };
    let title = format!("Somebody said that mail {} of the sequence {outcome}", current.step);
    in_enrollment(event, EntryType::MessageResolved, (current.enrollment, current.lead), title)
}

/// Something that follows the enrolment's beginning.
fn in_enrollment(
    event: &Envelope,
    entry_type: EntryType,
    (enrollment, lead): (EnrollmentId, LeadId),
    title: impl Into<String>,
) -> Happening {
    let mut told = Happening::new(event, entry_type, title).about(Kind::Lead, lead).part_of(enrollment);
    told.told.enrollment = Some(enrollment.uuid());
    told
}

pub fn unsubscribed(event: &Envelope, unsubscribed: &ContactUnsubscribed) -> Happening {
    about(event, EntryType::Unsubscribed, unsubscribed.lead, "The person wants no more mail")
}
