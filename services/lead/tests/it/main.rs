//! The lead service through its API, on both engines.

mod access;
mod account_domains;
mod accounts;
mod after_merges;
mod contacts;
mod convert;
mod duplicates;
mod form_answers;
mod forms;
mod hierarchy;
mod idempotency;
mod import;
mod key_accounts;
mod landing_pages;
mod lead_sources;
mod leads;
mod merged_accounts;
mod merges;
mod reads;
mod rollup;
mod segment_answers;
mod segments;
mod sizes;
mod tenants;
mod upgrade;
mod visitors;
