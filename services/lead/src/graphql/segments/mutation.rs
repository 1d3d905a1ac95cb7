use async_graphql::{Context, Object, SimpleObject};
use kernel::SegmentId;
use platform::graphql::{UserError, mutation};

use super::{CreateSegmentInput, DeleteSegmentInput, SegmentObject, UpdateSegmentInput};
use crate::graphql::parts;

#[derive(Default)]
pub struct SegmentMutation;

/// What `createSegment` answers.
#[derive(SimpleObject)]
struct CreateSegmentPayload {
    segment: Option<SegmentObject>,
    errors: Vec<UserError>,
}

/// What `updateSegment` answers.
#[derive(SimpleObject)]
struct UpdateSegmentPayload {
    segment: Option<SegmentObject>,
    errors: Vec<UserError>,
}

/// What `deleteSegment` answers.
#[derive(SimpleObject)]
struct DeleteSegmentPayload {
    /// The segment that is gone.
    deleted_id: Option<SegmentId>,
    errors: Vec<UserError>,
}

#[Object]
impl SegmentMutation {
    /// Keeps together the leads that fit a definition. An error in the definition says in which line and column it is.
    async fn create_segment(
        &self,
        ctx: &Context<'_>,
        input: CreateSegmentInput,
    ) -> async_graphql::Result<CreateSegmentPayload> {
        let (app, actor) = parts(ctx)?;
        let (segment, errors) = mutation(async { app.create_segment(actor, input.try_into()?).await }.await)?;
        Ok(CreateSegmentPayload { segment: segment.map(Into::into), errors })
    }

    /// Changes what is given. Under another definition leads come and go.
    async fn update_segment(
        &self,
        ctx: &Context<'_>,
        input: UpdateSegmentInput,
    ) -> async_graphql::Result<UpdateSegmentPayload> {
        let (app, actor) = parts(ctx)?;
        let (segment, errors) = mutation(async { app.update_segment(actor, input.try_into()?).await }.await)?;
        Ok(UpdateSegmentPayload { segment: segment.map(Into::into), errors })
    }

    /// Deletes a segment; its leads stay.
    async fn delete_segment(
        &self,
        ctx: &Context<'_>,
        input: DeleteSegmentInput,
    ) -> async_graphql::Result<DeleteSegmentPayload> {
        let (app, actor) = parts(ctx)?;
        let (deleted_id, errors) = mutation(app.delete_segment(actor, input.id).await)?;
        Ok(DeleteSegmentPayload { deleted_id, errors })
    }
}
