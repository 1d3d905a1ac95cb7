use events::{enrichment::Verdict, lead::LeadStatus};
use kernel::{EmailAddress, EventId, LeadId, PersonName, Timestamp, WorkspaceId};
use platform::{Tx, db::Text, execute, with_tx};
use sqlx::FromRow;

use crate::domain::lead::Lead;

#[derive(FromRow)]
struct Row {
    id: LeadId,
    workspace_id: WorkspaceId,
    version: i64,
    email: EmailAddress,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    company: Option<String>,
    status: Text<LeadStatus>,
    owner_name: Option<String>,
    merged_into: Option<LeadId>,
}

impl From<Row> for Lead {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id, version, email, first_name, last_name, company, status, owner_name, merged_into } =
            row;
        Self {
            id,
            workspace: workspace_id,
            version,
            email,
            first_name,
            last_name,
            company,
            status: status.0,
            owner_name,
            merged_into,
        }
    }
}

/// Takes what was published of a lead; returns false if it is not newer than what is known. The owner is kept.
pub async fn save(tx: &mut Tx, lead: &Lead) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into lead (id, workspace_id, version, email, first_name, last_name, company, status) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) \
        on conflict (id) do update set version = excluded.version, email = excluded.email, first_name = excluded.first_name, \
        last_name = excluded.last_name, company = excluded.company, status = excluded.status \
        where excluded.version > lead.version and lead.workspace_id = excluded.workspace_id";
    let saved = execute!(
        tx,
        sqlx::query(SQL)
            .bind(lead.id)
            .bind(lead.workspace)
            .bind(lead.version)
            .bind(lead.email.as_str())
            .bind(&lead.first_name)
            .bind(&lead.last_name)
            .bind(&lead.company)
            .bind(Text(lead.status))
    )?;
    Ok(saved == 1)
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: LeadId) -> Result<Option<Lead>, sqlx::Error> {
    const SQL: &str = "select id, workspace_id, version, email, first_name, last_name, company, status, owner_name, merged_into \
        from lead where workspace_id = $1 and id = $2";
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(conn).await)?;
    Ok(row.map(Lead::from))
}

/// Remembers whom routing chose at `at`, unless it has chosen again since.
pub async fn save_owner(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: LeadId,
    name: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "update lead set owner_name = $1, owned_at = $2 \
        where workspace_id = $3 and id = $4 and (owned_at is null or owned_at <= $2)";
    execute!(tx, sqlx::query(SQL).bind(name).bind(at).bind(workspace).bind(id))?;
    Ok(())
}

/// Notes which lead stands for one from now on, itself if none, unless a later event has said so already. One that was not
/// heard of is none that could be written to.
pub async fn redirect(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: LeadId,
    into: Option<LeadId>,
    event: EventId,
) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update lead set merged_into = $1, merged_event = $2 \
        where workspace_id = $3 and id = $4 and (merged_event is null or merged_event < $2)";
    execute!(tx, sqlx::query(SQL).bind(into).bind(event).bind(workspace).bind(id))
}

/// Remembers the latest verdict on an address.
pub async fn save_verdict(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
    verdict: Verdict,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into verification (workspace_id, email, verdict, verified_at) values ($1, $2, $3, $4) \
        on conflict (workspace_id, email) do update set verdict = excluded.verdict, verified_at = excluded.verified_at \
        where excluded.verified_at >= verification.verified_at";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(email.as_str()).bind(Text(verdict)).bind(at))?;
    Ok(())
}

pub async fn is_verified(tx: &mut Tx, workspace: WorkspaceId, email: &EmailAddress) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select count(*) from verification where workspace_id = $1 and email = $2";
    let count: i64 =
        with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(email.as_str()).fetch_one(conn).await)?;
    Ok(count > 0)
}
