//! How a service runs: everything a service needs that is not its business. A service is a value
//! ([`service::ServiceDef`]) whose `build` wires its parts; the platform migrates its database, relays its
//! outbox, feeds its handlers and serves its subgraph, alike in one process and in twelve.

pub mod auth;
pub mod bus;
pub mod config;
pub mod db;
pub mod door;
pub mod graphql;
pub mod hearing;
pub mod http;
pub mod idempotency;
pub mod inbox;
pub mod lead_access;
pub mod lifecycle;
pub mod outbox;
mod prune;
pub mod service;
pub mod telemetry;

/// Every program of ours allocates through this: an import and a gateway query spend about a fifth of their
/// processor time on small, short-lived allocations. This crate's own tests have it from the one that `testkit` brings.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use db::{Db, Tx};
pub use inbox::{EventHandler, HandleError, Handler};
pub use outbox::{Events, Origin, Outbox};
pub use service::{Job, Parts, ServiceContext, ServiceDef};
