use kernel::{CaptureId, EmailAddress, MessageId, Timestamp, WorkspaceId};
use platform::{Db, Tx, db::Text, execute, with_db, with_tx};
use sqlx::FromRow;

use crate::domain::confirmation::{Confirmation, ConfirmationState};

const COLUMNS: &str =
    "id, workspace_id, capture_id, email, form_name, url, state, attempts, due_at, expires_at, created_at";

#[derive(FromRow)]
struct Row {
    id: MessageId,
    workspace_id: WorkspaceId,
    capture_id: CaptureId,
    email: EmailAddress,
    form_name: String,
    url: String,
    state: Text<ConfirmationState>,
    attempts: i64,
    due_at: Timestamp,
    expires_at: Timestamp,
    created_at: Timestamp,
}

impl From<Row> for Confirmation {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            capture: row.capture_id,
            email: row.email,
            form_name: row.form_name,
            url: row.url,
            state: row.state.0,
            attempts: row.attempts,
            due_at: row.due_at,
            expires_at: row.expires_at,
            created_at: row.created_at,
        }
    }
}

/// Once for each capture.
pub async fn insert(tx: &mut Tx, confirmation: &Confirmation) -> Result<(), sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "insert into confirmation ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing"
    ));
    let Confirmation { id, workspace, capture, email, form_name, url, state, attempts, due_at, expires_at, created_at } =
        confirmation;
    execute!(
        tx,
        sqlx::query(sql)
            .bind(id)
            .bind(workspace)
            .bind(capture)
            .bind(email.as_str())
            .bind(form_name)
            .bind(url)
            .bind(Text(*state))
            .bind(attempts)
            .bind(due_at)
            .bind(expires_at)
            .bind(created_at)
    )?;
    Ok(())
}

/// Writes how far it has come, if nobody else has tried meanwhile. Returns how many rows that changed.
pub async fn update(tx: &mut Tx, confirmation: &Confirmation, attempts_before: i64) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update confirmation set state = $1, attempts = $2, due_at = $3 \
        where workspace_id = $4 and id = $5 and state = 'queued' and attempts = $6";
    let Confirmation { id, workspace, state, attempts, due_at, .. } = confirmation;
    execute!(
        tx,
        sqlx::query(SQL).bind(Text(*state)).bind(attempts).bind(due_at).bind(workspace).bind(id).bind(attempts_before)
    )
}

/// How many were asked for to this mailbox since, and not given up. What follows a plus is the same mailbox.
pub async fn count_since(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
    since: Timestamp,
) -> Result<i64, sqlx::Error> {
    const SQL: &str = "select count(*) from confirmation where workspace_id = $1 and (email = $2 or email like $3 escape '!') \
        and created_at > $4 and state <> 'given_up'";
    let name = email.local_part().split('+').next().unwrap_or_default();
    let plain = format!("{name}@{}", email.domain());
    let tagged = format!("{}+%@{}", literal(name), literal(email.domain()));
    with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(&plain).bind(&tagged).bind(since).fetch_one(conn).await)
}

/// A text as a pattern that only it fits.
fn literal(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Those of any workspace that are to be sent, the longest waiting first.
pub async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<Confirmation>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from confirmation where state = 'queued' and due_at <= $1 order by due_at, id limit $2"
    ));
    let rows: Vec<Row> =
        with_db!(db.everywhere(), pool => sqlx::query_as(sql).bind(now).bind(limit).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(Confirmation::from).collect())
}
