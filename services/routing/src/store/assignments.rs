use kernel::{Actor, DecisionId, EventId, LeadId, RepId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{push_in_ids, push_rows},
    execute,
    lead_access::push_readable,
    with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::assignment::Assignment;

const COLUMNS: &str = "workspace_id, lead_id, decision_id, rep_id, decided_at";

#[derive(FromRow)]
struct Row {
    workspace_id: WorkspaceId,
    lead_id: LeadId,
    decision_id: DecisionId,
    rep_id: Option<RepId>,
    decided_at: Timestamp,
}

impl From<Row> for Assignment {
    fn from(row: Row) -> Self {
        let Row { workspace_id, lead_id, decision_id, rep_id, decided_at } = row;
        Self { workspace: workspace_id, lead: lead_id, decision: decision_id, rep: rep_id, decided_at }
    }
}

/// What a write may find in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The lead has no decision yet.
    Free,
    /// The new decision supersedes the one in force.
    Taken,
}

/// Puts decisions in force. Returns how many found their place as expected.
pub async fn put(tx: &mut Tx, assignments: &[Assignment], place: Place) -> Result<usize, sqlx::Error> {
    let mut put = 0;
    for chunk in assignments.chunks(500) {
        put += with_tx!(tx, conn => {
            let mut query = QueryBuilder::new(format!("insert into assignment ({COLUMNS}) "));
            push_rows(&mut query, chunk, |mut row, assignment| {
                row.push_bind(assignment.workspace)
                    .push_bind(assignment.lead)
                    .push_bind(assignment.decision)
                    .push_bind(assignment.rep)
                    .push_bind(assignment.decided_at);
            });
            query.push(match place {
                Place::Free => " on conflict do nothing",
                Place::Taken => {
                    " on conflict (workspace_id, lead_id) do update set decision_id = excluded.decision_id, \
                     rep_id = excluded.rep_id, decided_at = excluded.decided_at"
                }
            });
            query.build().persistent(chunk.len() == 1).execute(conn).await?.rows_affected()
        });
    }
    Ok(usize::try_from(put).unwrap_or(usize::MAX))
}

/// The lead's decision in force.
pub async fn by_lead(tx: &mut Tx, workspace: WorkspaceId, lead: LeadId) -> Result<Option<Assignment>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from assignment where workspace_id = "));
        query.push_bind(workspace).push(" and lead_id = ").push_bind(lead);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Assignment::from))
}

/// The decisions in force for those of these leads that the actor may read, in no order.
pub async fn by_leads(db: &Db, actor: &Actor, leads: &[LeadId]) -> Result<Vec<Assignment>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from assignment where workspace_id = "));
        query.push_bind(actor.workspace).push(" and lead_id");
        push_in_ids(&mut query, leads.iter().copied());
        push_readable(&mut query, actor, "lead_id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Assignment::from).collect())
}

/// Notes whether another lead stands for this one, unless a later event has said so already.
pub async fn save_merged(
    tx: &mut Tx,
    workspace: WorkspaceId,
    lead: LeadId,
    merged: bool,
    event: EventId,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into merged_lead (workspace_id, lead_id, merged, event) values ($1, $2, $3, $4) \
        on conflict (workspace_id, lead_id) do update set merged = excluded.merged, event = excluded.event \
        where merged_lead.event < excluded.event";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(lead).bind(merged).bind(event))?;
    Ok(())
}

/// Up to `limit` leads of the fallback queue that no other stands for, the longest waiting first.
pub async fn waiting(tx: &mut Tx, workspace: WorkspaceId, limit: i64) -> Result<Vec<LeadId>, sqlx::Error> {
    const SQL: &str = "select a.lead_id from assignment a where a.workspace_id = $1 and a.rep_id is null \
        and not exists (select 1 from merged_lead m where m.workspace_id = $1 and m.lead_id = a.lead_id and m.merged) \
        order by a.decided_at, a.lead_id limit $2";
    with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(limit).fetch_all(conn).await)
}
