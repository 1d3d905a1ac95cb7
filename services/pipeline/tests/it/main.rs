//! The pipeline service through GraphQL and its handlers, on both engines.

mod access;
mod account_opportunities;
mod conversion;
mod creating;
mod idempotency;
mod merging;
mod moving;
mod pipelines;
mod reading;
mod tenants;
mod updating;
mod world;
