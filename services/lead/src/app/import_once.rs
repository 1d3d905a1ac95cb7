//! An import that comes again under its key: what became of each row is answered as it was. Which rows are rejected
//! follows from the rows themselves, and so do their keys, so that outcomes are all there is to keep.

use kernel::{Actor, Clock, ImportId};
use platform::{
    Tx,
    idempotency::{Request, answered_before, keep_answer},
};
use serde_json::json;

use super::{ImportRows, Outcome, RowOutcome};
use crate::error::Error;

/// The outcomes of the first time, in the order of the rows that were not rejected.
pub(super) async fn outcomes_before(
    tx: &mut Tx,
    actor: &Actor,
    clock: &Clock,
    operation: &'static str,
    input: &ImportRows,
) -> Result<Option<Vec<Outcome>>, Error> {
    let Some(key) = input.key() else { return Ok(None) };
    let rows: Vec<_> = input.rows.iter().map(|row| (row.row, &row.cells)).collect();
    let asked = json!({ "headers": input.headers, "rows": rows });
    let request = Request { operation, key: Some(key), input: &asked };
    Ok(answered_before(tx, actor, request, clock.id::<ImportId>()).await?)
}

pub(super) async fn keep_outcomes(
    tx: &mut Tx,
    actor: &Actor,
    operation: &'static str,
    input: &ImportRows,
    outcomes: &[RowOutcome],
) -> Result<(), Error> {
    let Some(key) = input.key() else { return Ok(()) };
    let outcomes: Vec<Outcome> = outcomes.iter().map(|row| row.outcome).collect();
    Ok(keep_answer(tx, actor, operation, key, &outcomes).await?)
}
