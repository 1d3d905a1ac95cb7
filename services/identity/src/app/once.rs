use kernel::{Actor, id::TypedId};
use platform::{
    Tx,
    idempotency::{self, Claim},
};
use serde_json::Value;

use crate::error::Error;

/// The id of what this request's key made before, if it carries a key and did; else it makes `id` out of `input`.
pub(super) async fn made_before<T: TypedId>(
    tx: &mut Tx,
    actor: &Actor,
    operation: &str,
    key: Option<&str>,
    input: &Value,
    id: T,
) -> Result<Option<T>, Error> {
    let Some(key) = key else { return Ok(None) };
    match idempotency::claim(tx, actor, operation, key, input, id.uuid()).await? {
        Claim::New => Ok(None),
        Claim::Seen(first) => Ok(Some(T::from(first))),
    }
}
