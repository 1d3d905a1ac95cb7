//! A skin over [`App`]: parse the input, call one use case, map the result.

mod loaders;
mod mutation;
mod query;
mod subscription;
mod types;

use async_graphql::Schema;
use platform::graphql::batch_loader;

use crate::app::App;
use loaders::Loaders;
use mutation::Mutation;
use query::Query;
use subscription::Subscription;

pub type RoutingSchema = Schema<Query, Mutation, Subscription>;

/// The schema with its data.
pub fn schema(app: App) -> RoutingSchema {
    builder().data(batch_loader(Loaders(app.clone()))).data(app).finish()
}

/// The federation SDL; needs no database.
pub fn sdl() -> String {
    platform::graphql::sdl(&builder().finish())
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    platform::graphql::schema_builder(Query, Mutation, Subscription)
}
