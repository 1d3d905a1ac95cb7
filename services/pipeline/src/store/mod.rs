//! SQL and rows. Every function takes the workspace from the actor or the object; none reads across.

pub mod followed;
pub mod known;
pub mod opportunities;
pub mod pipelines;
