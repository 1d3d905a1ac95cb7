use kernel::{MailboxId, Timestamp, WorkspaceId};
use platform::{Db, Tx, execute, with_db, with_tx};
use sqlx::FromRow;

use super::for_update;
use crate::domain::mailbox::Mailbox;

const COLUMNS: &str = "id, workspace_id, version, address, paused, created_at";

#[derive(FromRow)]
struct Row {
    id: MailboxId,
    workspace_id: WorkspaceId,
    version: i64,
    address: String,
    paused: bool,
    created_at: Timestamp,
}

impl From<Row> for Mailbox {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id, version, address, paused, created_at } = row;
        Self { id, workspace: workspace_id, version, address, paused, created_at }
    }
}

/// Adds the workspace's mailbox unless it has one.
pub async fn insert(tx: &mut Tx, mailbox: &Mailbox) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into mailbox (id, workspace_id, version, address, paused, created_at) values ($1, $2, $3, $4, $5, $6) \
        on conflict do nothing";
    let Mailbox { id, workspace, version, address, paused, created_at } = mailbox;
    execute!(tx, sqlx::query(SQL).bind(id).bind(workspace).bind(version).bind(address).bind(paused).bind(created_at))?;
    Ok(())
}

pub async fn find(db: &Db, workspace: WorkspaceId) -> Result<Option<Mailbox>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from mailbox where workspace_id = $1"));
    let row: Option<Row> =
        with_db!(db.of(workspace), pool => sqlx::query_as(sql).bind(workspace).fetch_optional(pool).await)?;
    Ok(row.map(Mailbox::from))
}

/// One mailbox, locked until the transaction ends.
pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: MailboxId) -> Result<Option<Mailbox>, sqlx::Error> {
    let lock = for_update(tx);
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from mailbox where workspace_id = $1 and id = $2{lock}"));
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(id).fetch_optional(conn).await)?;
    Ok(row.map(Mailbox::from))
}

pub async fn set_paused(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MailboxId,
    paused: bool,
) -> Result<Option<Mailbox>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "update mailbox set paused = $1, version = version + 1 where workspace_id = $2 and id = $3 returning {COLUMNS}"
    ));
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(paused).bind(workspace).bind(id).fetch_optional(conn).await)?;
    Ok(row.map(Mailbox::from))
}
