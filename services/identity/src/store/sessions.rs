use kernel::{PageArgs, SessionId, Timestamp, UserId, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Text, push_page},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use super::users::StandingRow;
use crate::domain::{
    api_key::KeyHash,
    principal::Standing,
    session::{RevokedBecause, Session, SignInMethod},
};

const COLUMNS: &str = "id, workspace_id, user_id, method, address, user_agent, created_at, last_used_at, expires_at, \
    revoked_at";

#[derive(FromRow)]
struct Row {
    id: SessionId,
    workspace_id: WorkspaceId,
    user_id: UserId,
    method: Text<SignInMethod>,
    address: Option<String>,
    user_agent: Option<String>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            user: row.user_id,
            method: row.method.0,
            address: row.address,
            user_agent: row.user_agent,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

#[derive(FromRow)]
struct StandingSession {
    #[sqlx(flatten)]
    session: Row,
    #[sqlx(flatten)]
    standing: StandingRow,
}

const WITH_STANDING: &str = "select s.id, s.workspace_id, s.user_id, s.method, s.address, s.user_agent, s.created_at, \
    s.last_used_at, s.expires_at, s.revoked_at, u.role, u.custom_role_id, r.grants as custom_grants, u.active as user_active, t.path as team_path \
    from session s join workspace_user u on u.id = s.user_id and u.workspace_id = s.workspace_id \
    left join role r on r.id = u.custom_role_id left join team t on t.id = u.team_id where s.workspace_id = $1 and s.id = $2";

pub async fn insert(tx: &mut Tx, session: &Session) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into session (id, workspace_id, user_id, method, address, user_agent, created_at, \
        last_used_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(session.id)
            .bind(session.workspace)
            .bind(session.user)
            .bind(Text(session.method))
            .bind(session.address.as_deref())
            .bind(session.user_agent.as_deref())
            .bind(session.created_at)
            .bind(session.last_used_at)
            .bind(session.expires_at)
    )?;
    Ok(())
}

/// A session with where its user stands now.
pub async fn with_standing(
    db: &Db,
    workspace: WorkspaceId,
    id: SessionId,
) -> Result<Option<(Session, Standing)>, sqlx::Error> {
    let row: Option<StandingSession> = with_db!(db.of(workspace), pool => sqlx::query_as(WITH_STANDING).bind(workspace).bind(id).fetch_optional(pool).await?);
    Ok(row.map(|row| (row.session.into(), row.standing.into())))
}

/// [`with_standing`] inside a change.
pub async fn with_standing_for_update(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SessionId,
) -> Result<Option<(Session, Standing)>, sqlx::Error> {
    let row: Option<StandingSession> =
        with_tx!(tx, conn => sqlx::query_as(WITH_STANDING).bind(workspace).bind(id).fetch_optional(conn).await?);
    Ok(row.map(|row| (row.session.into(), row.standing.into())))
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: SessionId) -> Result<Option<Session>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from session where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Session::from))
}

/// A page of a user's sessions, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, workspace: WorkspaceId, user: UserId, page: PageArgs) -> Result<Vec<Session>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from session where workspace_id = "));
        query.push_bind(workspace).push(" and user_id = ").push_bind(user);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Session::from).collect())
}

/// Notes that a session goes on.
pub async fn touch(tx: &mut Tx, workspace: WorkspaceId, id: SessionId, now: Timestamp) -> Result<(), sqlx::Error> {
    const SQL: &str = "update session set last_used_at = $1 where workspace_id = $2 and id = $3";
    execute!(tx, sqlx::query(SQL).bind(now).bind(workspace).bind(id))?;
    Ok(())
}

/// Ends a session that has not been ended; `None` if there is none such.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SessionId,
    because: RevokedBecause,
    now: Timestamp,
) -> Result<Option<Session>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update session set revoked_at = ");
        query.push_bind(now).push(", revoked_because = ").push_bind(Text(because));
        query.push(" where revoked_at is null and workspace_id = ").push_bind(workspace);
        query.push(" and id = ").push_bind(id).push(format!(" returning {COLUMNS}"));
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(Session::from))
}

