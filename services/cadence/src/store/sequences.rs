use std::collections::HashMap;

use kernel::{Actor, PageArgs, SequenceId, StepId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::sequence::{Sequence, Step};

const COLUMNS: &str = "id, workspace_id, name, version, created_at";
const STEP_COLUMNS: &str = "id, sequence_id, position, delay_days, subject, body";

#[derive(FromRow)]
struct Row {
    id: SequenceId,
    workspace_id: WorkspaceId,
    name: String,
    version: i64,
    created_at: Timestamp,
}

#[derive(FromRow)]
struct StepRow {
    id: StepId,
    sequence_id: SequenceId,
    position: i64,
    delay_days: i64,
    subject: String,
    body: String,
}

impl Row {
    fn with(self, steps: Vec<Step>) -> Sequence {
        let Self { id, workspace_id, name, version, created_at } = self;
        Sequence { id, workspace: workspace_id, name, version, created_at, steps }
    }
}

impl From<StepRow> for Step {
    fn from(row: StepRow) -> Self {
        let StepRow { id, position, delay_days, subject, body, .. } = row;
        Self { id, position, delay_days, subject, body }
    }
}

/// Adds a version of a sequence unless the workspace has it.
pub async fn insert(tx: &mut Tx, sequence: &Sequence) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into sequence (id, workspace_id, name, version, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing";
    let Sequence { id, workspace, name, version, created_at, steps } = sequence;
    if execute!(tx, sqlx::query(SQL).bind(id).bind(workspace).bind(name).bind(version).bind(created_at))? == 0 {
        return Ok(());
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("insert into step (id, workspace_id, sequence_id, position, delay_days, subject, body) ");
        push_rows(&mut query, steps, |mut row, step| {
            row.push_bind(step.id)
                .push_bind(*workspace)
                .push_bind(*id)
                .push_bind(step.position)
                .push_bind(step.delay_days)
                .push_bind(step.subject.clone())
                .push_bind(step.body.clone());
        });
        query.build().execute(conn).await?;
    });
    Ok(())
}

/// The newest version of the sequence with this name.
pub async fn latest(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<Option<Sequence>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from sequence where workspace_id = $1 and name = $2 order by version desc limit 1"
    ));
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(name).fetch_optional(conn).await)?;
    complete(tx, workspace, row).await
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: SequenceId) -> Result<Option<Sequence>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from sequence where workspace_id = $1 and id = $2"));
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(id).fetch_optional(conn).await)?;
    complete(tx, workspace, row).await
}

async fn complete(tx: &mut Tx, workspace: WorkspaceId, row: Option<Row>) -> Result<Option<Sequence>, sqlx::Error> {
    let Some(row) = row else { return Ok(None) };
    let sql = sqlx::AssertSqlSafe(format!(
        "select {STEP_COLUMNS} from step where workspace_id = $1 and sequence_id = $2 order by position"
    ));
    let steps: Vec<StepRow> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(row.id).fetch_all(conn).await)?;
    Ok(Some(row.with(steps.into_iter().map(Step::from).collect())))
}

/// One step, if the sequence is that long.
pub async fn step_at(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sequence: SequenceId,
    position: i64,
) -> Result<Option<Step>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {STEP_COLUMNS} from step where workspace_id = $1 and sequence_id = $2 and position = $3"
    ));
    let row: Option<StepRow> = with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(sequence).bind(position).fetch_optional(conn).await)?;
    Ok(row.map(Step::from))
}

/// The sequences with these ids, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[SequenceId]) -> Result<Vec<Sequence>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from sequence where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    with_steps(db, actor.workspace, rows).await
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, workspace: WorkspaceId, page: PageArgs) -> Result<Vec<Sequence>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from sequence where workspace_id = "));
        query.push_bind(workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    with_steps(db, workspace, rows).await
}

async fn with_steps(db: &Db, workspace: WorkspaceId, rows: Vec<Row>) -> Result<Vec<Sequence>, sqlx::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let steps: Vec<StepRow> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {STEP_COLUMNS} from step where workspace_id = "));
        query.push_bind(workspace).push(" and sequence_id");
        push_in_ids(&mut query, rows.iter().map(|row| row.id));
        query.push(" order by sequence_id, position");
        query.build_query_as().fetch_all(pool).await?
    });
    let mut by_sequence: HashMap<SequenceId, Vec<Step>> = HashMap::new();
    for step in steps {
        by_sequence.entry(step.sequence_id).or_default().push(step.into());
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let steps = by_sequence.remove(&row.id).unwrap_or_default();
            row.with(steps)
        })
        .collect())
}
