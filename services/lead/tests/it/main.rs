//! The lead service through its API, on both engines.

mod access;
mod account_domains;
mod accounts;
mod contacts;
mod convert;
mod hierarchy;
mod idempotency;
mod import;
mod key_accounts;
mod leads;
mod rollup;
mod segment_answers;
mod segments;
mod sizes;
mod tenants;
mod upgrade;
