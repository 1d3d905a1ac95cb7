use kernel::{Actor, EventId, PageArgs, Timestamp, WorkspaceId};
use platform::{Db, Tx, db::push_page, execute, with_db, with_tx};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::{
    audit::{AuditEntry, GENESIS, Head},
    session::Client,
};

const COLUMNS: &str = "workspace_id, seq, event_id, at, actor, credential, action, subject, request_id, address, \
    data, previous_hash, hash";

#[derive(FromRow)]
struct Row {
    workspace_id: WorkspaceId,
    seq: i64,
    event_id: EventId,
    at: Timestamp,
    actor: String,
    credential: Option<String>,
    action: String,
    subject: String,
    request_id: Option<String>,
    address: Option<String>,
    data: String,
    previous_hash: String,
    hash: String,
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        Self {
            workspace: row.workspace_id,
            seq: row.seq,
            event: row.event_id,
            at: row.at,
            actor: row.actor,
            credential: row.credential,
            action: row.action,
            subject: row.subject,
            client: Client { address: row.address, request_id: row.request_id },
            data: row.data,
            previous_hash: row.previous_hash,
            hash: row.hash,
        }
    }
}

/// What part of the trail to show; `None` bounds nothing.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub actor: Option<String>,
    pub credential: Option<String>,
    pub action: Option<String>,
    pub subject: Option<String>,
    /// From then on.
    pub since: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

/// Moves the end of a chain from `head` to `entry`, and locks it. Returns 0 if the chain ends elsewhere.
pub async fn advance(tx: &mut Tx, head: &Head, entry: &AuditEntry) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update audit_head set seq = $1, hash = $2 where workspace_id = $3 and seq = $4 and hash = $5";
    execute!(
        tx,
        sqlx::query(SQL).bind(entry.seq).bind(&entry.hash).bind(entry.workspace).bind(head.seq).bind(&head.hash)
    )
}

/// Where a chain ends; it begins here if there is none. Locks it on PostgreSQL; SQLite has one writer anyway.
pub async fn head(tx: &mut Tx, workspace: WorkspaceId) -> Result<Head, sqlx::Error> {
    // An update that changes nothing locks, on both engines, and gives the row.
    const SQL: &str = "insert into audit_head (workspace_id, seq, hash) values ($1, 0, $2) \
        on conflict (workspace_id) do update set seq = audit_head.seq returning seq, hash";
    let (seq, hash) = with_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace).bind(GENESIS).fetch_one(conn).await?);
    Ok(Head { seq, hash })
}

pub async fn insert(tx: &mut Tx, entry: &AuditEntry) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into audit_entry (workspace_id, seq, event_id, at, actor, credential, action, subject, \
        request_id, address, data, previous_hash, hash) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(entry.workspace)
            .bind(entry.seq)
            .bind(entry.event)
            .bind(entry.at)
            .bind(&entry.actor)
            .bind(entry.credential.as_deref())
            .bind(&entry.action)
            .bind(&entry.subject)
            .bind(entry.client.request_id.as_deref())
            .bind(entry.client.address.as_deref())
            .bind(&entry.data)
            .bind(&entry.previous_hash)
            .bind(&entry.hash)
    )?;
    Ok(())
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(
    db: &Db,
    actor: &Actor,
    filter: &AuditFilter,
    page: PageArgs,
) -> Result<Vec<AuditEntry>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from audit_entry where workspace_id = "));
        query.push_bind(actor.workspace);
        let AuditFilter { actor: by, credential, action, subject, .. } = filter;
        let columns = [("actor", by), ("credential", credential), ("action", action), ("subject", subject)];
        for (column, wanted) in columns {
            if let Some(wanted) = wanted {
                query.push(format!(" and {column} = ")).push_bind(wanted.clone());
            }
        }
        if let Some(since) = filter.since {
            query.push(" and at >= ").push_bind(since);
        }
        if let Some(until) = filter.until {
            query.push(" and at < ").push_bind(until);
        }
        push_page(&mut query, "at", "event_id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// The next entries of a chain after `seq`, oldest first.
pub async fn chain(db: &Db, workspace: WorkspaceId, after: i64, limit: i64) -> Result<Vec<AuditEntry>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from audit_entry where workspace_id = "));
        query.push_bind(workspace).push(" and seq > ").push_bind(after);
        query.push(" order by seq limit ").push_bind(limit);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// Where the chain of each workspace is said to end; for the check of all of them.
pub async fn heads(db: &Db) -> Result<Vec<(WorkspaceId, Option<Head>)>, sqlx::Error> {
    const SQL: &str = "select w.workspace_id, h.seq, h.hash from \
        (select workspace_id from audit_head union select distinct workspace_id from audit_entry) w \
        left join audit_head h on h.workspace_id = w.workspace_id order by w.workspace_id";
    let rows: Vec<(WorkspaceId, Option<i64>, Option<String>)> =
        with_db!(db.everywhere(), pool => sqlx::query_as(SQL).fetch_all(pool).await?);
    let head = |seq: Option<i64>, hash: Option<String>| Some(Head { seq: seq?, hash: hash? });
    Ok(rows.into_iter().map(|(workspace, seq, hash)| (workspace, head(seq, hash))).collect())
}
