//! Rules of the cadence service: no async, no I/O, no SQL, no GraphQL.

pub mod confirmation;
pub mod enrollment;
pub mod gate;
pub mod lead;
pub mod mailbox;
pub mod message;
pub mod sequence;
pub mod suppression;
pub mod template;
