use kernel::{EmailAddress, PageArgs, SuppressionId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_page},
    with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::suppression::{Source, Suppression};

const COLUMNS: &str = "id, workspace_id, email, source, reason, created_at";

#[derive(FromRow)]
struct Row {
    id: SuppressionId,
    workspace_id: WorkspaceId,
    email: EmailAddress,
    source: Text<Source>,
    reason: String,
    created_at: Timestamp,
}

impl From<Row> for Suppression {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id, email, source, reason, created_at } = row;
        Self { id, workspace: workspace_id, email, source: source.0, reason, created_at }
    }
}

/// Suppresses the address and returns the row, or `None` if nothing is new: it is suppressed already, and the
/// recipient's own word, which weighs more than ours, is not.
pub async fn insert(tx: &mut Tx, suppression: &Suppression) -> Result<Option<Suppression>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "insert into suppression ({COLUMNS}) values ($1, $2, $3, $4, $5, $6) \
         on conflict (workspace_id, email) do update set source = excluded.source, reason = excluded.reason \
         where suppression.source = 'manual' and excluded.source = 'unsubscribed' returning {COLUMNS}"
    ));
    let Suppression { id, workspace, email, source, reason, created_at } = suppression;
    let row: Option<Row> = with_tx!(tx, conn => {
        let query = sqlx::query_as(sql).bind(id).bind(workspace).bind(email.as_str()).bind(Text(*source)).bind(reason).bind(created_at);
        query.fetch_optional(conn).await
    })?;
    Ok(row.map(Suppression::from))
}

pub async fn by_email(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
) -> Result<Option<Suppression>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from suppression where workspace_id = $1 and email = $2"));
    let row: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(sql).bind(workspace).bind(email.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Suppression::from))
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, workspace: WorkspaceId, page: PageArgs) -> Result<Vec<Suppression>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from suppression where workspace_id = "));
        query.push_bind(workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Suppression::from).collect())
}
