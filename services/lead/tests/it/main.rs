//! The lead service through its API, on both engines.

mod access;
mod accounts;
mod contacts;
mod convert;
mod duplicates;
mod idempotency;
mod import;
mod leads;
mod merges;
mod segment_answers;
mod segments;
mod tenants;
