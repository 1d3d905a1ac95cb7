//! A skin over [`App`]. Every result is another service's object: only its id is known here, the gateway
//! fetches the rest. To those objects this service adds their timelines.

mod loaders;
mod query;
mod records;
mod timeline;
mod types;

use async_graphql::{EmptyMutation, EmptySubscription, Schema};
use platform::graphql::batch_loader;

use crate::app::App;
use loaders::Loaders;
use query::Query;

pub type SearchSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema with its data.
pub fn schema(app: App) -> SearchSchema {
    builder().data(batch_loader(Loaders(app.clone()))).data(app).finish()
}

/// The federation SDL; needs no database.
pub fn sdl() -> String {
    platform::graphql::sdl(&builder().finish())
}

fn builder() -> async_graphql::SchemaBuilder<Query, EmptyMutation, EmptySubscription> {
    platform::graphql::schema_builder(Query, EmptyMutation, EmptySubscription)
}
