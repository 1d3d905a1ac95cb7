use events::enrichment::RunStatus;
use kernel::{Actor, EnrichmentRunId, LeadId, PageArgs, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids, push_page},
    execute,
    lead_access::push_readable,
    with_db,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use super::Items;
use crate::domain::{
    run::{EnrichmentRun, Inputs},
    waterfall::{Call, Resolved},
};

const COLUMNS: &str = "r.id, r.lead_id, r.lead_version, r.status, r.inputs, r.inputs_hash, r.fields, r.calls, r.started_at, r.finished_at";

#[derive(FromRow)]
struct Row {
    id: EnrichmentRunId,
    lead_id: LeadId,
    lead_version: i64,
    status: Text<RunStatus>,
    inputs: Json<Inputs>,
    inputs_hash: String,
    fields: Json<Items<Resolved>>,
    calls: Json<Items<Call>>,
    started_at: Timestamp,
    finished_at: Timestamp,
}

impl From<Row> for EnrichmentRun {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            lead: row.lead_id,
            lead_version: row.lead_version,
            status: row.status.0,
            inputs: row.inputs.0,
            inputs_hash: row.inputs_hash,
            fields: row.fields.0.items,
            calls: row.calls.0.items,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, run: &EnrichmentRun) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into enrichment_run (id, workspace_id, lead_id, lead_version, status, inputs, inputs_hash, fields, calls, \
        started_at, finished_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(run.id)
            .bind(workspace)
            .bind(run.lead)
            .bind(run.lead_version)
            .bind(Text(run.status))
            .bind(Json(&run.inputs))
            .bind(&run.inputs_hash)
            .bind(Json(Items { items: run.fields.clone() }))
            .bind(Json(Items { items: run.calls.clone() }))
            .bind(run.started_at)
            .bind(run.finished_at)
    )?;
    Ok(())
}

/// The latest run of each of these leads, in no order.
pub async fn latest_of_leads(db: &Db, actor: &Actor, leads: &[LeadId]) -> Result<Vec<EnrichmentRun>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {COLUMNS} from lead l join enrichment_run r on r.workspace_id = l.workspace_id and r.id = l.run_id where l.workspace_id = "
        ));
        query.push_bind(actor.workspace).push(" and l.id");
        push_in_ids(&mut query, leads.iter().copied());
        push_readable(&mut query, actor, "l.id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| EnrichmentRun::from(row).seen_by(&actor.access)).collect())
}

/// The runs with these ids, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[EnrichmentRunId]) -> Result<Vec<EnrichmentRun>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from enrichment_run r where r.workspace_id = "));
        query.push_bind(actor.workspace).push(" and r.id");
        push_in_ids(&mut query, ids.iter().copied());
        push_readable(&mut query, actor, "r.lead_id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| EnrichmentRun::from(row).seen_by(&actor.access)).collect())
}

/// A page of a lead's runs, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, lead: LeadId, page: PageArgs) -> Result<Vec<EnrichmentRun>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from enrichment_run r where r.workspace_id = "));
        query.push_bind(actor.workspace).push(" and r.lead_id = ").push_bind(lead);
        push_readable(&mut query, actor, "r.lead_id");
        push_page(&mut query, "r.started_at", "r.id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|row| EnrichmentRun::from(row).seen_by(&actor.access)).collect())
}
