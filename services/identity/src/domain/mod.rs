//! Rules of the identity service: no async, no I/O, no SQL, no GraphQL.

pub mod access;
pub mod api_key;
pub mod team;
pub mod user;

use kernel::{Timestamp, WorkspaceId};

/// A tenant: what it holds, no other sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    pub created_at: Timestamp,
}
