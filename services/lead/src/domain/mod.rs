//! Rules of the lead service: no async, no I/O, no SQL, no GraphQL.

pub mod account;
pub mod contact;
pub mod import;
pub mod lead;
pub mod lead_filter;
pub mod matching;
pub mod normalise;
pub mod segment;
