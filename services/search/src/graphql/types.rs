use async_graphql::{
    Context, Enum, Object, OutputType, SimpleObject, Union,
    connection::{Connection, ConnectionNameType, DisableNodesField, EdgeNameType},
};
use kernel::Actor;
use platform::graphql::{IntoGraphql, Long, actor};
use uuid::Uuid;

use super::records::{AccountObject, ContactObject, LeadObject, OpportunityObject};
use crate::{
    app::App,
    domain::{document::Kind, query::SearchQuery},
};

/// What can be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub enum SearchType {
    /// People who may become customers.
    Lead,
    /// Companies.
    Account,
    /// People at accounts.
    Contact,
    /// Deals.
    Opportunity,
}

/// An object that was found.
#[derive(Union)]
pub enum SearchResult {
    Lead(LeadObject),
    Account(AccountObject),
    Contact(ContactObject),
    Opportunity(OpportunityObject),
}

impl SearchResult {
    pub fn new(kind: Kind, id: Uuid) -> Self {
        match kind {
            Kind::Lead => Self::Lead(LeadObject { id: id.into() }),
            Kind::Account => Self::Account(AccountObject { id: id.into() }),
            Kind::Contact => Self::Contact(ContactObject { id: id.into() }),
            Kind::Opportunity => Self::Opportunity(OpportunityObject { id: id.into() }),
        }
    }
}

/// How an object was found.
#[derive(SimpleObject)]
pub struct SearchMatch {
    /// Comparable within one list only.
    pub score: f32,
    /// The text that matched best, as HTML: matched words between `<mark>` and `</mark>`, the rest escaped.
    pub highlight: String,
}

/// Counts only when asked.
pub struct SearchTotal(pub Option<SearchQuery>);

#[Object]
impl SearchTotal {
    /// How many objects the query finds, on all pages and beyond the last.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<Long> {
        let (app, actor): (&App, &Actor) = (ctx.data_unchecked(), actor(ctx)?);
        let Some(query) = &self.0 else { return Ok(Long(0)) };
        let count = app.count(actor, query).await.graphql()?;
        Ok(Long(i64::try_from(count).unwrap_or(i64::MAX)))
    }
}

/// The node is nullable, since other services fill it: the other results survive when one is down, or when an
/// object is gone that the index still knows.
pub type SearchConnection =
    Connection<String, Option<SearchResult>, SearchTotal, SearchMatch, ConnectionName, EdgeName, DisableNodesField>;

pub struct ConnectionName;

impl ConnectionNameType for ConnectionName {
    fn type_name<T: OutputType>() -> String {
        "SearchConnection".to_owned()
    }
}

pub struct EdgeName;

impl EdgeNameType for EdgeName {
    fn type_name<T: OutputType>() -> String {
        "SearchEdge".to_owned()
    }
}
