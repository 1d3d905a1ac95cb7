use std::collections::HashSet;

use kernel::{Action, Actor, LeadId, Object, PageArgs, SegmentId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, push_allowed, push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::leads::ACCESS;
use crate::domain::segment::{Member, Segment};

const COLUMNS: &str = "id, workspace_id, version, name, definition, ready, filled_to, created_at, updated_at";

/// Members that one statement writes.
const BATCH: usize = 2_000;

#[derive(FromRow)]
struct Row {
    id: SegmentId,
    workspace_id: WorkspaceId,
    version: i64,
    name: String,
    definition: String,
    ready: bool,
    filled_to: Option<LeadId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Segment {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id: workspace, version, name, definition, ready, filled_to, created_at, updated_at } =
            row;
        Self { id, workspace, version, name, definition, ready, filled_to, created_at, updated_at }
    }
}

/// Of two segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Overlap {
    pub in_both: i64,
    pub in_left: i64,
    pub in_right: i64,
}

/// Taken before the segments of a workspace, or who is in them beside a saved lead, change: until the transaction ends
/// no lead is held against segments. A lead that is saved at the same time is seen either here or by [`share`].
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    advisory(tx, workspace, "select pg_advisory_xact_lock(hashtextextended($1, 0))").await
}

/// Taken before saved leads are held against the segments of their workspace, which then stay as they are. Any number
/// may do so at once.
pub async fn share(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    advisory(tx, workspace, "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))").await
}

async fn advisory(tx: &mut Tx, workspace: WorkspaceId, sql: &'static str) -> Result<(), sqlx::Error> {
    // SQLite has one writer.
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(sql).bind(format!("pipewright.lead.segments.{workspace}")))?;
    }
    Ok(())
}

/// False if the name is taken.
pub async fn insert(tx: &mut Tx, segment: &Segment) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into segment (id, workspace_id, version, name, definition, ready, filled_to, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    let inserted = execute!(
        tx,
        sqlx::query(SQL)
            .bind(segment.id)
            .bind(segment.workspace)
            .bind(segment.version)
            .bind(&segment.name)
            .bind(&segment.definition)
            .bind(segment.ready)
            .bind(segment.filled_to)
            .bind(segment.created_at)
            .bind(segment.updated_at)
    )?;
    Ok(inserted == 1)
}

/// Under [`lock`].
pub async fn update(tx: &mut Tx, segment: &Segment) -> Result<(), sqlx::Error> {
    const SQL: &str = "update segment set version = $1, name = $2, definition = $3, ready = $4, filled_to = $5, updated_at = $6 \
        where workspace_id = $7 and id = $8";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(segment.version)
            .bind(&segment.name)
            .bind(&segment.definition)
            .bind(segment.ready)
            .bind(segment.filled_to)
            .bind(segment.updated_at)
            .bind(segment.workspace)
            .bind(segment.id)
    )?;
    Ok(())
}

/// With all who are in it.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, id: SegmentId) -> Result<(), sqlx::Error> {
    const MEMBERS: &str = "delete from segment_member where workspace_id = $1 and segment_id = $2";
    const SEGMENT: &str = "delete from segment where workspace_id = $1 and id = $2";
    for sql in [MEMBERS, SEGMENT] {
        execute!(tx, sqlx::query(sql).bind(workspace).bind(id))?;
    }
    Ok(())
}

/// Every segment of the workspace.
pub async fn all(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Segment>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from segment where workspace_id = "));
        query.push_bind(workspace);
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Segment::from).collect())
}

pub async fn by_id(db: &Db, workspace: WorkspaceId, id: SegmentId) -> Result<Option<Segment>, sqlx::Error> {
    let row: Option<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from segment where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(pool).await?
    });
    Ok(row.map(Segment::from))
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, workspace: WorkspaceId, page: PageArgs) -> Result<Vec<Segment>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from segment where workspace_id = "));
        query.push_bind(workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Segment::from).collect())
}

