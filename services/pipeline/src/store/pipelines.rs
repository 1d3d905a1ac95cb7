use std::collections::HashMap;

use kernel::{Actor, PageArgs, PipelineId, StageId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::pipeline::{OpportunityState, Pipeline, Stage};

const COLUMNS: &str = "id, workspace_id, name, created_at";
const STAGE_COLUMNS: &str = "id, workspace_id, pipeline_id, name, position, probability, state";

#[derive(FromRow)]
struct Row {
    id: PipelineId,
    workspace_id: WorkspaceId,
    name: String,
    created_at: Timestamp,
}

#[derive(FromRow)]
struct StageRow {
    id: StageId,
    workspace_id: WorkspaceId,
    pipeline_id: PipelineId,
    name: String,
    position: i64,
    probability: i64,
    state: Text<OpportunityState>,
}

impl From<StageRow> for Stage {
    fn from(row: StageRow) -> Self {
        let StageRow { id, workspace_id, pipeline_id, name, position, probability, state } = row;
        Self { id, workspace: workspace_id, pipeline: pipeline_id, name, position, probability, state: state.0 }
    }
}

/// Inserts a pipeline with its stages, unless the workspace has one of this name.
pub async fn insert(tx: &mut Tx, pipeline: &Pipeline) -> Result<(), sqlx::Error> {
    const SQL: &str =
        "insert into pipeline (id, workspace_id, name, created_at) values ($1, $2, $3, $4) on conflict do nothing";
    let inserted = execute!(
        tx,
        sqlx::query(SQL).bind(pipeline.id).bind(pipeline.workspace).bind(&pipeline.name).bind(pipeline.created_at)
    )?;
    if inserted == 0 {
        return Ok(());
    }
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("insert into stage ({STAGE_COLUMNS}) "));
        push_rows(&mut query, &pipeline.stages, |mut row, stage| {
            row.push_bind(stage.id)
                .push_bind(stage.workspace)
                .push_bind(stage.pipeline)
                .push_bind(stage.name.clone())
                .push_bind(stage.position)
                .push_bind(stage.probability)
                .push_bind(Text(stage.state));
        });
        query.build().execute(conn).await?;
    });
    Ok(())
}

pub async fn by_name(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<Option<Pipeline>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from pipeline where workspace_id = "));
        query.push_bind(workspace).push(" and name = ").push_bind(name.to_owned());
        query.build_query_as().fetch_optional(conn).await?
    });
    with_its_stages(tx, row).await
}

/// One pipeline, in a transaction.
pub async fn by_id(tx: &mut Tx, actor: &Actor, id: PipelineId) -> Result<Option<Pipeline>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from pipeline where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    with_its_stages(tx, row).await
}

/// The pipelines with these ids, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[PipelineId]) -> Result<Vec<Pipeline>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from pipeline where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    with_stages(db, actor.workspace, rows).await
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, page: PageArgs) -> Result<Vec<Pipeline>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from pipeline where workspace_id = "));
        query.push_bind(actor.workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    with_stages(db, actor.workspace, rows).await
}

/// The stages with these ids, in no order.
pub async fn stages_by_ids(db: &Db, actor: &Actor, ids: &[StageId]) -> Result<Vec<Stage>, sqlx::Error> {
    let rows: Vec<StageRow> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {STAGE_COLUMNS} from stage where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Stage::from).collect())
}

/// One stage, in a transaction.
pub async fn stage(tx: &mut Tx, actor: &Actor, id: StageId) -> Result<Option<Stage>, sqlx::Error> {
    let row: Option<StageRow> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {STAGE_COLUMNS} from stage where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Stage::from))
}

async fn with_its_stages(tx: &mut Tx, row: Option<Row>) -> Result<Option<Pipeline>, sqlx::Error> {
    let Some(row) = row else { return Ok(None) };
    let stages: Vec<StageRow> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {STAGE_COLUMNS} from stage where workspace_id = "));
        query.push_bind(row.workspace_id).push(" and pipeline_id = ").push_bind(row.id).push(" order by position");
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(Some(assemble(row, stages.into_iter().map(Stage::from).collect())))
}

async fn with_stages(db: &Db, workspace: WorkspaceId, rows: Vec<Row>) -> Result<Vec<Pipeline>, sqlx::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let stages: Vec<StageRow> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {STAGE_COLUMNS} from stage where workspace_id = "));
        query.push_bind(workspace).push(" and pipeline_id");
        push_in_ids(&mut query, rows.iter().map(|row| row.id));
        query.push(" order by pipeline_id, position");
        query.build_query_as().fetch_all(pool).await?
    });
    let mut by_pipeline: HashMap<PipelineId, Vec<Stage>> = HashMap::with_capacity(rows.len());
    for row in stages {
        by_pipeline.entry(row.pipeline_id).or_default().push(row.into());
    }
    let pipeline = |row: Row| {
        let stages = by_pipeline.remove(&row.id).unwrap_or_default();
        assemble(row, stages)
    };
    Ok(rows.into_iter().map(pipeline).collect())
}

fn assemble(row: Row, stages: Vec<Stage>) -> Pipeline {
    Pipeline { id: row.id, workspace: row.workspace_id, name: row.name, stages, created_at: row.created_at }
}
