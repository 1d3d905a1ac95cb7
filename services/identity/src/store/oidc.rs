use kernel::{EmailAddress, Timestamp, UserId, WorkspaceId};
use platform::{Db, Tx, execute, with_db, with_tx};
use sqlx::FromRow;

use crate::domain::{api_key::KeyHash, oidc::ExternalUser};

/// Somebody on their way to the provider and back. No `Debug`: nonce and verifier are secrets.
#[derive(FromRow)]
pub struct Attempt {
    pub workspace_id: WorkspaceId,
    pub browser_hash: String,
    pub nonce: String,
    pub verifier: String,
    pub return_to: Option<String>,
    pub expires_at: Timestamp,
}

/// The workspace of this name, which people sign in to.
pub async fn workspace(db: &Db, slug: &str) -> Result<Option<WorkspaceId>, sqlx::Error> {
    const SQL: &str = "select id from workspace where slug = $1";
    with_db!(db, pool => sqlx::query_scalar(SQL).bind(slug).fetch_optional(pool).await)
}

pub async fn insert_attempt(tx: &mut Tx, state: &KeyHash, attempt: &Attempt) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into oidc_attempt (state_hash, workspace_id, browser_hash, nonce, verifier, return_to, \
        expires_at) values ($1, $2, $3, $4, $5, $6, $7)";
    execute!(
        tx,
        sqlx::query(SQL)
            .bind(state.as_str())
            .bind(attempt.workspace_id)
            .bind(&attempt.browser_hash)
            .bind(&attempt.nonce)
            .bind(&attempt.verifier)
            .bind(attempt.return_to.as_deref())
            .bind(attempt.expires_at)
    )?;
    Ok(())
}

/// Takes an attempt out: it is good once.
pub async fn take_attempt(tx: &mut Tx, state: &KeyHash) -> Result<Option<Attempt>, sqlx::Error> {
    const SQL: &str = "delete from oidc_attempt where state_hash = $1 \
        returning workspace_id, browser_hash, nonce, verifier, return_to, expires_at";
    with_tx!(tx, conn => sqlx::query_as(SQL).bind(state.as_str()).fetch_optional(conn).await)
}

/// The user whom the provider means, if they have signed in with it before.
pub async fn linked(
    tx: &mut Tx,
    workspace: WorkspaceId,
    external: &ExternalUser,
) -> Result<Option<UserId>, sqlx::Error> {
    const SQL: &str = "select user_id from external_identity where workspace_id = $1 and issuer = $2 and subject = $3";
    with_tx!(tx, conn => {
        sqlx::query_scalar(SQL)
            .bind(workspace)
            .bind(&external.issuer)
            .bind(&external.subject)
            .fetch_optional(conn)
            .await
    })
}

/// The active person who has this address.
pub async fn by_email(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
) -> Result<Option<UserId>, sqlx::Error> {
    const SQL: &str =
        "select id from workspace_user where workspace_id = $1 and email = $2 and active and kind = 'person'";
    with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(email).fetch_optional(conn).await)
}

/// Remembers who somebody is to the provider. Returns 0 if the user is somebody else to it already.
pub async fn link(
    tx: &mut Tx,
    workspace: WorkspaceId,
    external: &ExternalUser,
    user: UserId,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    const SQL: &str = "insert into external_identity (workspace_id, issuer, subject, user_id, created_at) \
        values ($1, $2, $3, $4, $5) on conflict do nothing";
    execute!(tx, sqlx::query(SQL).bind(workspace).bind(&external.issuer).bind(&external.subject).bind(user).bind(now))
}

/// Takes away attempts that were never ended.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "delete from oidc_attempt where expires_at < $1";
    execute!(tx, sqlx::query(SQL).bind(now))
}