/// A workspace with a segment that is not ready.
pub async fn workspace_to_fill(db: &Db) -> Result<Option<WorkspaceId>, sqlx::Error> {
    const SQL: &str = "select workspace_id from segment where not ready limit 1";
    with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).fetch_optional(pool).await)
}

/// Which of these leads are in which segments.
pub async fn members(tx: &mut Tx, workspace: WorkspaceId, leads: &[LeadId]) -> Result<HashSet<Member>, sqlx::Error> {
    let rows: Vec<Member> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("select segment_id, lead_id from segment_member where workspace_id = ");
        query.push_bind(workspace).push(" and lead_id");
        push_in_ids(&mut query, leads.iter().copied());
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().collect())
}

pub async fn enter(tx: &mut Tx, workspace: WorkspaceId, members: &[Member], now: Timestamp) -> Result<(), sqlx::Error> {
    for chunk in members.chunks(BATCH) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("insert into segment_member (workspace_id, segment_id, lead_id, entered_at) ");
            push_rows(&mut query, chunk, |mut row, (segment, lead)| {
                row.push_bind(workspace).push_bind(*segment).push_bind(*lead).push_bind(now);
            });
            query.build().persistent(false).execute(conn).await.map(|_| ())
        })?;
    }
    Ok(())
}

pub async fn exit(tx: &mut Tx, workspace: WorkspaceId, members: &[Member]) -> Result<(), sqlx::Error> {
    for chunk in members.chunks(BATCH) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("delete from segment_member where workspace_id = ");
            query.push_bind(workspace).push(" and (segment_id, lead_id) in (");
            push_rows(&mut query, chunk, |mut row, (segment, lead)| {
                row.push_bind(*segment).push_bind(*lead);
            });
            query.push(")");
            query.build().persistent(false).execute(conn).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Since when a lead is in a segment.
pub async fn entered_at(
    db: &Db,
    workspace: WorkspaceId,
    (segment, lead): Member,
) -> Result<Option<Timestamp>, sqlx::Error> {
    const SQL: &str =
        "select entered_at from segment_member where workspace_id = $1 and segment_id = $2 and lead_id = $3";
    with_db!(db.of(workspace), pool => {
        sqlx::query_scalar(SQL).bind(workspace).bind(segment).bind(lead).fetch_optional(pool).await
    })
}

/// How many leads that the actor may read are in each of these segments; one without any is left out.
pub async fn counts(db: &Db, actor: &Actor, ids: &[SegmentId]) -> Result<Vec<(SegmentId, i64)>, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(
            "select m.segment_id, count(*) from segment_member m join lead on lead.id = m.lead_id where m.workspace_id = ",
        );
        query.push_bind(actor.workspace).push(" and m.segment_id");
        push_in_ids(&mut query, ids.iter().copied());
        push_allowed(&mut query, &actor.access.rows(Object::Lead, Action::Read), &ACCESS);
        query.push(" group by m.segment_id");
        query.build_query_as().fetch_all(pool).await
    })
}

/// Of the leads that the actor may read, how many are in two segments.
pub async fn overlap(db: &Db, actor: &Actor, left: SegmentId, right: SegmentId) -> Result<Overlap, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(
            "select cast(coalesce(sum(of_left * of_right), 0) as bigint) as in_both, \
             cast(coalesce(sum(of_left), 0) as bigint) as in_left, cast(coalesce(sum(of_right), 0) as bigint) as in_right \
             from (select max(case when m.segment_id = ",
        );
        query.push_bind(left).push(" then 1 else 0 end) as of_left, max(case when m.segment_id = ").push_bind(right);
        query.push(" then 1 else 0 end) as of_right from segment_member m join lead on lead.id = m.lead_id where m.workspace_id = ");
        query.push_bind(actor.workspace).push(" and m.segment_id");
        push_in_ids(&mut query, [left, right]);
        push_allowed(&mut query, &actor.access.rows(Object::Lead, Action::Read), &ACCESS);
        query.push(" group by m.lead_id) counted");
        query.build_query_as().fetch_one(pool).await
    })
}
