//! What is stored beside a lead so that SQL compares as a filter does. Whoever saves a lead writes it in the same statement
//! (`leads.rs`); here is what was stored before there were filters.

use kernel::WorkspaceId;
use platform::{Db, Tx, db::push_rows, with_db, with_tx};
use sqlx::{QueryBuilder, types::Json};

use super::leads::{COLUMNS, Row};
use crate::domain::{lead::Lead, lead_filter};

/// A workspace with leads whose filter keys have yet to be written.
pub async fn workspace_with_stale(db: &Db) -> Result<Option<WorkspaceId>, sqlx::Error> {
    const SQL: &str = "select workspace_id from lead where filter_stale limit 1";
    with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).fetch_optional(pool).await)
}

/// Up to `limit` leads whose filter keys have yet to be written.
pub async fn with_stale(tx: &mut Tx, workspace: WorkspaceId, limit: i64) -> Result<Vec<Lead>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from lead where filter_stale and workspace_id = "));
        query.push_bind(workspace).push(" order by id limit ").push_bind(limit);
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Lead::from).collect())
}

/// Writes the filter keys of leads in one statement; whoever has changed one meanwhile has written them.
pub async fn write(tx: &mut Tx, workspace: WorkspaceId, leads: &[Lead]) -> Result<(), sqlx::Error> {
    if leads.is_empty() {
        return Ok(());
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update lead set filter_keys = keyed.column2, filter_stale = false from (");
        push_rows(&mut query, leads, |mut row, lead| {
            row.push_bind(lead.id).push_bind(Json(lead_filter::keys(lead)));
        });
        query.push(") as keyed where lead.id = keyed.column1 and lead.filter_stale and lead.workspace_id = ");
        query.push_bind(workspace);
        query.build().persistent(false).execute(conn).await.map(|_| ())
    })
}
