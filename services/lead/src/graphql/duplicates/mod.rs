//! Records that look like one.

mod mutation;
mod query;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Action, ContactId, DuplicateId, LeadId};
use platform::graphql::{IntoGraphql, actor, load};
use uuid::Uuid;

use crate::{
    app::{App, PossibleDuplicate},
    domain::{
        account::Account,
        contact::Contact,
        duplicates::{Agreement, Duplicate, Link, Reason},
        lead::Lead,
        record::Kind,
    },
    error::Error,
    graphql::{
        loaders::{DuplicatesOf, Loaders},
        types::{AccountObject, ContactObject, LeadObject},
    },
};

pub use mutation::DuplicateMutation;
pub use query::DuplicateQuery;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub enum RecordKind {
    Lead,
    Contact,
    Account,
}

/// How far two values agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Agreement")]
pub enum DuplicateAgreement {
    /// Equal, but for the way they are written.
    Exact,
    /// One mailbox, save for a tag or for dots.
    SameMailbox,
    /// A short or pet form, or another tongue's.
    Nickname,
    /// A slip of the keyboard apart.
    Close,
    /// Spelt otherwise, heard alike.
    Sounds,
    /// A part of one is the other.
    Partial,
    /// One is the other's first letter.
    Initial,
    /// Two mailboxes at one company.
    SameHouse,
    /// They speak against it.
    Differs,
}

/// Records of several kinds.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RecordSet {
    /// The ids of all of them.
    ids: Vec<ID>,
    #[graphql(skip)]
    kind: Kind,
    #[graphql(skip)]
    records: Vec<Uuid>,
}

impl RecordSet {
    pub fn new(kind: Kind, records: Vec<Uuid>) -> Self {
        Self { ids: records.iter().map(|id| ID(kind.show(*id))).collect(), kind, records }
    }
}

