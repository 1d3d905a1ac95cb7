//! The mailbox a workspace sends from. Thin for now: it can be paused.

use events::cadence as published;
use kernel::{MailboxId, Timestamp, WorkspaceId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub id: MailboxId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub address: String,
    /// Nothing leaves it; what is due waits.
    pub paused: bool,
    pub created_at: Timestamp,
}

impl Mailbox {
    /// What others learn of it.
    pub fn published(&self) -> published::Mailbox {
        let Self { id, version, paused, .. } = *self;
        published::Mailbox { id, version, address: self.address.clone(), paused }
    }
}
