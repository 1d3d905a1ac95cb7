//! Keys under which records meet, what looks like one, and what is not.

use std::collections::{BTreeMap, HashSet};

use kernel::{Action, Actor, DuplicateId, PageArgs, Timestamp, WorkspaceId};
use matching::LARGEST_BLOCK;
use platform::{
    Db, Tx,
    db::{Engine, ListBind, Text, push_allowed, push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use super::records::{access, table};
use crate::domain::{
    duplicates::{Dismissal, Duplicate, Found},
    record::Kind,
};

const COLUMNS: &str = "id, workspace_id, record_kind, confidence, may_merge_unasked, links, created_at";

/// Rows that one statement writes.
const BATCH: usize = 2_000;

/// Duplicates of a record that a query shows.
const SHOWN: usize = 20;

/// Which duplicates a list shows.
#[derive(Debug, Clone, PartialEq)]
pub struct DuplicateFilter {
    pub kinds: Vec<Kind>,
    pub min_confidence: f64,
}

#[derive(FromRow)]
struct Row {
    id: DuplicateId,
    workspace_id: WorkspaceId,
    record_kind: Text<Kind>,
    confidence: f64,
    may_merge_unasked: bool,
    links: Json<Found>,
    created_at: Timestamp,
}

impl From<Row> for Duplicate {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id, record_kind, confidence, may_merge_unasked, links, created_at } = row;
        let (workspace, kind, found) = (workspace_id, record_kind.0, links.0);
        Self { id, workspace, kind, confidence, may_merge_unasked, found, created_at }
    }
}

/// Appends the condition that the actor may read every member, and none is merged away.
macro_rules! push_readable {
    ($query:ident, $actor:expr, $kind:expr) => {
        $query.push("(record_kind = ").push_bind(Text($kind));
        // Each member by its id: a page costs its own members, however many records there are.
        $query.push(
            " and not exists (select 1 from duplicate_member m where m.duplicate_id = duplicate.id and not exists (",
        );
        $query.push(format!("select 1 from {} r where r.id = m.record_id and r.merged_into is null", table($kind)));
        $query.push(" and r.workspace_id = ").push_bind($actor.workspace);
        push_allowed(&mut $query, &$actor.access.rows($kind.object(), Action::Read), access($kind));
        $query.push(")))");
    };
}

/// Taken before records of a workspace are compared: one process does so at a time.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    const SQL: &str = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
    // SQLite has one writer.
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(SQL).bind(format!("pipewright.lead.duplicates.{workspace}")))?;
    }
    Ok(())
}

/// Writes the keys of these records in place of those they had.
pub async fn replace_keys(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    keys: &[(Uuid, Vec<i64>)],
) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("delete from match_key where workspace_id = ");
        query.push_bind(workspace).push(" and record_kind = ").push_bind(Text(kind)).push(" and record_id");
        ListBind::push_ids(&mut query, keys.iter().map(|(id, _)| *id).collect());
        query.build().execute(conn).await?;
    });
    let rows: Vec<(Uuid, i64)> = keys.iter().flat_map(|(id, keys)| keys.iter().map(|key| (*id, *key))).collect();
    for chunk in rows.chunks(BATCH) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("insert into match_key (workspace_id, record_kind, record_id, key) ");
            push_rows(&mut query, chunk, |mut row, (id, key)| {
                row.push_bind(workspace).push_bind(Text(kind)).push_bind(*id).push_bind(*key);
            });
            query.build().persistent(false).execute(conn).await?;
        });
    }
    Ok(())
}

/// The records that have these keys, by the key, in order; of a key that a crowd shares, as many as show that it does.
pub async fn holders(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    keys: &[i64],
) -> Result<BTreeMap<i64, Vec<Uuid>>, sqlx::Error> {
    let mut holders: BTreeMap<i64, Vec<Uuid>> = BTreeMap::new();
    for chunk in keys.chunks(BATCH) {
        let rows: Vec<(i64, Uuid)> = with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(
                "select key, record_id from (select key, record_id, row_number() over (partition by key order by record_id desc) as place \
                 from match_key where workspace_id = ",
            );
            query.push_bind(workspace).push(" and record_kind = ").push_bind(Text(kind)).push(" and key in (");
            push_rows(&mut query, chunk, |mut row, key| {
                row.push_bind(*key);
            });
            query.push(")) as placed where place <= ").push_bind(LARGEST_BLOCK as i64 + 1);
            query.build_query_as().persistent(false).fetch_all(conn).await?
        });
        for (key, id) in rows {
            holders.entry(key).or_default().push(id);
        }
    }
    holders.values_mut().for_each(|ids| ids.sort_unstable());
    Ok(holders)
}

