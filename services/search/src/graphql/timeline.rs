use async_graphql::{Context, Enum, ID, SimpleObject, Union};
use chrono::{DateTime, Utc};
use kernel::{Cursor, DecisionId, EnrichmentRunId, EnrollmentId, FormId, LandingPageId, PageArgs, UserId, id::TypedId};
use platform::graphql::{IntoGraphql, List, load, page};

use super::{
    loaders::{Loaders, TimelineOf},
    records::{AccountObject, ContactObject, LeadObject, OpportunityObject},
};
use crate::{
    app::Entry,
    domain::{
        document::Kind,
        timeline::{Capture, Change, EntryType, Record},
    },
};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "EntryType")]
pub enum TimelineEntryType {
    /// A lead was captured or imported.
    LeadCaptured,
    /// Fields of a lead changed.
    LeadUpdated,
    /// A lead became a contact at an account.
    LeadConverted,
    /// Leads were merged into one.
    LeadMerged,
    /// A merge of leads was taken back.
    LeadUnmerged,
    /// A form was submitted.
    CaptureReceived,
    /// An account was made.
    AccountCreated,
    /// Fields of an account changed.
    AccountUpdated,
    /// Accounts were merged into one.
    AccountMerged,
    /// A merge of accounts was taken back.
    AccountUnmerged,
    /// A contact was made.
    ContactCreated,
    /// Fields of a contact changed.
    ContactUpdated,
    /// Contacts were merged into one.
    ContactMerged,
    /// A merge of contacts was taken back.
    ContactUnmerged,
    /// A lead came into a segment.
    SegmentEntered,
    /// A lead left a segment.
    SegmentExited,
    /// A lead's address was checked.
    EmailVerified,
    /// Providers were asked about a lead.
    LeadEnriched,
    /// A lead was given to a rep.
    LeadRouted,
    /// Nobody could take a lead.
    LeadUnrouted,
    /// A lead was enrolled in a sequence.
    EnrollmentStarted,
    /// Somebody holds an enrolment.
    EnrollmentPaused,
    /// An enrolment goes on.
    EnrollmentResumed,
    /// An enrolment ended before its last step.
    EnrollmentStopped,
    /// An enrolment has come to its end.
    EnrollmentFinished,
    /// A mail was sent.
    MessageSent,
    /// Somebody said whether a mail was sent.
    MessageResolved,
    /// A person wants no more mail.
    Unsubscribed,
    /// An opportunity was opened.
    OpportunityCreated,
    /// An opportunity moved to another stage, or was won or lost.
    OpportunityStageChanged,
    /// Fields of an opportunity changed.
    OpportunityUpdated,
}

/// Something that happened to a record.
#[derive(SimpleObject)]
#[graphql(name = "TimelineEntry")]
pub struct TimelineEntryObject {
    /// Of the event that tells of it.
    id: ID,
    /// What kind of thing happened.
    r#type: TimelineEntryType,
    occurred_at: DateTime<Utc>,
    /// Who did it.
    actor: TimelineActor,
    /// What happened, in a sentence.
    title: String,
    /// The event that led to it, if one did.
    caused_by: Option<ID>,
    // Nullable, as is all that another service fills: the entry survives when that one is down.
    /// The records that it is about, but for those that you may not read.
    records: Vec<Option<TimelineRecord>>,
    /// Which fields were changed, but for those that are hidden from you.
    changes: Vec<TimelineChange>,
    /// Why the lead was routed so.
    decision: Option<DecisionReference>,
    /// What was asked and found.
    enrichment_run: Option<EnrichmentRunReference>,
    /// Of which it is a part.
    enrollment: Option<EnrollmentReference>,
    /// Through which form somebody came.
    capture: Option<TimelineCapture>,
}

/// Through which form somebody came.
#[derive(SimpleObject)]
struct TimelineCapture {
    form_id: FormId,
    /// The landing page that the form stood on, if it was one of yours.
    landing_page_id: Option<LandingPageId>,
    /// Which variant of the page they saw.
    variant: Option<String>,
}

