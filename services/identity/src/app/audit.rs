use std::collections::HashMap;

use kernel::{Actor, PageArgs, Permission, WorkspaceId};
use platform::Db;

use super::App;
use crate::{
    domain::audit::{AuditEntry, Broken, Head},
    error::Error,
    store::{self, audit::AuditFilter},
};

/// Entries read at a time.
const BATCH: i64 = 500;

/// What [`verify_audit`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditReport {
    /// Every chain holds.
    Holds { workspaces: usize, entries: i64 },
    /// The first entry that does not stand where and as it was written.
    Broken { workspace: WorkspaceId, seq: i64, because: Broken },
}

impl App {
    /// A page of who did what, newest first. One row more than the page holds, if another page follows.
    pub async fn audit_trail(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: PageArgs,
    ) -> Result<Vec<AuditEntry>, Error> {
        actor.require(Permission::Admin)?;
        // It shows what records were.
        actor.require(Permission::Read)?;
        Ok(store::audit::list(&self.db, actor, filter, page).await?)
    }

    /// A batch of the chain, oldest first, from behind the entry of this number; empty at the end.
    pub async fn export_audit(&self, actor: &Actor, after: i64) -> Result<Vec<AuditEntry>, Error> {
        actor.require(Permission::Admin)?;
        // It shows what records were.
        actor.require(Permission::Read)?;
        Ok(store::audit::chain(&self.db, actor.workspace, after, BATCH).await?)
    }
}

/// Follows the chain of every workspace from its first entry to its last, and compares that one with where the chain is
/// said to end.
pub async fn verify_audit(db: &Db) -> Result<AuditReport, sqlx::Error> {
    let mut followed = HashMap::new();
    for (workspace, end) in store::audit::heads(db).await? {
        let mut head = Head::start();
        loop {
            let batch = store::audit::chain(db, workspace, head.seq, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            for entry in batch {
                // An operator looks while the platform runs: what came after `end` was read follows by itself.
                match head.follow(&entry) {
                    Ok(next) => head = next,
                    Err(because) => return Ok(AuditReport::Broken { workspace, seq: entry.seq, because }),
                }
                if end.as_ref().is_some_and(|end| end.seq == head.seq && *end != head) {
                    return Ok(AuditReport::Broken { workspace, seq: head.seq, because: Broken::Link });
                }
            }
        }
        if end.is_none_or(|end| end.seq > head.seq) {
            return Ok(AuditReport::Broken { workspace, seq: head.seq + 1, because: Broken::End });
        }
        followed.insert(workspace, head.seq);
    }
    // An entry is saved with its end, so by now no end lies before what was read.
    for (workspace, end) in store::audit::heads(db).await? {
        let end = end.map_or(0, |end| end.seq);
        if followed.get(&workspace).is_some_and(|last| *last > end) {
            return Ok(AuditReport::Broken { workspace, seq: end + 1, because: Broken::PastEnd });
        }
    }
    Ok(AuditReport::Holds { workspaces: followed.len(), entries: followed.values().sum() })
}
