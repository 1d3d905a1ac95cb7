//! SQL and rows. Every function takes the workspace; none but the job's look-out reads across.

pub mod assignments;
pub mod decisions;
pub mod pools;
pub mod reps;
