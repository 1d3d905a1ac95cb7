use kernel::{SigningKeyId, Timestamp};
use platform::{Db, Tx, execute, with_db};
use sqlx::FromRow;

/// A stored key, still as text. No `Debug`: the seed must not print.
#[derive(FromRow)]
pub struct StoredKey {
    pub id: SigningKeyId,
    /// Base64url.
    pub seed: String,
    pub created_at: Timestamp,
}

/// The keys made after `since`, newest first.
pub async fn since(db: &Db, since: Timestamp) -> Result<Vec<StoredKey>, sqlx::Error> {
    const SQL: &str =
        "select id, seed, created_at from signing_key where created_at > $1 order by created_at desc, id desc limit 50";
    with_db!(db, pool => sqlx::query_as(SQL).bind(since).fetch_all(pool).await)
}

pub async fn insert(tx: &mut Tx, key: &StoredKey) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into signing_key (id, seed, created_at) values ($1, $2, $3)";
    execute!(tx, sqlx::query(SQL).bind(key.id).bind(&key.seed).bind(key.created_at))?;
    Ok(())
}

/// Takes away keys that nothing can be signed with any more.
pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "delete from signing_key where created_at < $1";
    execute!(tx, sqlx::query(SQL).bind(before))
}
