use async_graphql::{Context, Object};
use kernel::{Cursor, EnrichmentRunId, LeadId, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    loaders::Loaders,
    types::{EnrichmentRunObject, LeadObject, VerificationObject},
};
use crate::app::App;

pub struct Query;

/// What can be read. Lists come in pages.
#[Object]
impl Query {
    /// Checks an address without writing to it; stores nothing. Any text may be given.
    async fn verify_email(&self, ctx: &Context<'_>, email: String) -> async_graphql::Result<VerificationObject> {
        let app: &App = ctx.data_unchecked();
        let (verification, now) = app.verify_email(actor(ctx)?, &email).graphql()?;
        Ok(VerificationObject::new(&verification, now))
    }

    /// Every run of a lead, newest first.
    async fn enrichment_runs(
        &self,
        ctx: &Context<'_>,
        lead_id: LeadId,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<EnrichmentRunObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let runs = app.enrichment_runs(actor(ctx)?, lead_id, args).await.graphql()?;
        Ok(page(runs, args.first, Default::default(), |run| Cursor { time: run.started_at, id: run.id.uuid() }))
    }

    #[graphql(entity)]
    async fn find_lead(&self, id: LeadId) -> LeadObject {
        LeadObject { id }
    }

    #[graphql(entity)]
    async fn find_enrichment_run(
        &self,
        ctx: &Context<'_>,
        id: EnrichmentRunId,
    ) -> async_graphql::Result<Option<EnrichmentRunObject>> {
        Ok(load::<Loaders, _, _>(ctx, id).await?.map(EnrichmentRunObject::from))
    }
}
