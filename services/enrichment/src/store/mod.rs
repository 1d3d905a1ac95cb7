//! SQL and rows. Every function takes the workspace from the actor or the event; none reads across.

pub mod accounts;
pub mod leads;
pub mod runs;
pub mod verifications;

use serde::{Deserialize, Serialize};

/// A JSON column holds an object: a list goes under one key.
#[derive(Debug, Serialize, Deserialize)]
struct Items<T> {
    items: Vec<T>,
}
