use async_graphql::{Context, Object};
use platform::graphql::{IntoGraphql, Long};

use super::sizes::SegmentBandsObject;
use crate::graphql::parts;

#[derive(Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// From how many employees on an account is of which size; null if there is no such version.
    async fn segment_bands(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version in force if left out.")] version: Option<Long>,
    ) -> async_graphql::Result<Option<SegmentBandsObject>> {
        let (app, actor) = parts(ctx)?;
        let bands = app.segment_bands(actor, version.map(|version| version.0)).await.graphql()?;
        Ok(bands.map(Into::into))
    }
}
