//! SQL and rows. Every function takes the workspace from the actor or the object. Four look across
//! workspaces, since they act for none: which messages and confirmations are due, what was left half done, and whose an unsubscribe token is.

pub mod confirmations;
pub mod enrollments;
pub mod leads;
pub mod mailboxes;
pub mod messages;
pub mod outgoing;
pub mod sequences;
pub mod suppressions;

use platform::{Tx, db::Engine};

/// A row lock where there is more than one writer.
fn for_update(tx: &Tx) -> &'static str {
    match tx.engine() {
        Engine::Postgres => " for update",
        Engine::Sqlite => "",
    }
}
