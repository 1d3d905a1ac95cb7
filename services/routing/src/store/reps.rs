use events::identity::{Role, User};
use kernel::{Actor, EmailAddress, PageArgs, RepId, Timestamp, UserId, WorkspaceId};
use platform::{
    Db, Tx,
    db::{push_in_ids, push_page},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::{pool::DEFAULT_POOL, rep::Rep};

pub(super) const COLUMNS: &str = "r.id, r.workspace_id, r.version, r.user_id, r.name, r.email, r.enabled, r.paused, \
    r.created_at, r.updated_at, m.weight, m.daily_cap";

#[derive(FromRow)]
pub(super) struct Row {
    id: RepId,
    workspace_id: WorkspaceId,
    version: i64,
    user_id: UserId,
    name: String,
    email: EmailAddress,
    enabled: bool,
    paused: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    weight: i64,
    daily_cap: Option<i64>,
}

impl From<Row> for Rep {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            version: row.version,
            user: row.user_id,
            name: row.name,
            email: row.email,
            enabled: row.enabled,
            paused: row.paused,
            weight: row.weight,
            daily_cap: row.daily_cap,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Learns a user; `id` is for one not seen before. Returns the row's id, or `None` if the row is as new already.
pub async fn learn(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: RepId,
    user: &User,
    now: Timestamp,
) -> Result<Option<RepId>, sqlx::Error> {
    const SQL: &str = "insert into rep (id, workspace_id, version, user_id, user_version, name, email, enabled, paused, created_at, updated_at) \
        values ($1, $2, 1, $3, $4, $5, $6, $7, false, $8, $8) \
        on conflict (workspace_id, user_id) do update set version = rep.version + 1, user_version = excluded.user_version, \
        name = excluded.name, email = excluded.email, enabled = excluded.enabled, updated_at = excluded.updated_at \
        where excluded.user_version > rep.user_version returning id";
    with_tx!(tx, conn => {
        sqlx::query_scalar(SQL)
            .bind(id)
            .bind(workspace)
            .bind(user.id)
            .bind(user.version)
            .bind(&user.name)
            .bind(user.email.as_str())
            .bind(user.active && user.role == Role::Rep)
            .bind(now)
            .fetch_optional(conn)
            .await
    })
}

/// Makes a learned user a member of the default pool, which is opened for the first.
pub async fn join_pool(
    tx: &mut Tx,
    workspace: WorkspaceId,
    pool: kernel::PoolId,
    rep: RepId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const POOL: &str =
        "insert into pool (id, workspace_id, name, created_at) values ($1, $2, $3, $4) on conflict do nothing";
    const MEMBER: &str = "insert into pool_member (workspace_id, pool_id, rep_id, weight, standing, taken_on, taken) \
        select workspace_id, id, $3, 1, 0, 0, 0 from pool where workspace_id = $1 and name = $2 on conflict do nothing";
    execute!(tx, sqlx::query(POOL).bind(pool).bind(workspace).bind(DEFAULT_POOL).bind(now))?;
    execute!(tx, sqlx::query(MEMBER).bind(workspace).bind(DEFAULT_POOL).bind(rep))?;
    Ok(())
}

/// Writes what an administrator may change. Returns how many rows still stood at the version before.
pub async fn update(tx: &mut Tx, rep: &Rep) -> Result<u64, sqlx::Error> {
    const REP: &str = "update rep set version = $1, paused = $2, updated_at = $3 where workspace_id = $4 and id = $5 and version = $6";
    const MEMBER: &str = "update pool_member set weight = $1, daily_cap = $2 where workspace_id = $3 and rep_id = $4";
    let updated = execute!(
        tx,
        sqlx::query(REP)
            .bind(rep.version)
            .bind(rep.paused)
            .bind(rep.updated_at)
            .bind(rep.workspace)
            .bind(rep.id)
            .bind(rep.version - 1)
    )?;
    execute!(tx, sqlx::query(MEMBER).bind(rep.weight).bind(rep.daily_cap).bind(rep.workspace).bind(rep.id))?;
    Ok(updated)
}

/// The reps with these ids, in no order.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[RepId]) -> Result<Vec<Rep>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from rep r join pool_member m on m.rep_id = r.id where r.workspace_id = "));
        query.push_bind(actor.workspace).push(" and r.id");
        push_in_ids(&mut query, ids.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Rep::from).collect())
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, workspace: WorkspaceId, page: PageArgs) -> Result<Vec<Rep>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from rep r join pool_member m on m.rep_id = r.id where r.workspace_id = "));
        query.push_bind(workspace);
        push_page(&mut query, "r.created_at", "r.id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Rep::from).collect())
}
