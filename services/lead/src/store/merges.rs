use kernel::{Action, Actor, MergeId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, ListBind, Text, push_allowed, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use super::records::access;
use crate::domain::{
    family::{Content, Merge},
    record::Kind,
};

const COLUMNS: &str = "id, workspace_id, record_kind, survivor_id, content, merged_at, undone_at";

/// Merges of a record that a query shows.
const SHOWN: i64 = 200;

#[derive(FromRow)]
struct Row {
    id: MergeId,
    workspace_id: WorkspaceId,
    record_kind: Text<Kind>,
    survivor_id: Uuid,
    content: Json<Content>,
    merged_at: Timestamp,
    undone_at: Option<Timestamp>,
}

impl From<Row> for Merge {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id, record_kind, survivor_id, content: Json(content), merged_at, undone_at } = row;
        let others = content.before.keys().filter(|record| **record != survivor_id).copied().collect();
        let (workspace, kind, survivor) = (workspace_id, record_kind.0, survivor_id);
        Self { id, workspace, kind, survivor, others, content, merged_at, undone_at }
    }
}

/// Taken before records of a workspace are merged or restored: one such change at a time, so that no two records are
/// merged into each other.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    const SQL: &str = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
    // SQLite has one writer.
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(SQL).bind(format!("pipewright.lead.merges.{workspace}")))?;
    }
    Ok(())
}

pub async fn insert(tx: &mut Tx, merge: &Merge) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into merge_record (id, workspace_id, record_kind, survivor_id, content, merged_at, undone_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(merge.id)
            .bind(merge.workspace)
            .bind(Text(merge.kind))
            .bind(merge.survivor)
            .bind(Json(&merge.content))
            .bind(merge.merged_at)
            .bind(merge.undone_at)
    )?;
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("insert into merge_member (workspace_id, merge_id, record_id) ");
        push_rows(&mut query, &merge.others, |mut row, id| {
            row.push_bind(merge.workspace).push_bind(merge.id).push_bind(*id);
        });
        query.build().persistent(false).execute(conn).await.map(|_| ())
    })
}

/// Writes what a merge remembers, and whether it is undone.
pub async fn update(tx: &mut Tx, merge: &Merge) -> Result<(), sqlx::Error> {
    const SQL: &str = "update merge_record set content = $1, undone_at = $2 where workspace_id = $3 and id = $4";
    let Merge { id, workspace, content, undone_at, .. } = merge;
    execute!(tx, sqlx::query(SQL).bind(Json(content)).bind(undone_at).bind(workspace).bind(id))?;
    Ok(())
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from merge_record where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Merge::from))
}

/// The merges in force among these records, oldest first.
pub async fn in_force(tx: &mut Tx, workspace: WorkspaceId, records: &[Uuid]) -> Result<Vec<Merge>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from merge_record where undone_at is null and workspace_id = "));
        query.push_bind(workspace).push(" and survivor_id");
        ListBind::push_ids(&mut query, records.to_vec());
        query.push(" order by id");
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Merge::from).collect())
}

/// The merges that a record was in, as the survivor or merged away, newest first, undone ones too.
pub async fn of_record(db: &Db, actor: &Actor, record: Uuid) -> Result<Vec<Merge>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from merge_record where workspace_id = "));
        query.push_bind(actor.workspace).push(" and (survivor_id = ").push_bind(record);
        query.push(" or id in (select merge_id from merge_member where workspace_id = ").push_bind(actor.workspace);
        query.push(" and record_id = ").push_bind(record).push(")) order by id desc limit ").push_bind(SHOWN);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Merge::from).collect())
}

/// Leads and contacts that the actor may read and that were made at an account since a moment: up to `limit` ids of each
/// kind.
pub async fn attached_since(
    tx: &mut Tx,
    actor: &Actor,
    account: Uuid,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(Kind, Uuid)>, sqlx::Error> {
    let mut attached = Vec::new();
    for (kind, table) in [(Kind::Lead, "lead"), (Kind::Contact, "contact")] {
        let ids: Vec<Uuid> = with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(format!("select id from {table} where merged_into is null and workspace_id = "));
            query.push_bind(actor.workspace).push(" and account_id = ").push_bind(account);
            query.push(" and created_at > ").push_bind(since);
            push_allowed(&mut query, &actor.access.rows(kind.object(), Action::Read), access(kind));
            query.push(" order by id limit ").push_bind(limit);
            query.build_query_scalar().fetch_all(conn).await?
        });
        attached.extend(ids.into_iter().map(|id| (kind, id)));
    }
    Ok(attached)
}
