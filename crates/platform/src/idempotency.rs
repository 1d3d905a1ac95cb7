//! Creating once however often the client asks: the key is claimed in the same transaction that creates, so a
//! retry finds the first object, and a creation that failed leaves its key free.

use kernel::{Actor, Code, Coded, id::TypedId, inputs_hash};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::types::Json;
use thiserror::Error;
use uuid::Uuid;

use crate::{Tx, execute, with_tx};

/// Longest key in characters; a UUID has 36.
const MAX_CHARS: usize = 200;

/// A request that makes something.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The mutation: keys of two mutations have nothing to do with each other.
    pub operation: &'static str,
    /// What the client chose; without it every request is a first one.
    pub key: Option<&'a str>,
    /// All that the client asked for, but for the key.
    pub input: &'a Value,
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

/// The id that the first request of this key was given, if this is not the first: what it made is to be answered as
/// it stands now. Else the key is claimed for `id`, under which the caller makes what is asked for. Two requests with
/// one key wait for each other on the row, so the second sees what the first committed.
pub async fn made_before<T: TypedId>(
    tx: &mut Tx,
    actor: &Actor,
    request: Request<'_>,
    id: T,
) -> Result<Option<T>, IdempotencyError> {
    const CLAIM: &str = "insert into idempotency_key (workspace_id, operation, key, input_hash, result_id) \
        values ($1, $2, $3, $4, $5) on conflict do nothing";
    const SEEN: &str =
        "select input_hash, result_id from idempotency_key where workspace_id = $1 and operation = $2 and key = $3";
    let Request { operation, key, input } = request;
    let Some(key) = key else { return Ok(None) };
    if key.trim().is_empty() || key.chars().count() > MAX_CHARS || key.chars().any(char::is_control) {
        return Err(IdempotencyError::Malformed);
    }
    let key = owned(actor, key);
    let hash = inputs_hash(input);
    let claimed =
        execute!(tx, sqlx::query(CLAIM).bind(actor.workspace).bind(operation).bind(&key).bind(&hash).bind(id.uuid()))?;
    if claimed == 1 {
        return Ok(None);
    }
    let (seen_hash, seen_id): (String, Uuid) = with_tx!(tx, conn => {
        sqlx::query_as(SEEN).bind(actor.workspace).bind(operation).bind(&key).fetch_one(conn).await
    })?;
    if seen_hash == hash { Ok(Some(T::from(seen_id))) } else { Err(IdempotencyError::Mismatch) }
}

/// The answer that the first request of this key was given, if this is not the first, for what makes many things at once.
/// Else the key is claimed, and the caller gives the answer to [`keep_answer`] before the transaction ends.
pub async fn answered_before<A: DeserializeOwned + Send + Unpin + 'static, T: TypedId>(
    tx: &mut Tx,
    actor: &Actor,
    request: Request<'_>,
    id: T,
) -> Result<Option<A>, IdempotencyError> {
    const SQL: &str = "select answer from idempotency_key where workspace_id = $1 and operation = $2 and key = $3";
    let (Some(key), Some(_)) = (request.key, made_before(tx, actor, request, id).await?) else { return Ok(None) };
    let (workspace, operation, key) = (actor.workspace, request.operation, owned(actor, key));
    let answer: Json<A> = with_tx!(tx, conn => {
        sqlx::query_scalar(SQL).bind(workspace).bind(operation).bind(&key).fetch_one(conn).await
    })?;
    Ok(Some(answer.0))
}

/// See [`answered_before`].
pub async fn keep_answer(
    tx: &mut Tx,
    actor: &Actor,
    operation: &'static str,
    key: &str,
    answer: &(impl Serialize + Sync),
) -> Result<(), sqlx::Error> {
    const SQL: &str = "update idempotency_key set answer = $4 where workspace_id = $1 and operation = $2 and key = $3";
    let key = owned(actor, key);
    execute!(tx, sqlx::query(SQL).bind(actor.workspace).bind(operation).bind(&key).bind(Json(answer)))?;
    Ok(())
}

/// Everybody has keys of their own: nobody takes another's, or hears what it made.
fn owned(actor: &Actor, key: &str) -> String {
    format!("{} {key}", actor.access.user.map_or_else(|| actor.subject.clone(), |user| user.to_string()))
}
