//! An address nobody may write to.

use kernel::{EmailAddress, SuppressionId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The recipient asked for it.
    Unsubscribed,
    /// Somebody on our side did.
    Manual,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    pub id: SuppressionId,
    pub workspace: WorkspaceId,
    pub email: EmailAddress,
    pub source: Source,
    pub reason: String,
    pub created_at: Timestamp,
}
