//! A decision the machine took, kept with everything needed to explain it and to take it again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{DecisionId, Timestamp};

/// One option that was considered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Id of the option in its own service (a rep, a provider, an account).
    pub id: String,
    pub eligible: bool,
    /// Why it was not eligible; `None` when it was.
    pub rejected_because: Option<String>,
}

/// The stored result of a pure function `(inputs, rules, seed) -> Decision`: explain reads it, replay calls
/// the function again and must agree, simulate calls it with other rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub id: DecisionId,
    /// What was decided, for example `route_lead`.
    pub kind: String,
    /// Id of the object it was decided about.
    pub subject: String,
    pub rule_version: i64,
    /// Everything the rule looked at.
    pub inputs: Value,
    /// See [`inputs_hash`].
    pub inputs_hash: String,
    pub candidates: Vec<Candidate>,
    /// The outcome in the rule's own words, for example `routed` or `refused`.
    pub outcome: String,
    /// Id of the chosen candidate, if one was.
    pub chosen: Option<String>,
    pub decided_at: Timestamp,
}

/// SHA-256 in hexadecimal over the inputs' JSON, keys sorted at every level: the same before and after a
/// database has reordered them.
pub fn inputs_hash(inputs: &Value) -> String {
    let digest = Sha256::digest(sorted(inputs).to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
