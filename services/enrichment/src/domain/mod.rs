//! Pure types and rules: no time, no ids of their own, no I/O. The same inputs give the same answer.

pub mod country;
pub mod headcount;
pub mod lead;
pub mod providers;
pub mod run;
pub mod title;
pub mod verify;
pub mod waterfall;
