use async_graphql::{Context, ID, Object, SimpleObject};
use platform::graphql::{UserError, mutation};

use super::{DismissDuplicateInput, record_ids};
use crate::{domain::record::Kind, graphql::parts};

#[derive(Default)]
pub struct DuplicateMutation;

/// What `dismissDuplicate` answers.
#[derive(SimpleObject)]
struct DismissDuplicatePayload {
    /// The records that are not one.
    dismissed_ids: Vec<ID>,
    errors: Vec<UserError>,
}

#[Object]
impl DuplicateMutation {
    /// Says that no two of these records are one, which is remembered for good: they are not shown as duplicates again.
    async fn dismiss_duplicate(
        &self,
        ctx: &Context<'_>,
        input: DismissDuplicateInput,
    ) -> async_graphql::Result<DismissDuplicatePayload> {
        let (app, actor) = parts(ctx)?;
        let kind: Kind = input.kind.into();
        let dismissed = async { app.dismiss_duplicate(actor, kind, record_ids(kind, "ids", &input.ids)?).await }.await;
        let (ids, errors) = mutation(dismissed)?;
        let dismissed_ids = ids.unwrap_or_default().into_iter().map(|id| ID(kind.show(id))).collect();
        Ok(DismissDuplicatePayload { dismissed_ids, errors })
    }
}
