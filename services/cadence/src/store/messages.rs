use kernel::{
    Actor, Decision, EmailAddress, EnrollmentId, LeadId, MessageId, PageArgs, StepId, Timestamp, WorkspaceId,
};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids, push_page},
    execute,
    lead_access::push_readable,
    with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use crate::domain::message::{Message, MessageState};

pub(super) const COLUMNS: &str = "id, workspace_id, enrollment_id, lead_id, step_id, position, email, subject, state, attempts, due_at, attempted_at, \
    sent_at, trouble, decision, created_at";

#[derive(FromRow)]
pub(super) struct Row {
    id: MessageId,
    workspace_id: WorkspaceId,
    enrollment_id: EnrollmentId,
    lead_id: LeadId,
    step_id: StepId,
    position: i64,
    email: EmailAddress,
    subject: Option<String>,
    state: Text<MessageState>,
    attempts: i64,
    due_at: Timestamp,
    attempted_at: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    trouble: Option<String>,
    decision: Option<Json<Decision>>,
    created_at: Timestamp,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            enrollment: row.enrollment_id,
            lead: row.lead_id,
            step: row.step_id,
            position: row.position,
            email: row.email,
            subject: row.subject,
            state: row.state.0,
            attempts: row.attempts,
            due_at: row.due_at,
            attempted_at: row.attempted_at,
            sent_at: row.sent_at,
            trouble: row.trouble,
            decision: row.decision.map(|decision| decision.0),
            created_at: row.created_at,
        }
    }
}

/// Adds a message unless its step has one.
pub async fn insert(tx: &mut Tx, message: &Message) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into message (id, workspace_id, enrollment_id, lead_id, step_id, position, email, state, attempts, due_at, \
        created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (enrollment_id, step_id) do nothing";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(message.id)
            .bind(message.workspace)
            .bind(message.enrollment)
            .bind(message.lead)
            .bind(message.step)
            .bind(message.position)
            .bind(message.email.as_str())
            .bind(Text(message.state))
            .bind(message.attempts)
            .bind(message.due_at)
            .bind(message.created_at)
    )?;
    Ok(())
}

/// Writes what happened to a message that stood in one of `from` at its attempt `attempts`. Returns 0 if it no
/// longer does: then somebody else has settled it.
pub async fn update(tx: &mut Tx, message: &Message, from: &[MessageState], attempts: i64) -> Result<u64, sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update message set state = ");
        query.push_bind(Text(message.state));
        query.push(", attempts = ").push_bind(message.attempts);
        query.push(", due_at = ").push_bind(message.due_at);
        query.push(", attempted_at = ").push_bind(message.attempted_at);
        query.push(", sent_at = ").push_bind(message.sent_at);
        query.push(", subject = ").push_bind(message.subject.clone());
        query.push(", trouble = ").push_bind(message.trouble.clone());
        query.push(", decision = ").push_bind(message.decision.clone().map(Json));
        query.push(" where workspace_id = ").push_bind(message.workspace);
        query.push(" and id = ").push_bind(message.id);
        query.push(" and attempts = ").push_bind(attempts);
        query.push(" and state in (");
        let mut states = query.separated(", ");
        for &state in from {
            states.push_bind(Text(state));
        }
        query.push(")");
        query.build().execute(conn).await.map(|done| done.rows_affected())
    })
}

/// What still waits in an enrolment that has ended will not leave.
pub async fn cancel(tx: &mut Tx, workspace: WorkspaceId, enrollment: EnrollmentId) -> Result<(), sqlx::Error> {
    const SQL: &str =
        "update message set state = 'cancelled' where workspace_id = $1 and enrollment_id = $2 and state = 'queued'";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(enrollment))?;
    Ok(())
}

/// One message, without a lock: [`update`] names the state it was read in.
pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: MessageId) -> Result<Option<Message>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from message where workspace_id = $1 and id = $2"));
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(id).fetch_optional(conn).await)?;
    Ok(row.map(Message::from))
}

/// Messages of every workspace that were reserved before `before` and never settled.
pub async fn left_behind(db: &Db, before: Timestamp, limit: i64) -> Result<Vec<Message>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from message where state = 'sending' and attempted_at <= $1 order by attempted_at, id limit $2"
    ));
    let rows: Vec<Row> =
        with_db!(db.everywhere(), pool => sqlx::query_as(sql).bind(before).bind(limit).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// Every message of these enrolments, by step.
pub async fn of_enrollments(db: &Db, actor: &Actor, enrollments: &[EnrollmentId]) -> Result<Vec<Message>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from message where workspace_id = "));
        query.push_bind(actor.workspace).push(" and enrollment_id");
        push_in_ids(&mut query, enrollments.iter().copied());
        push_readable(&mut query, actor, "lead_id");
        query.push(" order by enrollment_id, position");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Message::from).collect())
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(
    db: &Db,
    actor: &Actor,
    state: Option<MessageState>,
    page: PageArgs,
) -> Result<Vec<Message>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from message where workspace_id = "));
        query.push_bind(actor.workspace);
        push_readable(&mut query, actor, "lead_id");
        if let Some(state) = state {
            query.push(" and state = ").push_bind(Text(state));
        }
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Message::from).collect())
}

pub async fn count(db: &Db, actor: &Actor, state: Option<MessageState>) -> Result<i64, sqlx::Error> {
    with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new("select count(*) from message where workspace_id = ");
        query.push_bind(actor.workspace);
        push_readable(&mut query, actor, "lead_id");
        if let Some(state) = state {
            query.push(" and state = ").push_bind(Text(state));
        }
        query.build_query_scalar().fetch_one(pool).await
    })
}
