//! Rules of the pipeline service: no async, no I/O, no SQL, no GraphQL.

pub mod opportunity;
pub mod pipeline;
