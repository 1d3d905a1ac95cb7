//! SQL and rows. Every function takes the workspace from the actor or the object; none reads across.

pub mod accounts;
pub mod contacts;
pub mod leads;
