use events::enrichment::Verdict;
use kernel::{Actor, EmailAddress, LeadId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids},
    execute,
    lead_access::push_readable,
    with_db,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use super::Items;
use crate::domain::verify::{CheckResult, LeadVerification, Verification};

#[derive(FromRow)]
struct Row {
    lead_id: LeadId,
    email: EmailAddress,
    verdict: Text<Verdict>,
    checks: Json<Items<CheckResult>>,
    verified_at: Timestamp,
}

impl From<Row> for LeadVerification {
    fn from(row: Row) -> Self {
        let verification = Verification { verdict: row.verdict.0, checks: row.checks.0.items };
        Self { lead: row.lead_id, email: row.email, verification, verified_at: row.verified_at }
    }
}

/// Replaces the lead's verification.
pub async fn save(tx: &mut Tx, workspace: WorkspaceId, verified: &LeadVerification) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into verification (workspace_id, lead_id, email, verdict, checks, verified_at) \
        values ($1, $2, $3, $4, $5, $6) \
        on conflict (workspace_id, lead_id) do update set email = excluded.email, verdict = excluded.verdict, \
        checks = excluded.checks, verified_at = excluded.verified_at";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(verified.lead)
            .bind(verified.email.as_str())
            .bind(Text(verified.verification.verdict))
            .bind(Json(Items { items: verified.verification.checks.clone() }))
            .bind(verified.verified_at)
    )?;
    Ok(())
}

/// The verifications of these leads, in no order.
pub async fn of_leads(db: &Db, actor: &Actor, leads: &[LeadId]) -> Result<Vec<LeadVerification>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select lead_id, email, verdict, checks, verified_at from verification where workspace_id = ");
        query.push_bind(actor.workspace).push(" and lead_id");
        push_in_ids(&mut query, leads.iter().copied());
        push_readable(&mut query, actor, "lead_id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(LeadVerification::from).collect())
}
