use kernel::{EmailAddress, Timestamp, UserId, WorkspaceId};
use platform::{Db, Tx, db::Text, execute, with_db};
use sqlx::FromRow;

use crate::domain::{api_key::KeyHash, password::PasswordHash, user::UserKind};

/// Somebody who may be about to sign in.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub kind: UserKind,
    pub active: bool,
    /// `None` if they have no password yet.
    pub hash: Option<PasswordHash>,
}

#[derive(FromRow)]
struct Row {
    workspace_id: WorkspaceId,
    id: UserId,
    kind: Text<UserKind>,
    active: bool,
    hash: Option<String>,
}

impl From<Row> for Candidate {
    fn from(row: Row) -> Self {
        Self {
            workspace: row.workspace_id,
            user: row.id,
            kind: row.kind.0,
            active: row.active,
            hash: row.hash.map(PasswordHash::from_stored),
        }
    }
}

/// The user with this address in the workspace of this name: this is how the workspace becomes known.
pub async fn candidate(db: &Db, slug: &str, email: &EmailAddress) -> Result<Option<Candidate>, sqlx::Error> {
    const SQL: &str = "select u.workspace_id, u.id, u.kind, u.active, p.hash from workspace w \
        join workspace_user u on u.workspace_id = w.id left join password p on p.user_id = u.id \
        where w.slug = $1 and u.email = $2";
    let row: Option<Row> =
        with_db!(db.everywhere(), pool => sqlx::query_as(SQL).bind(slug).bind(email).fetch_optional(pool).await?);
    Ok(row.map(Candidate::from))
}

/// The password of a known user.
pub async fn hash_of(db: &Db, workspace: WorkspaceId, user: UserId) -> Result<Option<PasswordHash>, sqlx::Error> {
    const SQL: &str = "select hash from password where workspace_id = $1 and user_id = $2";
    let hash: Option<String> = with_db!(db.of(workspace), pool => sqlx::query_scalar(SQL).bind(workspace).bind(user).fetch_optional(pool).await?);
    Ok(hash.map(PasswordHash::from_stored))
}

pub async fn set(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into password (user_id, workspace_id, hash, changed_at) values ($1, $2, $3, $4) \
        on conflict (user_id) do update set hash = excluded.hash, changed_at = excluded.changed_at \
        where password.workspace_id = excluded.workspace_id";
    execute!(tx, sqlx::query(SQL).bind(user).bind(workspace).bind(hash.as_str()).bind(now))?;
    Ok(())
}

/// Keeps an invitation; those before it end.
pub async fn invite(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    hash: &KeyHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const NEW: &str = "insert into invitation (hash, workspace_id, user_id, expires_at, created_at) \
        values ($1, $2, $3, $4, $5)";
    end_invitations(tx, workspace, user, now).await?;
    execute!(tx, sqlx::query(NEW).bind(hash.as_str()).bind(workspace).bind(user).bind(expires_at).bind(now))?;
    Ok(())
}

/// Ends the invitations of a user that are still open.
pub async fn end_invitations(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "update invitation set used_at = $1 where workspace_id = $2 and user_id = $3 and used_at is null";
    execute!(tx, sqlx::query(SQL).bind(now).bind(workspace).bind(user))?;
    Ok(())
}

/// Whose invitation this is, if it is good. In any workspace: this is how the workspace becomes known.
pub async fn invited(db: &Db, hash: &KeyHash, now: Timestamp) -> Result<Option<(WorkspaceId, UserId)>, sqlx::Error> {
    const SQL: &str =
        "select workspace_id, user_id from invitation where hash = $1 and used_at is null and expires_at > $2";
    with_db!(db.everywhere(), pool => sqlx::query_as(SQL).bind(hash.as_str()).bind(now).fetch_optional(pool).await)
}

/// Uses up an invitation. Returns 0 if somebody was faster.
pub async fn use_invitation(tx: &mut Tx, hash: &KeyHash, now: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update invitation set used_at = $1 where hash = $2 and used_at is null and expires_at > $1";
    execute!(tx, sqlx::query(SQL).bind(now).bind(hash.as_str()))
}
