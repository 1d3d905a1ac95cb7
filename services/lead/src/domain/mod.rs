//! Rules of the lead service: no async, no I/O, no SQL, no GraphQL.

pub mod account;
pub mod capture;
pub mod company_size;
pub mod confidence;
pub mod consent;
pub mod contact;
pub mod conversion;
pub mod duplicates;
pub mod family;
pub mod hierarchy;
pub mod import;
pub mod key_account;
pub mod landing_page;
pub mod lead;
pub mod lead_filter;
pub mod matching;
pub mod merge;
pub mod normalise;
pub mod record;
pub mod relationship;
pub mod rollup;
pub mod segment;
pub mod source_cost;
