//! The filter language as its users meet it.

mod agreement;
mod errors;
mod fuzz;
mod meaning;
mod random;
mod world;
