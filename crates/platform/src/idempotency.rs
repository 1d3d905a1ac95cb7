//! Creating once however often the client asks: the key is claimed in the same transaction that creates, so a
//! retry finds the first object, and a creation that failed leaves its key free.

use kernel::{Actor, Code, Coded, inputs_hash};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use crate::{Tx, execute, with_tx};

/// Longest key in characters; a UUID has 36.
const MAX_CHARS: usize = 200;

/// What to do with a request that carries a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// First of its key: create the object under the id that was offered.
    New,
    /// The key made this object before; answer with it as it stands now.
    Seen(Uuid),
}

/// Why a key cannot be claimed.
#[derive(Debug, Error)]
pub enum IdempotencyError {
    #[error("an idempotency key has 1 to {MAX_CHARS} characters and no control characters")]
    Malformed,
    #[error("this idempotency key was used before with another input")]
    Mismatch,
    #[error("something broke on our side")]
    Db(#[from] sqlx::Error),
}

impl Coded for IdempotencyError {
    fn code(&self) -> Code {
        match self {
            Self::Malformed => Code::InvalidInput,
            Self::Mismatch => Code::IdempotencyMismatch,
            Self::Db(_) => Code::Internal,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Malformed | Self::Mismatch => Some("idempotencyKey"),
            Self::Db(_) => None,
        }
    }
}

/// Claims `key` for an `operation` that is about to make `new_id` out of `input`. Two requests with one key wait
/// for each other on the row, so the second sees what the first committed.
pub async fn claim(
    tx: &mut Tx,
    actor: &Actor,
    operation: &str,
    key: &str,
    input: &Value,
    new_id: Uuid,
) -> Result<Claim, IdempotencyError> {
    const CLAIM: &str = "insert into idempotency_key (workspace_id, operation, key, input_hash, result_id) \
        values ($1, $2, $3, $4, $5) on conflict do nothing";
    const SEEN: &str =
        "select input_hash, result_id from idempotency_key where workspace_id = $1 and operation = $2 and key = $3";
    if key.trim().is_empty() || key.chars().count() > MAX_CHARS || key.chars().any(char::is_control) {
        return Err(IdempotencyError::Malformed);
    }
    let hash = inputs_hash(input);
    let claimed =
        execute!(tx, sqlx::query(CLAIM).bind(actor.workspace).bind(operation).bind(key).bind(&hash).bind(new_id))?;
    if claimed == 1 {
        return Ok(Claim::New);
    }
    let (seen_hash, seen_id): (String, Uuid) = with_tx!(tx, conn => {
        sqlx::query_as(SEEN).bind(actor.workspace).bind(operation).bind(key).fetch_one(conn).await
    })?;
    if seen_hash == hash { Ok(Claim::Seen(seen_id)) } else { Err(IdempotencyError::Mismatch) }
}
