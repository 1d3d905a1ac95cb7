//! A skin over [`App`]: parse the input, call one use case, map the result.

mod account_inputs;
mod accounts;
mod captures;
mod consents;
mod contact_inputs;
mod duplicates;
mod inputs;
mod key_accounts;
mod landing_pages;
mod lead_sources;
mod loaders;
mod merges;
mod mutation;
mod query;
mod segments;
mod types;

use async_graphql::{Context, EmptySubscription, MergedObject, Schema};
use kernel::Actor;
use platform::graphql::{actor, batch_loader};

use crate::app::App;
use accounts::{AccountMutation, AccountQuery};
use captures::{FormMutation, FormQuery};
use consents::ConsentMutation;
use duplicates::{DuplicateMutation, DuplicateQuery};
use key_accounts::{KeyAccountMutation, KeyAccountQuery};
use landing_pages::{LandingPageMutation, LandingPageQuery};
use lead_sources::{LeadSourceMutation, LeadSourceQuery};
use loaders::Loaders;
use merges::{MergeMutation, MergeQuery};
use mutation::RecordMutation;
use query::RecordQuery;
use segments::{SegmentMutation, SegmentQuery};

/// What can be read. Lists come in pages.
#[derive(Default, MergedObject)]
pub struct Query(
    RecordQuery,
    SegmentQuery,
    DuplicateQuery,
    MergeQuery,
    FormQuery,
    LandingPageQuery,
    LeadSourceQuery,
    AccountQuery,
    KeyAccountQuery,
);

/// What can be changed. What the caller can mend comes back in `errors`, anything else as a top-level error.
#[derive(Default, MergedObject)]
pub struct Mutation(
    RecordMutation,
    SegmentMutation,
    DuplicateMutation,
    MergeMutation,
    FormMutation,
    LandingPageMutation,
    LeadSourceMutation,
    ConsentMutation,
    AccountMutation,
    KeyAccountMutation,
);

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
