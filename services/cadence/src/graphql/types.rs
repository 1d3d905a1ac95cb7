use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{Actor, EnrollmentId, LeadId, MailboxId, MessageId, SequenceId, StepId, SuppressionId};
use platform::graphql::{IntoGraphql, Long, actor, load};

use super::loaders::{Loaders, MessagesOf, OfLead};
use crate::{
    app::App,
    domain::{
        enrollment::{self, Enrollment},
        gate,
        mailbox::Mailbox,
        message::{self, Message},
        sequence::{Sequence, Step},
        suppression::{self, Suppression},
        template::LEAD_FIELDS,
    },
};

/// How far an enrolment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enrollment::EnrollmentState")]
pub enum EnrollmentState {
    /// Its messages leave when they are due.
    Active,
    /// Nothing leaves until it is resumed.
    Paused,
    /// Ended before its last step.
    Stopped,
    /// Every step was sent.
    Finished,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "message::MessageState")]
pub enum MessageState {
    /// Waits for its time.
    Queued,
    /// Being handed over.
    Sending,
    /// The mail server, or the mail folder, has taken it.
    Sent,
    /// The send gate said no; see `decision`.
    Refused,
    /// The mail server said no for good, or never took it.
    Failed,
    /// It may have been sent or not; `resolveUncertainMessage` takes your word on it.
    Uncertain,
    /// The enrolment ended first.
    Cancelled,
}

/// Who wanted an address suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "suppression::Source")]
pub enum SuppressionSource {
    /// The recipient asked for it.
    Unsubscribed,
    /// Somebody on our side did.
    Manual,
}

// The lead service describes it; this service adds its enrolments.
#[derive(SimpleObject)]
#[graphql(complex, name = "Lead")]
pub struct LeadObject {
    pub id: LeadId,
}

