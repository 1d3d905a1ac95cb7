use kernel::{Actor, PageArgs, RoleId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids, push_page},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use crate::domain::role::{CustomRole, Grants, Role};

const COLUMNS: &str = "id, workspace_id, version, name, base, grants, created_at, updated_at";

#[derive(FromRow)]
struct Row {
    id: RoleId,
    workspace_id: WorkspaceId,
    version: i64,
    name: String,
    base: Text<Role>,
    grants: Json<Grants>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for CustomRole {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            version: row.version,
            name: row.name,
            base: row.base.0,
            grants: row.grants.0,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Inserts a role. Returns 0 if the workspace has one of this name.
pub async fn insert(tx: &mut Tx, role: &CustomRole) -> Result<u64, sqlx::Error> {
    const SQL: &str = "insert into role (id, workspace_id, version, name, base, grants, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(role.id)
            .bind(role.workspace)
            .bind(role.version)
            .bind(&role.name)
            .bind(Text(role.base))
            .bind(Json(&role.grants))
            .bind(role.created_at)
            .bind(role.updated_at)
    )
}

/// Writes name and grants of a role that stands at the version before. Returns 0 if it does not.
pub async fn update(tx: &mut Tx, role: &CustomRole) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update role set version = $1, name = $2, grants = $3, updated_at = $4 \
        where workspace_id = $5 and id = $6 and version = $7";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(role.version)
            .bind(&role.name)
            .bind(Json(&role.grants))
            .bind(role.updated_at)
            .bind(role.workspace)
            .bind(role.id)
            .bind(role.version - 1)
    )
}

/// Deletes a role that nobody has. Returns 0 if somebody has it.
pub async fn delete_unused(tx: &mut Tx, workspace: WorkspaceId, id: RoleId) -> Result<u64, sqlx::Error> {
    const SQL: &str = "delete from role where workspace_id = $1 and id = $2 \
        and not exists (select 1 from workspace_user where custom_role_id = $2)";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(id))
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: RoleId) -> Result<Option<CustomRole>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from role where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(CustomRole::from))
}

/// Whether another role than `id` has this name.
pub async fn name_taken(tx: &mut Tx, workspace: WorkspaceId, id: RoleId, name: &str) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select count(*) from role where workspace_id = $1 and name = $2 and id <> $3";
    let count: i64 =
        with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(name).bind(id).fetch_one(conn).await?);
    Ok(count > 0)
}

/// The roles with these ids, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[RoleId]) -> Result<Vec<CustomRole>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from role where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(CustomRole::from).collect())
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, page: PageArgs) -> Result<Vec<CustomRole>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from role where workspace_id = "));
        query.push_bind(actor.workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(CustomRole::from).collect())
}
