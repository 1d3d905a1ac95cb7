use async_graphql::{Context, Object, connection::EmptyFields};
use kernel::{Cursor, LandingPageId, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, page};

use super::{LandingPageObject, StatsObject};
use crate::graphql::parts;

#[derive(Default)]
pub struct LandingPageQuery;

#[Object]
impl LandingPageQuery {
    /// One landing page by its id; null if there is none.
    async fn landing_page(
        &self,
        ctx: &Context<'_>,
        id: LandingPageId,
    ) -> async_graphql::Result<Option<LandingPageObject>> {
        let (app, actor) = parts(ctx)?;
        Ok(app.landing_page(actor, id).await.graphql()?.map(LandingPageObject::from))
    }

    /// The workspace's landing pages, newest first.
    async fn landing_pages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<LandingPageObject>> {
        let (app, actor) = parts(ctx)?;
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let pages = app.landing_pages(actor, args).await.graphql()?;
        Ok(page(pages, args.first, EmptyFields, |page| Cursor { time: page.created_at, id: page.id.uuid() }))
    }

    /// What visitors made of each variant of a page; for who may read every lead.
    async fn page_stats(&self, ctx: &Context<'_>, page_id: LandingPageId) -> async_graphql::Result<Vec<StatsObject>> {
        let (app, actor) = parts(ctx)?;
        let stats = app.page_stats(actor, page_id).await.graphql()?;
        Ok(stats.into_iter().map(StatsObject::from).collect())
    }
}
