//! A skin over [`App`]: parse the input, call one use case, map the result.

mod account_inputs;
mod accounts;
mod contact_inputs;
mod inputs;
mod key_accounts;
mod loaders;
mod mutation;
mod query;
mod segments;
mod types;

use async_graphql::{Context, EmptySubscription, MergedObject, Schema};
use kernel::Actor;
use platform::graphql::{actor, batch_loader};

use crate::app::App;
use accounts::{AccountMutation, AccountQuery};
use key_accounts::{KeyAccountMutation, KeyAccountQuery};
use loaders::Loaders;
use mutation::RecordMutation;
use query::RecordQuery;
use segments::{SegmentMutation, SegmentQuery};

/// What can be read. Lists come in pages.
#[derive(Default, MergedObject)]
pub struct Query(RecordQuery, SegmentQuery, AccountQuery, KeyAccountQuery);

/// What can be changed. What the caller can mend comes back in `errors`, anything else as a top-level error.
#[derive(Default, MergedObject)]
pub struct Mutation(RecordMutation, SegmentMutation, AccountMutation, KeyAccountMutation);

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
    platform::graphql::schema_builder(Query::default(), Mutation::default(), EmptySubscription)
}

fn parts<'a>(ctx: &Context<'a>) -> async_graphql::Result<(&'a App, &'a Actor)> {
    Ok((ctx.data_unchecked(), actor(ctx)?))
}
