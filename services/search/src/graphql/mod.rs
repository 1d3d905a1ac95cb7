//! A skin over [`App`]. Every result is another service's object: only its id is known here, the gateway
//! fetches the rest.

mod query;
mod types;

use async_graphql::{EmptyMutation, EmptySubscription, Schema};

use crate::app::App;
use query::Query;

pub type SearchSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema with its data.
pub fn schema(app: App) -> SearchSchema {
    builder().data(app).finish()
}

/// The federation SDL; needs no database.
pub fn sdl() -> String {
    platform::graphql::sdl(&builder().finish())
}

fn builder() -> async_graphql::SchemaBuilder<Query, EmptyMutation, EmptySubscription> {
    platform::graphql::schema_builder(Query, EmptyMutation, EmptySubscription)
}
