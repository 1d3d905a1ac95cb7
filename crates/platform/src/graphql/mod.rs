//! What every subgraph shares: how it is called, how it fails, how it loads in batches.

mod error;
mod loader;
mod resume;
mod scalars;
mod subgraph;

pub use error::{IntoGraphql, NullGiven, UserError, mutation, needed_if_given};
pub use loader::{Batch, For, LoadError, batch_loader, by_actor, lists, load};
pub use resume::{EVENT_ID, resumable, resume_after};
pub use scalars::{Long, MoneyInput, MoneyObject};
pub use subgraph::{InProcess, Subgraph, SubgraphCall, SubgraphError};

use std::sync::Arc;

use async_graphql::{
    Context, SDLExportOptions, Schema, SchemaBuilder, ValidationMode,
    connection::{Connection, DisableNodesField, Edge, EmptyFields},
};
use kernel::{Actor, Cursor};

use crate::auth::AuthError;

/// A Relay connection of `N` with `C` beside `edges` and `pageInfo`. Named `<N>Connection` in the schema.
pub type List<N, C = EmptyFields> = Connection<
    String,
    N,
    C,
    EmptyFields,
    async_graphql::connection::DefaultConnectionName,
    async_graphql::connection::DefaultEdgeName,
    DisableNodesField,
>;

/// The library describes its implementation of `DateTime`, not the scalar.
const THEIR_DATE_TIME: &str =
    "\"\"\"\nImplement the DateTime<Utc> scalar\n\nThe input/output is a string in RFC3339 format.\n\"\"\"";
const OUR_DATE_TIME: &str = "\"\"\"\nA moment in UTC, RFC 3339.\n\"\"\"";

/// How every subgraph begins. What reaches it is planned by the gateway from what the gateway has validated; a
/// second full validation of every fetch would cost as much as many fetches do.
pub fn schema_builder<Q, M, S>(query: Q, mutation: M, subscription: S) -> SchemaBuilder<Q, M, S>
where
    Q: async_graphql::ObjectType + 'static,
    M: async_graphql::ObjectType + 'static,
    S: async_graphql::SubscriptionType + 'static,
{
    Schema::build(query, mutation, subscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .validation_mode(ValidationMode::Fast)
}

/// The actor that the gateway vouched for.
pub fn actor<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Actor> {
    shared_actor(ctx).map(Arc::as_ref)
}

fn shared_actor<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Arc<Actor>> {
    ctx.data_opt::<Arc<Actor>>().ok_or_else(|| error::to_graphql(&AuthError::BadActorToken))
}

/// Fills a page from rows that hold one more than `first` if another page follows.
pub fn page<T, N, C>(mut rows: Vec<T>, first: i64, fields: C, cursor: impl Fn(&T) -> Cursor) -> List<N, C>
where
    N: async_graphql::OutputType + From<T>,
    C: async_graphql::ObjectType,
{
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let more = rows.len() > first;
    rows.truncate(first);
    let mut list = List::with_additional_fields(false, more, fields);
    list.edges.extend(rows.into_iter().map(|row| Edge::new(cursor(&row).encode(), N::from(row))));
    list
}

/// The federation SDL of a schema, with a line feed at the end: what is composed and checked in.
pub fn sdl<Q, M, S>(schema: &Schema<Q, M, S>) -> String
where
    Q: async_graphql::ObjectType + 'static,
    M: async_graphql::ObjectType + 'static,
    S: async_graphql::SubscriptionType + 'static,
{
    let sdl = schema.sdl_with_options(SDLExportOptions::new().federation().compose_directive());
    format!("{}\n", sdl.replace(THEIR_DATE_TIME, OUR_DATE_TIME).trim())
}
