use std::collections::HashSet;

use kernel::{Actor, EmailAddress, PageArgs, PersonName, RoleId, TeamId, Timestamp, UserId, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_after, push_in_ids, push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use super::{
    teams::{path_from_text, path_to_text},
    workspaces::SLUG,
};
use crate::domain::{
    principal::Standing,
    role::{Grants, Role},
    user::{User, UserChange, UserKind},
};

const COLUMNS: &str = "id, workspace_id, version, kind, name, email, role, custom_role_id, team_id, active, \
    created_at, updated_at";

/// People of one team and the teams below it that an actor carries along: whoever leads more is given the scope `All`.
const MAX_TEAM: i64 = 2_000;

#[derive(FromRow)]
struct Row {
    id: UserId,
    workspace_id: WorkspaceId,
    version: i64,
    kind: Text<UserKind>,
    name: PersonName,
    email: EmailAddress,
    role: Text<Role>,
    custom_role_id: Option<RoleId>,
    team_id: Option<TeamId>,
    active: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            version: row.version,
            kind: row.kind.0,
            name: row.name,
            email: row.email,
            role: row.role.0,
            custom_role: row.custom_role_id,
            team: row.team_id,
            active: row.active,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Columns that a query of credentials adds: `role`, `custom_role_id`, `custom_grants`, `user_active`, `team_path`.
#[derive(FromRow)]
pub(super) struct StandingRow {
    role: Text<Role>,
    custom_role_id: Option<RoleId>,
    custom_grants: Option<Json<Grants>>,
    user_active: bool,
    team_path: Option<String>,
}

impl From<StandingRow> for Standing {
    fn from(row: StandingRow) -> Self {
        Self {
            role: row.role.0,
            custom_role: row.custom_role_id,
            grants: row.custom_grants.map(|grants| grants.0),
            team_path: row.team_path.as_deref().map(path_from_text).unwrap_or_default(),
            active: row.user_active,
        }
    }
}

/// Inserts users whose address the workspace does not have yet, and returns the ids of those that went in.
pub async fn insert(tx: &mut Tx, users: &[User]) -> Result<HashSet<UserId>, sqlx::Error> {
    let ids: Vec<UserId> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(
            "insert into workspace_user (id, workspace_id, version, kind, name, email, role, custom_role_id, team_id, \
             active, created_at, updated_at) ",
        );
        push_rows(&mut query, users, |mut row, user| {
            row.push_bind(user.id)
                .push_bind(user.workspace)
                .push_bind(user.version)
                .push_bind(Text(user.kind))
                .push_bind(user.name.clone())
                .push_bind(user.email.clone())
                .push_bind(Text(user.role))
                .push_bind(user.custom_role)
                .push_bind(user.team)
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
    const SQL: &str = "update workspace_user set version = $1, name = $2, role = $3, custom_role_id = $4, team_id = $5, \
        active = $6, updated_at = $7 where workspace_id = $8 and id = $9 and version = $10";
    let UserChange { previous, current } = change;
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(current.version)
            .bind(&current.name)
            .bind(Text(current.role))
            .bind(current.custom_role)
            .bind(current.team)
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
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[UserId]) -> Result<Vec<User>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from workspace_user where workspace_id = "));
        query.push_bind(actor.workspace).push(" and id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(User::from).collect())
}

/// The longest-serving active admin of the first workspace; read at start, before there is an actor.
pub async fn first_admin(tx: &mut Tx) -> Result<Option<User>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from workspace_user where active and kind = 'person' and role = "));
        query.push_bind(Text(Role::Admin));
        query.push(" and workspace_id = (select id from workspace where slug = ").push_bind(SLUG);
        query.push(") order by created_at, id limit 1");
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(User::from))
}

pub async fn count_active_admins(tx: &mut Tx, workspace: WorkspaceId) -> Result<i64, sqlx::Error> {
    const SQL: &str =
        "select count(*) from workspace_user where workspace_id = $1 and active and kind = 'person' and role = $2";
    with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(Text(Role::Admin)).fetch_one(conn).await)
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, page: PageArgs) -> Result<Vec<User>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from workspace_user where workspace_id = "));
        query.push_bind(actor.workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(User::from).collect())
}

/// A user with where they stand.
pub async fn with_standing(
    db: &Db,
    workspace: WorkspaceId,
    id: UserId,
) -> Result<Option<(User, Standing)>, sqlx::Error> {
    const SQL: &str = "select u.id, u.workspace_id, u.version, u.kind, u.name, u.email, u.role, u.custom_role_id, u.team_id, \
        u.active, u.created_at, u.updated_at, r.grants as custom_grants, u.active as user_active, t.path as team_path \
        from workspace_user u left join role r on r.id = u.custom_role_id left join team t on t.id = u.team_id \
        where u.workspace_id = $1 and u.id = $2";
    let row: Option<StandingUser> =
        with_db!(db.of(workspace), pool => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(pool).await?);
    Ok(row.map(|row| (row.user.into(), row.standing.into())))
}

#[derive(FromRow)]
struct StandingUser {
    #[sqlx(flatten)]
    user: Row,
    #[sqlx(flatten)]
    standing: StandingRow,
}

/// Everybody in the team at the end of `path` and in the teams below it.
pub async fn in_tree(db: &Db, workspace: WorkspaceId, path: &[TeamId]) -> Result<Vec<UserId>, sqlx::Error> {
    const SQL: &str = "select u.id from team t join workspace_user u on u.team_id = t.id and u.workspace_id = t.workspace_id \
        where t.workspace_id = $1 and (t.path = $2 or t.path like $3) order by u.id limit $4";
    let path = path_to_text(path);
    with_db!(db.of(workspace), pool => sqlx::query_scalar(SQL)
        .bind(workspace).bind(path.clone()).bind(format!("{path} %")).bind(MAX_TEAM).fetch_all(pool).await)
}

/// One page of the members of each of these teams, newest first, with one row more where another page follows.
pub async fn pages_by_teams(
    db: &Db,
    actor: &Actor,
    teams: &[TeamId],
    page: PageArgs,
) -> Result<Vec<User>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!(
            "select {COLUMNS} from (select {COLUMNS}, \
             row_number() over (partition by team_id order by created_at desc, id desc) as place \
             from workspace_user where workspace_id = "
        ));
        query.push_bind(actor.workspace).push(" and team_id");
        push_in_ids(&mut query, teams.iter().copied());
        push_after(&mut query, "created_at", "id", page);
        query.push(") as placed where place <= ").push_bind(page.limit()).push(" order by created_at desc, id desc");
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(User::from).collect())
}
