use kernel::{Actor, Candidate, Decision, DecisionId, LeadId, PageArgs, RepId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{push_in_ids, push_page, push_rows},
    lead_access::push_readable,
    with_db, with_tx,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{FromRow, QueryBuilder, types::Json};

use crate::domain::route::Routed;

const COLUMNS: &str = "id, lead_id, kind, rule_version, inputs, inputs_hash, candidates, outcome, chosen, decided_at";

#[derive(FromRow)]
struct Row {
    id: DecisionId,
    lead_id: LeadId,
    kind: String,
    rule_version: i64,
    inputs: Json<Value>,
    inputs_hash: String,
    candidates: Json<Candidates>,
    outcome: String,
    chosen: Option<RepId>,
    decided_at: Timestamp,
}

/// A JSON column holds an object.
#[derive(Serialize, Deserialize)]
struct Candidates {
    candidates: Vec<Candidate>,
}

impl From<Row> for Decision {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            subject: row.lead_id.to_string(),
            rule_version: row.rule_version,
            inputs: row.inputs.0,
            inputs_hash: row.inputs_hash,
            candidates: row.candidates.0.candidates,
            outcome: row.outcome,
            chosen: row.chosen.map(|rep| rep.to_string()),
            decided_at: row.decided_at,
        }
    }
}

pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, routed: &[Routed]) -> Result<(), sqlx::Error> {
    for chunk in routed.chunks(500) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(format!("insert into decision (workspace_id, {COLUMNS}) "));
            push_rows(&mut query, chunk, |mut row, routed| {
                let decision = &routed.decision;
                row.push_bind(workspace)
                    .push_bind(decision.id)
                    .push_bind(routed.lead)
                    .push_bind(decision.kind.clone())
                    .push_bind(decision.rule_version)
                    .push_bind(Json(decision.inputs.clone()))
                    .push_bind(decision.inputs_hash.clone())
                    .push_bind(Json(Candidates { candidates: decision.candidates.clone() }))
                    .push_bind(decision.outcome.clone())
                    .push_bind(routed.chosen)
                    .push_bind(decision.decided_at);
            });
            query.build().persistent(chunk.len() == 1).execute(conn).await?;
        });
    }
    Ok(())
}

/// The decisions with these ids about leads that the actor may read, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[DecisionId]) -> Result<Vec<Decision>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from decision where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_readable(&mut query, actor, "lead_id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Decision::from).collect())
}

/// A page of all decisions or of one lead's, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, lead: Option<LeadId>, page: PageArgs) -> Result<Vec<Decision>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from decision where workspace_id = "));
        query.push_bind(actor.workspace);
        push_readable(&mut query, actor, "lead_id");
        if let Some(lead) = lead {
            query.push(" and lead_id = ").push_bind(lead);
        }
        push_page(&mut query, "decided_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Decision::from).collect())
}

pub async fn count(db: &Db, actor: &Actor, lead: Option<LeadId>) -> Result<i64, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select count(*) from decision where workspace_id = ");
        query.push_bind(actor.workspace);
        push_readable(&mut query, actor, "lead_id");
        if let Some(lead) = lead {
            query.push(" and lead_id = ").push_bind(lead);
        }
        query.build_query_scalar().fetch_one(pool).await
    })
}
