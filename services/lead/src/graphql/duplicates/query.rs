use async_graphql::{Context, Object, connection::EmptyFields};
use kernel::{Cursor, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, page};

use super::{DuplicateObject, RecordKind};
use crate::app::App;

#[derive(Default)]
pub struct DuplicateQuery;

#[Object]
impl DuplicateQuery {
    /// Records that look like one, all of which you may read, those found last first. Of a kind of which a field is
    /// hidden from you there are none.
    async fn duplicates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        #[graphql(desc = "Between 0 and 1; all if left out.")] min_confidence: Option<f64>,
        #[graphql(desc = "Of every kind if left out.")] kind: Option<RecordKind>,
    ) -> async_graphql::Result<List<DuplicateObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let min_confidence = min_confidence.unwrap_or_default();
        let duplicates = app.duplicates(actor(ctx)?, kind.map(Into::into), min_confidence, args).await.graphql()?;
        Ok(page(duplicates, args.first, EmptyFields, |duplicate| Cursor {
            time: duplicate.created_at,
            id: duplicate.id.uuid(),
        }))
    }
}
