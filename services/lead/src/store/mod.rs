//! SQL and rows. Every function takes the workspace from the actor or the object; none reads across.

pub mod account_domains;
pub mod accounts;
pub mod captures;
pub mod consents;
pub mod contacts;
pub mod duplicates;
pub mod filter_keys;
pub mod forms;
pub mod hierarchy;
pub mod key_alerts;
pub mod known_opportunities;
pub mod landing_pages;
pub mod leads;
pub mod merges;
pub mod plans;
pub mod records;
pub mod rollups;
pub mod segment_leads;
pub mod segments;
pub mod sizes;
pub mod source_costs;
pub mod touches;

use kernel::{WorkspaceId, id::TypedId};
use platform::db::{ListBind, push_in_ids, push_in_texts};
use sqlx::{Encode, QueryBuilder, Type};
use uuid::Uuid;

/// The rows of `table` that one of the lists names, each list by its column.
///
/// To be run without [`persistent`](sqlx::query::QueryAs::persistent): PostgreSQL plans a statement that it keeps as if a
/// list had ten values, and then compares every row with each of hundreds.
fn select_named<DB: ListBind, T: AsRef<str>>(
    columns: &str,
    table: &str,
    workspace: WorkspaceId,
    named: &[(&str, &[T])],
) -> QueryBuilder<DB>
where
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
{
    let mut query = QueryBuilder::new(format!("select {columns} from {table} where "));
    for (at, (column, values)) in named.iter().enumerate() {
        // Whole conditions side by side and nothing else: each finds its index, where a common part, or a constant, would
        // have every row read.
        query.push(if at == 0 { "(workspace_id = " } else { " or (workspace_id = " });
        query.push_bind(workspace.uuid()).push(format!(" and {column}"));
        push_in_texts(&mut query, values.iter().map(AsRef::as_ref));
        query.push(")");
    }
    query
}

/// The rows of `table` that show for these ids, with the id that each was asked for, to have the actor's permissions
/// appended: a row that is merged away has its survivor's in its place.
fn asked_for<DB: ListBind, T: TypedId>(
    table: &str,
    columns: &str,
    workspace: WorkspaceId,
    ids: &[T],
) -> QueryBuilder<DB>
where
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
{
    let mut query = QueryBuilder::new(format!(
        "select asked_id, {columns} from {table} join (select id as asked_id, coalesce(merged_into, id) as shown_id \
         from {table} where workspace_id = "
    ));
    query.push_bind(workspace.uuid()).push(" and id");
    push_in_ids(&mut query, ids.iter().copied());
    query.push(") as asked on asked.shown_id = id where workspace_id = ").push_bind(workspace.uuid());
    query
}
