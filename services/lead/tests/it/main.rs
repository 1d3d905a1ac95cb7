//! The lead service through its API, on both engines.

mod access;
mod accounts;
mod contacts;
mod convert;
mod idempotency;
mod import;
mod leads;
mod segment_answers;
mod segments;
mod tenants;
