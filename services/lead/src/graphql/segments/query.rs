use async_graphql::{Context, Object, connection::EmptyFields};
use kernel::{Cursor, LeadId, PageArgs, SegmentId, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, page};

use super::{OverlapObject, SegmentObject, WhyInSegment, leads};
use crate::{
    app::App,
    graphql::types::{LeadObject, LeadTotal},
};

#[derive(Default)]
pub struct SegmentQuery;

#[Object]
impl SegmentQuery {
    /// One segment by its id; null if there is none.
    async fn segment(&self, ctx: &Context<'_>, id: SegmentId) -> async_graphql::Result<Option<SegmentObject>> {
        let app: &App = ctx.data_unchecked();
        Ok(app.segment(actor(ctx)?, id).await.graphql()?.map(SegmentObject::from))
    }

    /// The workspace's segments, newest first.
    async fn segments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<SegmentObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let segments = app.segments(actor(ctx)?, args).await.graphql()?;
        Ok(page(segments, args.first, EmptyFields, |segment| Cursor {
            time: segment.created_at,
            id: segment.id.uuid(),
        }))
    }

    /// The leads that would be in a segment with this definition, newest first. Nothing is saved.
    async fn segment_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In the filter language.")] definition: String,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<LeadObject, LeadTotal>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let filter = app.preview_segment(actor(ctx)?, &definition).graphql()?;
        leads(ctx, filter, args).await
    }

    /// How many leads two segments share.
    async fn segment_overlap(
        &self,
        ctx: &Context<'_>,
        left_id: SegmentId,
        right_id: SegmentId,
    ) -> async_graphql::Result<OverlapObject> {
        let app: &App = ctx.data_unchecked();
        app.segment_overlap(actor(ctx)?, left_id, right_id).await.graphql().map(Into::into)
    }

    /// Why a lead is in a segment or is not.
    async fn why_in_segment(
        &self,
        ctx: &Context<'_>,
        lead_id: LeadId,
        segment_id: SegmentId,
    ) -> async_graphql::Result<WhyInSegment> {
        let app: &App = ctx.data_unchecked();
        app.why_in_segment(actor(ctx)?, lead_id, segment_id).await.graphql().map(Into::into)
    }
}
