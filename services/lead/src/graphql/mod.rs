//! A skin over [`App`]: parse the input, call one use case, map the result.

mod account_inputs;
mod contact_inputs;
mod inputs;
mod loaders;
mod mutation;
mod query;
mod segments;
mod types;

use async_graphql::{EmptySubscription, Schema};
use platform::graphql::batch_loader;

use crate::app::App;
use loaders::Loaders;
use mutation::Mutation;
use query::Query;

pub type LeadSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema with its data.
pub fn schema(app: App) -> LeadSchema {
    builder().data(batch_loader(Loaders(app.clone()))).data(app).finish()
}

/// The federation SDL; needs no database.
pub fn sdl() -> String {
    platform::graphql::sdl(&builder().finish())
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    platform::graphql::schema_builder(Query, Mutation, EmptySubscription)
}
