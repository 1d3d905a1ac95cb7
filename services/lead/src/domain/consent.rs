//! Who agreed to what: a ledger of what people said, of which nothing is changed. For each address and purpose the line
//! holds that was said last; of two that were said at once, the one that was recorded last.

use events::lead::{Consent, ConsentEvidence, ConsentStatement};
use kernel::{CaptureId, ConsentId, EmailAddress, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

/// Longest purpose, in characters.
pub const MAX_PURPOSE: usize = 100;

/// What somebody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    Granted,
    Withdrawn,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsentEntry {
    pub id: ConsentId,
    pub workspace: WorkspaceId,
    pub email: EmailAddress,
    /// As [`purpose`] writes it.
    pub purpose: String,
    pub state: ConsentState,
    /// What they read.
    pub wording: Option<String>,
    /// How it is known.
    pub note: Option<String>,
    pub capture: Option<CaptureId>,
    /// Of a form.
    pub evidence: Option<ConsentEvidence>,
    pub said_at: Timestamp,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
}

/// One spelling for one purpose.
pub fn purpose(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().chars().take(MAX_PURPOSE).collect()
}

impl ConsentEntry {
    /// What was agreed to on a form.
    pub fn from_form(
        id: ConsentId,
        (workspace, email): (WorkspaceId, EmailAddress),
        (capture, consent): (CaptureId, Consent),
        (recorded_at, recorded_by): (Timestamp, String),
    ) -> Self {
        let Consent { purpose: wanted, text, evidence, .. } = consent;
        Self {
            id,
            workspace,
            email,
            purpose: purpose(&wanted),
            state: ConsentState::Granted,
            wording: Some(text),
            note: None,
            capture: Some(capture),
            said_at: evidence.given_at,
            evidence: Some(evidence),
            recorded_at,
            recorded_by,
        }
    }

    /// As others hear of it.
    pub fn published(&self) -> ConsentStatement {
        ConsentStatement {
            consent: self.id,
            email: self.email.clone(),
            purpose: self.purpose.clone(),
            wording: self.wording.clone(),
            note: self.note.clone(),
            capture: self.capture,
            said_at: self.said_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_has_one_spelling() {
        assert_eq!(purpose("  News \n letter "), "news letter");
        assert_eq!(purpose(&"x".repeat(500)).len(), MAX_PURPOSE);
    }
}