/// The duplicates that any of these records is in.
pub async fn touching(tx: &mut Tx, workspace: WorkspaceId, records: &[Uuid]) -> Result<Vec<Duplicate>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from duplicate where workspace_id = "));
        query.push_bind(workspace).push(" and id in (select duplicate_id from duplicate_member where workspace_id = ");
        query.push_bind(workspace).push(" and record_id");
        ListBind::push_ids(&mut query, records.to_vec());
        query.push(")");
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Duplicate::from).collect())
}

pub async fn insert(tx: &mut Tx, duplicates: &[Duplicate]) -> Result<(), sqlx::Error> {
    for chunk in duplicates.chunks(BATCH) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(format!("insert into duplicate ({COLUMNS}) "));
            push_rows(&mut query, chunk, |mut row, duplicate| {
                row.push_bind(duplicate.id)
                    .push_bind(duplicate.workspace)
                    .push_bind(Text(duplicate.kind))
                    .push_bind(duplicate.confidence)
                    .push_bind(duplicate.may_merge_unasked)
                    .push_bind(Json(&duplicate.found))
                    .push_bind(duplicate.created_at);
            });
            query.build().persistent(false).execute(conn).await?;
        });
    }
    let members =
        duplicates.iter().flat_map(|duplicate| duplicate.found.members.iter().map(move |id| (duplicate, *id)));
    let members: Vec<(&Duplicate, Uuid)> = members.collect();
    for chunk in members.chunks(BATCH) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("insert into duplicate_member (workspace_id, duplicate_id, record_id) ");
            push_rows(&mut query, chunk, |mut row, (duplicate, id)| {
                row.push_bind(duplicate.workspace).push_bind(duplicate.id).push_bind(*id);
            });
            query.build().persistent(false).execute(conn).await?;
        });
    }
    Ok(())
}

pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, ids: &[DuplicateId]) -> Result<(), sqlx::Error> {
    for (table, column) in [("duplicate_member", "duplicate_id"), ("duplicate", "id")] {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(format!("delete from {table} where workspace_id = "));
            query.push_bind(workspace).push(format!(" and {column}"));
            push_in_ids(&mut query, ids.iter().copied());
            query.build().execute(conn).await?;
        });
    }
    Ok(())
}

/// Which of these records somebody has said are not one.
pub async fn dismissed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    records: &[Uuid],
) -> Result<HashSet<Dismissal>, sqlx::Error> {
    let rows: Vec<Dismissal> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("select low_id, high_id from duplicate_dismissal where workspace_id = ");
        query.push_bind(workspace).push(" and record_kind = ").push_bind(Text(kind)).push(" and low_id");
        ListBind::push_ids(&mut query, records.to_vec());
        query.push(" and high_id");
        ListBind::push_ids(&mut query, records.to_vec());
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().collect())
}

/// Notes for good that these are not one.
pub async fn dismiss(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: Kind,
    pairs: &[Dismissal],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for chunk in pairs.chunks(BATCH) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("insert into duplicate_dismissal (workspace_id, record_kind, low_id, high_id, dismissed_at) ");
            push_rows(&mut query, chunk, |mut row, (low, high)| {
                row.push_bind(workspace).push_bind(Text(kind)).push_bind(*low).push_bind(*high).push_bind(now);
            });
            query.push(" on conflict do nothing");
            query.build().persistent(false).execute(conn).await?;
        });
    }
    Ok(())
}

/// A page, newest first, with one row more than the page if another follows, of those all of whose records the actor may
/// read.
pub async fn list(
    db: &Db,
    actor: &Actor,
    filter: &DuplicateFilter,
    page: PageArgs,
) -> Result<Vec<Duplicate>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from duplicate where workspace_id = "));
        query.push_bind(actor.workspace).push(" and confidence >= ").push_bind(filter.min_confidence).push(" and (1 = 0");
        for kind in &filter.kinds {
            query.push(" or ");
            push_readable!(query, actor, *kind);
        }
        query.push(")");
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Duplicate::from).collect())
}

/// The duplicates of each of these records, the likeliest first, of those all of whose records the actor may read.
pub async fn of_records(
    db: &Db,
    actor: &Actor,
    kind: Kind,
    records: &[Uuid],
) -> Result<Vec<(Uuid, Duplicate)>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from duplicate where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id in (select duplicate_id from duplicate_member where workspace_id = ");
        query.push_bind(actor.workspace).push(" and record_id");
        ListBind::push_ids(&mut query, records.to_vec());
        query.push(") and ");
        push_readable!(query, actor, kind);
        query.push(" order by confidence desc, id");
        query.build_query_as().fetch_all(pool).await?
    });
    let duplicates: Vec<Duplicate> = rows.into_iter().map(Duplicate::from).collect();
    let of = |record: &Uuid| {
        let own = duplicates.iter().filter(|duplicate| duplicate.found.members.contains(record)).take(SHOWN);
        own.map(|duplicate| (*record, duplicate.clone())).collect::<Vec<_>>()
    };
    Ok(records.iter().flat_map(of).collect())
}
