//! The lead service through its API, on both engines.

mod access;
mod accounts;
mod after_merges;
mod contacts;
mod convert;
mod duplicates;
mod form_answers;
mod forms;
mod idempotency;
mod import;
mod landing_pages;
mod lead_sources;
mod leads;
mod merges;
mod segment_answers;
mod segments;
mod tenants;
mod visitors;
