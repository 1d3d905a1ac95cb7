//! The search service through its events and its GraphQL.

mod access;
mod families;
mod finding;
mod indexing;
mod merging;
mod objects;
mod paging;
mod rebuilding;
mod stories;
mod tenants;
mod timeline;
mod timeline_access;
mod timeline_merges;
mod timeline_order;