#[ComplexObject]
impl RecordSet {
    /// Those that are leads.
    async fn leads(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<LeadObject>> {
        let ids = self.of(Kind::Lead).map(LeadId::from);
        let loads = ids.map(|id| load::<Loaders, _, Lead>(ctx, id));
        Ok(futures::future::try_join_all(loads).await?.into_iter().flatten().map(Into::into).collect())
    }

    /// Those that are contacts.
    async fn contacts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ContactObject>> {
        let ids = self.of(Kind::Contact).map(ContactId::from);
        let loads = ids.map(|id| load::<Loaders, _, Contact>(ctx, id));
        Ok(futures::future::try_join_all(loads).await?.into_iter().flatten().map(Into::into).collect())
    }

    /// Those that are accounts.
    async fn accounts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<AccountObject>> {
        let ids = self.of(Kind::Account).map(AccountId::from);
        let loads = ids.map(|id| load::<Loaders, _, Account>(ctx, id));
        Ok(futures::future::try_join_all(loads).await?.into_iter().flatten().map(Into::into).collect())
    }
}

impl RecordSet {
    fn of(&self, kind: Kind) -> impl Iterator<Item = Uuid> {
        self.records.iter().filter(move |_| self.kind == kind).copied()
    }
}

/// Records that look like one.
#[derive(SimpleObject)]
#[graphql(name = "Duplicate")]
pub struct DuplicateObject {
    id: DuplicateId,
    kind: RecordKind,
    members: RecordSet,
    /// The probability, between 0 and 1, of the weakest link that holds them together.
    confidence: f64,
    /// Whether nothing speaks against merging them without asking anybody: never where two of them are identified, each
    /// by an address of their own.
    may_merge_unasked: bool,
    /// Why: what holds them together, the strongest first.
    links: Vec<DuplicateLink>,
    /// When it was found.
    created_at: DateTime<Utc>,
}

/// Why two records look like one.
#[derive(SimpleObject)]
pub struct DuplicateLink {
    one_id: ID,
    other_id: ID,
    /// Between 0 and 1.
    probability: f64,
    reasons: Vec<DuplicateReason>,
}

/// What two records say of one thing, and how much that means.
#[derive(SimpleObject)]
pub struct DuplicateReason {
    /// `firstName`, `lastName`, `generation`, `email`, `phone`, `company`, `name`, `domain` or `country`.
    field: String,
    agreement: DuplicateAgreement,
    /// Bits for (or, negative, against) their being one.
    weight: f64,
}

/// A lead that a captured one looks like.
#[derive(SimpleObject)]
#[graphql(name = "PossibleDuplicate")]
pub struct PossibleDuplicateObject {
    lead: LeadObject,
    /// The probability, between 0 and 1, that the two are one.
    confidence: f64,
    reasons: Vec<DuplicateReason>,
}

impl From<Duplicate> for DuplicateObject {
    fn from(duplicate: Duplicate) -> Self {
        let Duplicate { id, workspace: _, kind, confidence, may_merge_unasked, found, created_at } = duplicate;
        let links = found.links.into_iter().map(|link| DuplicateLink {
            one_id: ID(kind.show(link.one)),
            other_id: ID(kind.show(link.other)),
            probability: link.probability,
            reasons: reasons(link),
        });
        Self {
            id,
            kind: kind.into(),
            confidence,
            may_merge_unasked,
            links: links.collect(),
            members: RecordSet::new(kind, found.members),
            created_at,
        }
    }
}

impl From<PossibleDuplicate> for PossibleDuplicateObject {
    fn from(possible: PossibleDuplicate) -> Self {
        let PossibleDuplicate { lead, link } = possible;
        Self { lead: lead.into(), confidence: link.probability, reasons: reasons(link) }
    }
}

fn reasons(link: Link) -> Vec<DuplicateReason> {
    let reason = |Reason { field, agreement, weight }: Reason| {
        let agreement = agreement.into();
        DuplicateReason { field, agreement, weight }
    };
    link.reasons.into_iter().map(reason).collect()
}

/// The duplicates that a record is in; null to somebody from whom a field of such records is hidden.
pub async fn duplicates_of(
    ctx: &Context<'_>,
    kind: Kind,
    record: Uuid,
) -> async_graphql::Result<Option<Vec<DuplicateObject>>> {
    let access = &actor(ctx)?.access;
    if access.hides_some(kind.object()) || access.require_some(kind.object(), Action::Read).is_err() {
        return Ok(None);
    }
    let duplicates: Option<Vec<Duplicate>> = load::<Loaders, _, _>(ctx, DuplicatesOf { kind, record }).await?;
    Ok(Some(duplicates.unwrap_or_default().into_iter().map(Into::into).collect()))
}

/// What a captured lead looks like.
#[derive(Default)]
pub struct PossibleDuplicates(pub Option<LeadId>);

#[Object]
impl PossibleDuplicates {
    /// Leads that it looks like and that you may read, the likeliest first; at most ten.
    async fn possible_duplicates(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PossibleDuplicateObject>> {
        let app: &App = ctx.data_unchecked();
        let reads = actor(ctx)?.access.require_some(Kind::Lead.object(), Action::Read).is_ok();
        let Some(lead) = self.0.filter(|_| reads) else {
            return Ok(Vec::new());
        };
        let possible = app.possible_duplicates(actor(ctx)?, lead).await.graphql()?;
        Ok(possible.into_iter().map(Into::into).collect())
    }
}

/// Records that are not one.
#[derive(InputObject)]
pub struct DismissDuplicateInput {
    pub kind: RecordKind,
    /// Between 2 and 50 of them: no two are one.
    pub ids: Vec<ID>,
}

/// Reads ids of a kind.
pub fn record_ids(kind: Kind, field: &'static str, ids: &[ID]) -> Result<Vec<Uuid>, Error> {
    let invalid = || Error::Invalid {
        code: kernel::Code::InvalidId,
        field,
        reason: format!("not the id of a record of kind {}", kind.object()),
    };
    ids.iter().map(|id| kind.parse(id).ok_or_else(invalid)).collect()
}
