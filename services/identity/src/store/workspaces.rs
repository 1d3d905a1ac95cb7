use kernel::{Timestamp, WorkspaceId};
use platform::{Db, Tx, db::Engine, execute, with_db};
use sqlx::FromRow;

use crate::domain::Workspace;

pub(crate) use crate::domain::FIRST_WORKSPACE as SLUG;

#[derive(FromRow)]
struct Row {
    id: WorkspaceId,
    slug: String,
    name: String,
    created_at: Timestamp,
}

impl From<Row> for Workspace {
    fn from(Row { id, slug, name, created_at }: Row) -> Self {
        Self { id, slug, name, created_at }
    }
}

/// Makes the workspace unless there is one of its slug. Of several processes at once, one is told that it did; the others
/// wait for it here.
pub async fn claim(tx: &mut Tx, workspace: &Workspace) -> Result<bool, sqlx::Error> {
    const SQL: &str =
        "insert into workspace (id, slug, name, created_at) values ($1, $2, $3, $4) on conflict do nothing";
    let made = execute!(
        tx,
        sqlx::query(SQL).bind(workspace.id).bind(&workspace.slug).bind(&workspace.name).bind(workspace.created_at)
    )?;
    Ok(made == 1)
}

/// Lets one transaction at a time decide about the workspace as a whole. On SQLite there is only one anyway.
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    const SQL: &str = "select id from workspace where id = $1 for no key update";
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(SQL).bind(workspace))?;
    }
    Ok(())
}

pub async fn by_id(db: &Db, workspace: WorkspaceId) -> Result<Option<Workspace>, sqlx::Error> {
    const SQL: &str = "select id, slug, name, created_at from workspace where id = $1";
    let row: Option<Row> = with_db!(db, pool => sqlx::query_as(SQL).bind(workspace).fetch_optional(pool).await?);
    Ok(row.map(Workspace::from))
}
