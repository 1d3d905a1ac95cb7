//! Rules of the lead service: no async, no I/O, no SQL, no GraphQL.

pub mod import;
pub mod normalise;
