use kernel::{Actor, EmailAddress, EnrollmentId, LeadId, SequenceId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids},
    execute,
    lead_access::push_readable,
    with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::for_update;
use crate::domain::enrollment::{Enrollment, EnrollmentState};

const COLUMNS: &str =
    "id, workspace_id, version, lead_id, sequence_id, email, state, reason, token, started_at, updated_at";

/// Enrolments of one lead that a query shows.
const SHOWN_PER_LEAD: i64 = 20;

/// Whose enrolments.
#[derive(Debug, Clone)]
pub enum Of<'a> {
    Lead(LeadId),
    Address(&'a EmailAddress),
}

#[derive(FromRow)]
struct Row {
    id: EnrollmentId,
    workspace_id: WorkspaceId,
    version: i64,
    lead_id: LeadId,
    sequence_id: SequenceId,
    email: EmailAddress,
    state: Text<EnrollmentState>,
    reason: Option<String>,
    token: String,
    started_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Enrollment {
    fn from(row: Row) -> Self {
        let Row {
            id,
            workspace_id,
            version,
            lead_id,
            sequence_id,
            email,
            state,
            reason,
            token,
            started_at,
            updated_at,
        } = row;
        let (workspace, state) = (workspace_id, state.0);
        Self {
            id,
            workspace,
            version,
            lead: lead_id,
            sequence: sequence_id,
            email,
            state,
            reason,
            token,
            started_at,
            updated_at,
        }
    }
}

/// Returns false if the lead is, or was, in this sequence already.
pub async fn insert(tx: &mut Tx, enrollment: &Enrollment) -> Result<bool, sqlx::Error> {
    const SQL: &str = "insert into enrollment (id, workspace_id, version, lead_id, sequence_id, email, state, reason, token, started_at, \
        updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (workspace_id, lead_id, sequence_id) do nothing";
    let inserted = execute!(
        tx,
        sqlx::query(SQL)
            .bind(enrollment.id)
            .bind(enrollment.workspace)
            .bind(enrollment.version)
            .bind(enrollment.lead)
            .bind(enrollment.sequence)
            .bind(enrollment.email.as_str())
            .bind(Text(enrollment.state))
            .bind(&enrollment.reason)
            .bind(&enrollment.token)
            .bind(enrollment.started_at)
            .bind(enrollment.updated_at)
    )?;
    Ok(inserted == 1)
}

/// Writes state and reason. Returns 0 if the enrolment no longer stood one version before.
pub async fn update(tx: &mut Tx, enrollment: &Enrollment) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update enrollment set version = $1, state = $2, reason = $3, updated_at = $4 \
        where workspace_id = $5 and id = $6 and version = $1 - 1";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(enrollment.version)
            .bind(Text(enrollment.state))
            .bind(&enrollment.reason)
            .bind(enrollment.updated_at)
            .bind(enrollment.workspace)
            .bind(enrollment.id)
    )
}

/// One enrolment, locked until the transaction ends.
pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: EnrollmentId) -> Result<Option<Enrollment>, sqlx::Error> {
    let lock = for_update(tx);
    let sql =
        sqlx::AssertSqlSafe(format!("select {COLUMNS} from enrollment where workspace_id = $1 and id = $2{lock}"));
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(id).fetch_optional(conn).await)?;
    Ok(row.map(Enrollment::from))
}

/// The enrolments that have not ended, locked until the transaction ends.
pub async fn running(tx: &mut Tx, workspace: WorkspaceId, of: Of<'_>) -> Result<Vec<Enrollment>, sqlx::Error> {
    let lock = for_update(tx);
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from enrollment where workspace_id = "));
        query.push_bind(workspace);
        match of {
            Of::Lead(lead) => query.push(" and lead_id = ").push_bind(lead),
            Of::Address(email) => query.push(" and email = ").push_bind(email.as_str().to_owned()),
        };
        query.push(" and state in ('active', 'paused') order by id").push(lock);
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Enrollment::from).collect())
}

/// The enrolment an unsubscribe link belongs to. Whoever follows the link names no workspace: the token, which
/// nobody can guess, stands for it.
pub async fn by_token(db: &Db, token: &str) -> Result<Option<Enrollment>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from enrollment where token = $1"));
    let row: Option<Row> =
        with_db!(db.everywhere(), pool => sqlx::query_as(sql).bind(token).fetch_optional(pool).await)?;
    Ok(row.map(Enrollment::from))
}

/// The enrolments with these ids of leads that the actor may read, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[EnrollmentId]) -> Result<Vec<Enrollment>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from enrollment where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        push_readable(&mut query, actor, "lead_id");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Enrollment::from).collect())
}

/// The newest enrolments of each of these leads, newest first.
pub async fn of_leads(db: &Db, actor: &Actor, leads: &[LeadId]) -> Result<Vec<Enrollment>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {COLUMNS} from (select {COLUMNS}, row_number() over (partition by lead_id order by started_at desc, id desc) as place \
             from enrollment where workspace_id = "
        ));
        query.push_bind(actor.workspace).push(" and lead_id");
        push_in_ids(&mut query, leads.iter().copied());
        push_readable(&mut query, actor, "lead_id");
        query.push(") as placed where place <= ").push_bind(SHOWN_PER_LEAD).push(" order by lead_id, place");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Enrollment::from).collect())
}