/// Who did something.
#[derive(SimpleObject)]
struct TimelineActor {
    /// Id of a user, or a service's name.
    name: String,
    /// None if it was a service.
    user: Option<UserReference>,
}

/// A record that something happened to.
#[derive(Union)]
enum TimelineRecord {
    Lead(LeadObject),
    Account(AccountObject),
    Contact(ContactObject),
    Opportunity(OpportunityObject),
}

/// A field that was changed.
#[derive(SimpleObject)]
struct TimelineChange {
    /// In the spelling of the record's type.
    field: String,
    /// As text; an amount in minor units, with its currency.
    previous: Option<String>,
    /// As text; an amount in minor units, with its currency.
    current: Option<String>,
}

#[derive(SimpleObject)]
#[graphql(name = "User", unresolvable)]
struct UserReference {
    id: UserId,
}

#[derive(SimpleObject)]
#[graphql(name = "RoutingDecision", unresolvable)]
struct DecisionReference {
    id: DecisionId,
}

#[derive(SimpleObject)]
#[graphql(name = "EnrichmentRun", unresolvable)]
struct EnrichmentRunReference {
    id: EnrichmentRunId,
}

#[derive(SimpleObject)]
#[graphql(name = "Enrollment", unresolvable)]
struct EnrollmentReference {
    id: EnrollmentId,
}

pub type Timeline = List<TimelineEntryObject>;

/// A page of one record's timeline, read together with those of its neighbours.
pub async fn timeline(
    ctx: &Context<'_>,
    record: impl TypedId,
    first: Option<i32>,
    after: Option<String>,
    types: Option<Vec<TimelineEntryType>>,
) -> async_graphql::Result<Option<Timeline>> {
    let args = PageArgs::parse(first, after.as_deref()).graphql()?;
    let types = types.unwrap_or_default().into_iter().map(EntryType::from).collect();
    let entries = load::<Loaders, _, Vec<Entry>>(ctx, TimelineOf { record: record.uuid(), types, args }).await?;
    let cursor = |entry: &Entry| Cursor { time: entry.placed_at, id: entry.event.uuid() };
    Ok(Some(page(entries.unwrap_or_default(), args.first, Default::default(), cursor)))
}

impl From<Entry> for TimelineEntryObject {
    fn from(entry: Entry) -> Self {
        let Entry { told, actor, .. } = entry;
        let user = actor.parse().ok().map(|id| UserReference { id });
        Self {
            id: entry.event.to_string().into(),
            r#type: entry.entry_type.into(),
            occurred_at: entry.occurred_at,
            actor: TimelineActor { name: actor, user },
            title: told.title,
            caused_by: entry.cause.map(|cause| cause.to_string().into()),
            records: entry.records.into_iter().map(|record| Some(record.into())).collect(),
            changes: told.changes.into_iter().map(TimelineChange::from).collect(),
            decision: told.decision.map(|id| DecisionReference { id: id.into() }),
            enrichment_run: told.enrichment_run.map(|id| EnrichmentRunReference { id: id.into() }),
            enrollment: told.enrollment.map(|id| EnrollmentReference { id: id.into() }),
            capture: told.capture.map(TimelineCapture::from),
        }
    }
}

impl From<Record> for TimelineRecord {
    fn from(Record { kind, id }: Record) -> Self {
        match kind {
            Kind::Lead => Self::Lead(LeadObject { id: id.into() }),
            Kind::Account => Self::Account(AccountObject { id: id.into() }),
            Kind::Contact => Self::Contact(ContactObject { id: id.into() }),
            Kind::Opportunity => Self::Opportunity(OpportunityObject { id: id.into() }),
        }
    }
}

impl From<Capture> for TimelineCapture {
    fn from(Capture { form, page, variant }: Capture) -> Self {
        Self { form_id: form, landing_page_id: page, variant }
    }
}

impl From<Change> for TimelineChange {
    fn from(Change { field, previous, current, .. }: Change) -> Self {
        Self { field, previous, current }
    }
}
