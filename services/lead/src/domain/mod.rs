//! Rules of the lead service: no async, no I/O, no SQL, no GraphQL.

pub mod account;
pub mod company_size;
pub mod contact;
pub mod hierarchy;
pub mod import;
pub mod key_account;
pub mod lead;
pub mod lead_filter;
pub mod matching;
pub mod normalise;
pub mod relationship;
pub mod rollup;
pub mod segment;
