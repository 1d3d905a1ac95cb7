use async_graphql::{Context, Object, connection::Edge};
use kernel::{AccountId, ContactId, LeadId, OpportunityId};
use platform::graphql::{IntoGraphql, actor};

use super::{
    records::{AccountObject, ContactObject, LeadObject, OpportunityObject},
    types::{SearchConnection, SearchMatch, SearchResult, SearchTotal, SearchType},
};
use crate::{
    app::{App, Found, Search},
    domain::highlight::highlight,
};

pub struct Query;

/// What can be read. Lists come in pages.
#[Object]
impl Query {
    /// Finds leads, accounts, contacts and opportunities by words of their names, addresses, companies, domains
    /// and titles. Every word must be found: exactly, as a beginning, or with a typo or two in longer words,
    /// best matches first. Case and accents do not matter. At most the first 1000 results can be paged through.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Up to 200 characters and 10 words; none finds nothing.")] query: String,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(
            desc = "A cursor of this list: of the same query and types. It is a place in the list, so results may shift between pages when objects change."
        )]
        after: Option<String>,
        #[graphql(desc = "All if left out or empty.")] types: Option<Vec<SearchType>>,
    ) -> async_graphql::Result<SearchConnection> {
        let app: &App = ctx.data_unchecked();
        let kinds = types.unwrap_or_default().into_iter().map(Into::into).collect();
        let found = app.search(actor(ctx)?, Search { query, kinds, first, after }).await.graphql()?;
        Ok(connection(found))
    }

    #[graphql(entity)]
    async fn find_lead(&self, id: LeadId) -> LeadObject {
        LeadObject { id }
    }

    #[graphql(entity)]
    async fn find_account(&self, id: AccountId) -> AccountObject {
        AccountObject { id }
    }

    #[graphql(entity)]
    async fn find_contact(&self, id: ContactId) -> ContactObject {
        ContactObject { id }
    }

    #[graphql(entity)]
    async fn find_opportunity(&self, id: OpportunityId) -> OpportunityObject {
        OpportunityObject { id }
    }
}

fn connection(found: Found) -> SearchConnection {
    let Found { query, hits, has_previous, has_next } = found;
    let mut edges = Vec::with_capacity(hits.len());
    for (cursor, hit) in hits {
        let highlight = query.as_ref().map(|query| highlight(&hit.texts, query)).unwrap_or_default();
        let fields = SearchMatch { score: hit.score, highlight };
        edges.push(Edge::with_additional_fields(cursor.encode(), Some(SearchResult::new(hit.kind, hit.id)), fields));
    }
    let mut list = SearchConnection::with_additional_fields(has_previous, has_next, SearchTotal(query));
    list.edges = edges;
    list
}
