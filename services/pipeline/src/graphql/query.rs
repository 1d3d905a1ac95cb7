use async_graphql::{Context, Object};
use kernel::{AccountId, Cursor, OpportunityId, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    inputs::OpportunityFilterInput,
    loaders::Loaders,
    types::{AccountObject, OpportunityObject, OpportunityTotal, PipelineObject, cursor},
};
use crate::{app::App, domain::opportunity::Opportunity, store::opportunities::OpportunityFilter};

pub struct Query;

/// What can be read. Lists come in pages.
#[Object]
impl Query {
    /// One opportunity by its id; null if there is none.
    async fn opportunity(
        &self,
        ctx: &Context<'_>,
        id: OpportunityId,
    ) -> async_graphql::Result<Option<OpportunityObject>> {
        Ok(load::<Loaders, _, Opportunity>(ctx, id).await?.map(OpportunityObject::from))
    }

    /// The workspace's opportunities, newest first.
    async fn opportunities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        filter: Option<OpportunityFilterInput>,
    ) -> async_graphql::Result<List<OpportunityObject, OpportunityTotal>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let filter = OpportunityFilter::from(filter.unwrap_or_default());
        let opportunities = app.opportunities(actor(ctx)?, &filter, args).await.graphql()?;
        Ok(page(opportunities, args.first, OpportunityTotal::Filtered(filter), cursor))
    }

    /// The workspace's pipelines, newest first; there is always one, `New business`.
    async fn pipelines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<PipelineObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let pipelines = app.pipelines(actor(ctx)?, args).await.graphql()?;
        Ok(page(pipelines, args.first, Default::default(), |pipeline| Cursor {
            time: pipeline.created_at,
            id: pipeline.id.uuid(),
        }))
    }

    #[graphql(entity)]
    async fn find_opportunity(
        &self,
        ctx: &Context<'_>,
        id: OpportunityId,
    ) -> async_graphql::Result<Option<OpportunityObject>> {
        Ok(load::<Loaders, _, Opportunity>(ctx, id).await?.map(OpportunityObject::from))
    }

    #[graphql(entity)]
    async fn find_account(&self, id: AccountId) -> AccountObject {
        AccountObject { id }
    }
}
