//! The lead service through its API, on both engines.

mod access;
mod accounts;
mod convert;
mod idempotency;
mod import;
mod leads;
