use async_graphql::{Context, ID, Object};
use platform::graphql::{IntoGraphql, actor};

use super::{
    MergeObject, MergePolicy, MergePreview,
    inputs::{MergeChoiceInput, each, plan},
};
use crate::{
    app::{App, MergeRecords},
    domain::record::Kind,
    error::Error,
    graphql::duplicates::{RecordKind, record_ids},
};

#[derive(Default)]
pub struct MergeQuery;

#[Object]
impl MergeQuery {
    /// What merging these records would make of each field. Nothing is saved.
    async fn merge_preview(
        &self,
        ctx: &Context<'_>,
        kind: RecordKind,
        #[graphql(desc = "The record that stays.")] survivor_id: ID,
        #[graphql(desc = "Up to 20 that are merged into it.")] other_ids: Vec<ID>,
        #[graphql(desc = "For every field without a choice of its own; `SURVIVOR` if left out.")] policy: Option<
            MergePolicy,
        >,
        choices: Option<Vec<MergeChoiceInput>>,
    ) -> async_graphql::Result<MergePreview> {
        let app: &App = ctx.data_unchecked();
        let kind: Kind = kind.into();
        let missing = Error::not_found("record", "survivorId");
        let survivor = record_ids(kind, "survivorId", &[survivor_id]).graphql()?.pop().ok_or(missing).graphql()?;
        let input = MergeRecords {
            kind,
            survivor,
            others: each(record_ids(kind, "otherIds", &other_ids).graphql()?),
            plan: plan(kind, policy, choices).graphql()?,
            version: None,
            idempotency_key: None,
        };
        let preview = app.merge_preview(actor(ctx)?, &input).await.graphql()?;
        Ok(MergePreview::new(kind, preview))
    }

    /// The merges of a record, as the one that stayed or as one that went, newest first; those taken back too.
    async fn merges(
        &self,
        ctx: &Context<'_>,
        kind: RecordKind,
        record_id: ID,
    ) -> async_graphql::Result<Vec<MergeObject>> {
        let app: &App = ctx.data_unchecked();
        let kind: Kind = kind.into();
        let Some(record) = record_ids(kind, "recordId", &[record_id]).graphql()?.pop() else { return Ok(Vec::new()) };
        let merges = app.merges(actor(ctx)?, kind, record).await.graphql()?;
        Ok(merges.into_iter().map(Into::into).collect())
    }
}
