//! Whole platforms under test, as an operator would start them: real programs, real sockets, real servers.

mod browser;
mod deployment;
pub mod mutations;
mod program;

pub use browser::Browser;
pub use deployment::{Deployment, Imported, Topology, seed};
pub use program::{Program, binary};