#[ComplexObject]
impl LeadObject {
    /// The lead's enrolments, newest first, at most 20.
    async fn enrollments(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<EnrollmentObject>>> {
        let enrollments = load::<Loaders, _, _>(ctx, OfLead(self.id)).await?.unwrap_or_default();
        Ok(Some(enrollments.into_iter().map(EnrollmentObject::from).collect()))
    }
}

/// A lead's way through a sequence.
#[derive(SimpleObject)]
#[graphql(complex, name = "Enrollment")]
pub struct EnrollmentObject {
    id: EnrollmentId,
    /// How far it has come.
    state: EnrollmentState,
    started_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[graphql(skip)]
    enrollment: Enrollment,
}

#[ComplexObject]
impl EnrollmentObject {
    /// The version it began with, and goes on with.
    async fn sequence(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<SequenceObject>> {
        Ok(load::<Loaders, _, _>(ctx, self.enrollment.sequence).await?.map(|sequence: Sequence| sequence.into()))
    }

    // Nullable, as is all that another service fills: the enrolment survives when that one is down.
    /// Whom it writes to.
    async fn lead(&self) -> Option<LeadObject> {
        Some(LeadObject { id: self.enrollment.lead })
    }

    /// Where it stands, in a sentence.
    async fn why(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(self.enrollment.why(&self.load_messages(ctx).await?))
    }

    /// When the next message leaves, if one is to.
    async fn next_step_at(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DateTime<Utc>>> {
        Ok(self.enrollment.next_step_at(&self.load_messages(ctx).await?))
    }

    /// One for each step that was reached, by step.
    async fn messages(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<MessageObject>> {
        Ok(self.load_messages(ctx).await?.into_iter().map(MessageObject::from).collect())
    }
}

impl EnrollmentObject {
    async fn load_messages(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Message>> {
        Ok(load::<Loaders, _, _>(ctx, MessagesOf(self.enrollment.id)).await?.unwrap_or_default())
    }
}

impl From<Enrollment> for EnrollmentObject {
    fn from(enrollment: Enrollment) -> Self {
        let Enrollment { id, state, started_at, updated_at, .. } = enrollment;
        Self { id, state: state.into(), started_at, updated_at, enrollment }
    }
}

/// A mail of an enrolment.
#[derive(SimpleObject)]
#[graphql(complex, name = "Message")]
pub struct MessageObject {
    id: MessageId,
    /// Position of its step, from 1.
    step: Long,
    /// How far it has come.
    state: MessageState,
    /// When it leaves, or left, at the earliest.
    due_at: DateTime<Utc>,
    /// When the mail server took it.
    sent_at: Option<DateTime<Utc>>,
    /// How often it was handed over, or nearly.
    attempts: Long,
    /// What holds it back, or what the last attempt ended with.
    trouble: Option<String>,
    /// The send gate's last word on it; null until it was due.
    decision: Option<SendDecision>,
    #[graphql(skip)]
    enrollment_id: EnrollmentId,
    #[graphql(skip)]
    rendered_subject: Option<String>,
}

#[ComplexObject]
impl MessageObject {
    /// As it was sent; null until then, and to those from whom first names, last names or companies of leads are
    /// hidden, for it may tell them.
    async fn subject(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let access = &actor(ctx)?.access;
        let hidden = LEAD_FIELDS.iter().any(|field| access.hides(kernel::Object::Lead, field));
        Ok(self.rendered_subject.clone().filter(|_| !hidden))
    }

    /// Whose message it is.
    async fn enrollment(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<EnrollmentObject>> {
        Ok(load::<Loaders, _, _>(ctx, self.enrollment_id).await?.map(|enrollment: Enrollment| enrollment.into()))
    }
}

impl From<Message> for MessageObject {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            step: Long(message.position),
            state: message.state.into(),
            due_at: message.due_at,
            sent_at: message.sent_at,
            attempts: Long(message.attempts),
            trouble: message.trouble,
            decision: message.decision.map(SendDecision::from),
            enrollment_id: message.enrollment,
            rendered_subject: message.subject,
        }
    }
}

/// Whether a message was let through, and why not.
#[derive(SimpleObject)]
pub struct SendDecision {
    /// Whether it was let through.
    allowed: bool,
    /// Empty if it was.
    reasons: Vec<String>,
    /// Of the send gate; another rule is another version.
    rule_version: Long,
    decided_at: DateTime<Utc>,
}

impl From<kernel::Decision> for SendDecision {
    fn from(decision: kernel::Decision) -> Self {
        Self {
            allowed: decision.outcome == gate::ALLOWED,
            reasons: gate::reasons(&decision),
            rule_version: Long(decision.rule_version),
            decided_at: decision.decided_at,
        }
    }
}

/// A series of messages with pauses between them.
#[derive(SimpleObject)]
#[graphql(name = "Sequence")]
pub struct SequenceObject {
    id: SequenceId,
    name: String,
    /// A version never changes; an edit makes the next one.
    version: Long,
    created_at: DateTime<Utc>,
    /// In the order in which they are sent.
    steps: Vec<StepObject>,
}

/// One message of a sequence, as a template.
#[derive(SimpleObject)]
#[graphql(name = "SequenceStep")]
pub struct StepObject {
    id: StepId,
    /// From 1.
    position: Long,
    /// After the step before, or the enrolment.
    delay_days: Long,
    /// With `{{token}}` and `{{token|fallback}}`.
    subject: String,
    /// Plain text, with the same tokens.
    body: String,
}

impl From<Sequence> for SequenceObject {
    fn from(sequence: Sequence) -> Self {
        let Sequence { id, name, version, created_at, steps, .. } = sequence;
        Self { id, name, version: Long(version), created_at, steps: steps.into_iter().map(StepObject::from).collect() }
    }
}

impl From<Step> for StepObject {
    fn from(step: Step) -> Self {
        let Step { id, position, delay_days, subject, body } = step;
        Self { id, position: Long(position), delay_days: Long(delay_days), subject, body }
    }
}

/// An address nobody writes to.
#[derive(SimpleObject)]
#[graphql(name = "Suppression")]
pub struct SuppressionObject {
    id: SuppressionId,
    email: String,
    /// Who wanted it.
    source: SuppressionSource,
    /// Why, in their words or ours.
    reason: String,
    created_at: DateTime<Utc>,
}

impl From<Suppression> for SuppressionObject {
    fn from(suppression: Suppression) -> Self {
        let Suppression { id, email, source, reason, created_at, .. } = suppression;
        Self { id, email: email.into_string(), source: source.into(), reason, created_at }
    }
}

/// Where the workspace's mail comes from.
#[derive(SimpleObject)]
#[graphql(name = "Mailbox")]
pub struct MailboxObject {
    id: MailboxId,
    /// What recipients see as the sender.
    address: String,
    /// Nothing leaves it; what is due waits.
    paused: bool,
    created_at: DateTime<Utc>,
}

impl From<Mailbox> for MailboxObject {
    fn from(mailbox: Mailbox) -> Self {
        let Mailbox { id, address, paused, created_at, .. } = mailbox;
        Self { id, address, paused, created_at }
    }
}

/// Counts only when asked.
pub struct MessageTotal(pub Option<message::MessageState>);

#[Object]
impl MessageTotal {
    /// How many messages the filter finds, on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<Long> {
        let (app, actor): (&App, &Actor) = (ctx.data_unchecked(), actor(ctx)?);
        app.count_messages(actor, self.0).await.graphql().map(Long)
    }
}