/// Ends all sessions of a user but `kept`, and gives those that it ended.
pub async fn revoke_others(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    kept: Option<SessionId>,
    because: RevokedBecause,
    now: Timestamp,
) -> Result<Vec<Session>, sqlx::Error> {
    let rows: Vec<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update session set revoked_at = ");
        query.push_bind(now).push(", revoked_because = ").push_bind(Text(because));
        query.push(" where revoked_at is null and workspace_id = ").push_bind(workspace);
        query.push(" and user_id = ").push_bind(user);
        if let Some(kept) = kept {
            query.push(" and id <> ").push_bind(kept);
        }
        query.push(format!(" returning {COLUMNS}"));
        query.build_query_as().fetch_all(conn).await?
    });
    Ok(rows.into_iter().map(Session::from).collect())
}

pub async fn insert_refresh(tx: &mut Tx, session: &Session, hash: &KeyHash, now: Timestamp) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into refresh_token (hash, workspace_id, session_id, created_at) values ($1, $2, $3, $4)";
    execute!(tx, sqlx::query(SQL).bind(hash.as_str()).bind(session.workspace).bind(session.id).bind(now))?;
    Ok(())
}

/// Whether this is a refresh token of any workspace, used up or not.
pub async fn refresh_given(db: &Db, hash: &KeyHash) -> Result<bool, sqlx::Error> {
    const SQL: &str = "select count(*) from refresh_token where hash = $1";
    let found: i64 =
        with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).bind(hash.as_str()).fetch_one(pool).await?);
    Ok(found > 0)
}

/// What a presented refresh token turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    Unknown,
    /// Good, and used up by this.
    Fresh {
        workspace: WorkspaceId,
        session: SessionId,
    },
    /// It was replaced before.
    Used {
        workspace: WorkspaceId,
        session: SessionId,
    },
}

/// Uses up a refresh token, in any workspace: this is how the workspace becomes known. Of two at once, one finds
/// it fresh.
pub async fn use_refresh(tx: &mut Tx, hash: &KeyHash, now: Timestamp) -> Result<Presented, sqlx::Error> {
    const USE: &str = "update refresh_token set replaced_at = $1 where hash = $2 and replaced_at is null \
        returning workspace_id, session_id";
    const SEEN: &str = "select workspace_id, session_id from refresh_token where hash = $1";
    let used: Option<(WorkspaceId, SessionId)> =
        with_tx!(tx, conn => sqlx::query_as(USE).bind(now).bind(hash.as_str()).fetch_optional(conn).await?);
    if let Some((workspace, session)) = used {
        return Ok(Presented::Fresh { workspace, session });
    }
    let seen: Option<(WorkspaceId, SessionId)> =
        with_tx!(tx, conn => sqlx::query_as(SEEN).bind(hash.as_str()).fetch_optional(conn).await?);
    Ok(seen.map_or(Presented::Unknown, |(workspace, session)| Presented::Used { workspace, session }))
}

/// Takes away what has been over since `before`; of each at most `limit` rows. Says how many went.
pub async fn prune(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, sqlx::Error> {
    const TOKENS: &str = "delete from refresh_token where hash in (select r.hash from refresh_token r \
        join session s on s.id = r.session_id where s.expires_at < $1 limit $2)";
    const SESSIONS: &str = "delete from session where id in (select s.id from session s where s.expires_at < $1 \
        and not exists (select 1 from refresh_token r where r.session_id = s.id) limit $2)";
    const INVITATIONS: &str =
        "delete from invitation where hash in (select hash from invitation where expires_at < $1 limit $2)";
    let mut gone = 0;
    for sql in [TOKENS, SESSIONS, INVITATIONS] {
        gone += execute!(tx, sqlx::query(sql).bind(before).bind(limit))?;
    }
    Ok(gone)
}
