//! Segments of leads.

mod mutation;
mod query;

use async_graphql::{ComplexObject, Context, InputObject, MaybeUndefined, SimpleObject};
use chrono::{DateTime, Utc};
use filter::Explanation;
use kernel::{Code, Coded, Cursor, PageArgs, SegmentId, id::TypedId};
use platform::graphql::{IntoGraphql, List, Long, actor, load, needed_if_given, page};

use crate::{
    app::{App, CreateSegment, SegmentOverlap, UpdateSegment, Why},
    domain::{lead::Lead, segment::Segment},
    error::Error,
    graphql::{
        inputs::text,
        loaders::{Loaders, PageOf},
        types::{LeadObject, LeadTotal, count_of},
    },
    store::leads::LeadFilter,
};

pub use mutation::SegmentMutation;
pub use query::SegmentQuery;

/// Leads that fit a definition. A lead comes in and goes out with the change that makes it fit or not.
#[derive(SimpleObject)]
#[graphql(complex, name = "Segment")]
pub struct SegmentObject {
    id: SegmentId,
    /// Grows by one with every change; give it to `updateSegment` to refuse overwriting somebody else's.
    version: Long,
    /// Unique in the workspace.
    name: String,
    /// False while leads that were there before the definition have yet to be looked at: `leads` and `count` are then
    /// not final.
    ready: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[graphql(skip)]
    segment: Segment,
}

impl From<Segment> for SegmentObject {
    fn from(segment: Segment) -> Self {
        Self {
            id: segment.id,
            version: Long(segment.version),
            name: segment.name.clone(),
            ready: segment.ready,
            created_at: segment.created_at,
            updated_at: segment.updated_at,
            segment,
        }
    }
}

#[ComplexObject]
impl SegmentObject {
    /// Which leads are in it, in the filter language; null if it asks for a field that is hidden from you.
    async fn definition(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        Ok(self.is_shown(ctx)?.then(|| self.segment.definition.clone()))
    }

    /// How many leads that you may read are in it; null if the definition asks for a field that is hidden from you.
    async fn count(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Long>> {
        if self.is_shown(ctx)? { count_of(ctx, self.id).await.map(Some) } else { Ok(None) }
    }

    /// The leads in it that you may read, newest first; null if the definition asks for a field that is hidden from you.
    async fn leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<Option<List<LeadObject, LeadTotal>>> {
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        if !self.is_shown(ctx)? {
            return Ok(None);
        }
        let leads: Option<Vec<Lead>> = load::<Loaders, _, _>(ctx, PageOf { segment: self.id, args }).await?;
        Ok(Some(listed(leads.unwrap_or_default(), args, LeadTotal::In(self.id))))
    }
}

impl SegmentObject {
    /// Whether the actor may know who is in it, and why.
    fn is_shown(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let app: &App = ctx.data_unchecked();
        match app.require_shown(actor(ctx)?, &self.segment) {
            Err(error) if error.code() == Code::Forbidden => Ok(false),
            shown => shown.map(|()| true).graphql(),
        }
    }
}

/// A page of the leads that a filter finds.
pub async fn leads(
    ctx: &Context<'_>,
    filter: LeadFilter,
    args: PageArgs,
) -> async_graphql::Result<List<LeadObject, LeadTotal>> {
    let app: &App = ctx.data_unchecked();
    let leads = app.leads(actor(ctx)?, &filter, args).await.graphql()?;
    Ok(listed(leads, args, LeadTotal::Found(Box::new(filter))))
}

fn listed(leads: Vec<Lead>, args: PageArgs, total: LeadTotal) -> List<LeadObject, LeadTotal> {
    page(leads, args.first, total, |lead| Cursor { time: lead.created_at, id: lead.id.uuid() })
}

/// Of the leads that you may read.
#[derive(SimpleObject)]
#[graphql(name = "SegmentOverlap")]
pub struct OverlapObject {
    /// In both segments.
    both: Long,
    /// In the left one and not in the right one.
    only_left: Long,
    /// In the right one and not in the left one.
    only_right: Long,
}

impl From<SegmentOverlap> for OverlapObject {
    fn from(overlap: SegmentOverlap) -> Self {
        let SegmentOverlap { both, only_left, only_right } = overlap;
        Self { both: Long(both), only_left: Long(only_left), only_right: Long(only_right) }
    }
}

/// A lead held against the definition of a segment, as both stand now.
#[derive(SimpleObject)]
pub struct WhyInSegment {
    lead: LeadObject,
    segment: SegmentObject,
    /// Whether the lead fits the definition.
    fits: bool,
    /// Since when it is in the segment; null if it is not.
    entered_at: Option<DateTime<Utc>>,
    /// The reasons, in the shape of the definition.
    because: FilterExplanation,
    /// The same as text, a line for each part.
    text: String,
}

impl From<Why> for WhyInSegment {
    fn from(why: Why) -> Self {
        Self {
            lead: why.lead.into(),
            segment: why.segment.into(),
            fits: why.explanation.held,
            entered_at: why.entered_at,
            text: why.explanation.to_string(),
            because: why.explanation.into(),
        }
    }
}

/// Whether a part of a filter holds, and why.
#[derive(SimpleObject)]
pub struct FilterExplanation {
    /// The part, in the filter language.
    condition: String,
    held: bool,
    /// What a single condition found: a value, or `unknown`. Null for what consists of others.
    seen: Option<String>,
    /// The parts of it: all of them, also where one would have decided.
    because: Vec<FilterExplanation>,
}

impl From<Explanation> for FilterExplanation {
    fn from(explanation: Explanation) -> Self {
        let Explanation { condition, held, seen, because } = explanation;
        Self { condition, held, seen, because: because.into_iter().map(Self::from).collect() }
    }
}

/// Which leads to keep together.
#[derive(InputObject)]
pub struct CreateSegmentInput {
    /// Unique in the workspace.
    pub name: String,
    /// In the filter language, for example `country in ("DE", "FR") and not title contains "intern"`.
    pub definition: String,
    /// Any text you choose, a UUID say: the same key and input again give the first answer.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is; nothing of it may be null.
#[derive(InputObject)]
pub struct UpdateSegmentInput {
    pub id: SegmentId,
    /// The version you read; the update is refused if the segment has changed since.
    pub version: Option<Long>,
    /// Unique in the workspace.
    pub name: MaybeUndefined<String>,
    /// In the filter language; every lead is then looked at again.
    pub definition: MaybeUndefined<String>,
}

/// Which segment to delete.
#[derive(InputObject)]
pub struct DeleteSegmentInput {
    pub id: SegmentId,
}

impl TryFrom<CreateSegmentInput> for CreateSegment {
    type Error = Error;
    fn try_from(input: CreateSegmentInput) -> Result<Self, Error> {
        let CreateSegmentInput { name, definition, idempotency_key } = input;
        Ok(Self { name: given(name)?, definition, idempotency_key })
    }
}

impl TryFrom<UpdateSegmentInput> for UpdateSegment {
    type Error = Error;
    fn try_from(input: UpdateSegmentInput) -> Result<Self, Error> {
        let UpdateSegmentInput { id, version, name, definition } = input;
        let name = needed_if_given("name", name)?.map(given).transpose()?;
        let definition = needed_if_given("definition", definition)?;
        Ok(Self { id, name, definition, version: version.map(|version| version.0) })
    }
}

fn given(name: String) -> Result<String, Error> {
    let blank = || Error::Invalid { code: Code::Required, field: "name", reason: "a segment needs a name".to_owned() };
    text("name", Some(name))?.ok_or_else(blank)
}
