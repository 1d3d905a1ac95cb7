use std::collections::HashSet;

use kernel::{Actor, EmailAddress, PageArgs, PersonName, Timestamp, UserId, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::workspaces::SLUG;
use crate::domain::user::{Role, User, UserChange};

const COLUMNS: &str = "id, workspace_id, version, name, email, role, active, created_at, updated_at";

#[derive(FromRow)]
struct Row {
    id: UserId,
    workspace_id: WorkspaceId,
    version: i64,
    name: PersonName,
    email: EmailAddress,
    role: Text<Role>,
    active: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        let Row { id, workspace_id, version, name, email, role, active, created_at, updated_at } = row;
        Self { id, workspace: workspace_id, version, name, email, role: role.0, active, created_at, updated_at }
    }
}

/// Inserts users whose address the workspace does not have yet, and returns the ids of those that went in.
pub async fn insert(tx: &mut Tx, users: &[User]) -> Result<HashSet<UserId>, sqlx::Error> {
    let ids: Vec<UserId> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(
            "insert into workspace_user (id, workspace_id, version, name, email, role, active, created_at, updated_at) ",
        );
        push_rows(&mut query, users, |mut row, user| {
            row.push_bind(user.id)
                .push_bind(user.workspace)
                .push_bind(user.version)
                .push_bind(user.name.clone())
                .push_bind(user.email.clone())
                .push_bind(Text(user.role))
                .push_bind(user.active)
                .push_bind(user.created_at)
                .push_bind(user.updated_at);
        });
        query.push(" on conflict do nothing returning id");
        query.build_query_scalar().persistent(users.len() == 1).fetch_all(conn).await?
    });
    Ok(ids.into_iter().collect())
}

/// Writes the current state of a changed user. Returns 0 if they no longer stood at their previous version.
pub async fn update(tx: &mut Tx, change: &UserChange) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update workspace_user set version = $1, name = $2, role = $3, active = $4, updated_at = $5 \
        where workspace_id = $6 and id = $7 and version = $8";
    let UserChange { previous, current } = change;
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(current.version)
            .bind(&current.name)
            .bind(Text(current.role))
            .bind(current.active)
            .bind(current.updated_at)
            .bind(current.workspace)
            .bind(current.id)
            .bind(previous.version)
    )
}

/// One user; the version check of [`update`] guards against a change meanwhile.
pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from workspace_user where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(User::from))
}

/// The users with these ids, in no order.
pub async fn by_ids(db: &Db, workspace: WorkspaceId, ids: &[UserId]) -> Result<Vec<User>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db, pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from workspace_user where workspace_id = "));
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(User::from).collect())
}

/// The longest-serving active admin of the one workspace; read at start, before there is an actor.
pub async fn first_admin(tx: &mut Tx) -> Result<Option<User>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from workspace_user where active and role = "));
        query.push_bind(Text(Role::Admin));
        query.push(" and workspace_id = (select id from workspace where slug = ").push_bind(SLUG);
        query.push(") order by created_at, id limit 1");
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(User::from))
}

pub async fn count_active_admins(tx: &mut Tx, workspace: WorkspaceId) -> Result<i64, sqlx::Error> {
    const SQL: &str = "select count(*) from workspace_user where workspace_id = $1 and active and role = $2";
    with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(Text(Role::Admin)).fetch_one(conn).await)
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, page: PageArgs) -> Result<Vec<User>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db, pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from workspace_user where workspace_id = "));
        query.push_bind(actor.workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(User::from).collect())
}
