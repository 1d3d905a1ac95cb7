use kernel::{Actor, ApiKeyId, PageArgs, Timestamp, UserId, WorkspaceId};
use platform::{
    Db, Tx,
    db::{push_page, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder};

use crate::domain::{
    access,
    api_key::{ApiKey, KeyHash},
    principal::Standing,
};

use super::users::StandingRow;

// The hash stays in the database.
const COLUMNS: &str =
    "id, workspace_id, user_id, name, prefix, permissions, objects, expires_at, revoked_at, last_used_at, created_at";

#[derive(FromRow)]
struct Row {
    id: ApiKeyId,
    workspace_id: WorkspaceId,
    user_id: UserId,
    name: String,
    prefix: String,
    permissions: String,
    objects: Option<String>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            workspace: row.workspace_id,
            user: row.user_id,
            name: row.name,
            prefix: row.prefix,
            permissions: access::from_text(&row.permissions),
            objects: row.objects.as_deref().map(access::objects_from_text),
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
            created_at: row.created_at,
        }
    }
}

/// A key with its user's standing.
#[derive(Debug, Clone)]
pub struct KnownKey {
    pub key: ApiKey,
    pub standing: Standing,
}

#[derive(FromRow)]
struct KnownKeyRow {
    #[sqlx(flatten)]
    key: Row,
    #[sqlx(flatten)]
    standing: StandingRow,
}

impl From<KnownKeyRow> for KnownKey {
    fn from(row: KnownKeyRow) -> Self {
        Self { key: row.key.into(), standing: row.standing.into() }
    }
}

macro_rules! with_standing {
    () => {
        "select k.id, k.workspace_id, k.user_id, k.name, k.prefix, k.permissions, k.objects, k.expires_at, \
         k.revoked_at, k.last_used_at, k.created_at, u.role, u.custom_role_id, r.grants as custom_grants, \
         u.active as user_active, t.path as team_path \
         from api_key k join workspace_user u on u.id = k.user_id and u.workspace_id = k.workspace_id \
         left join role r on r.id = u.custom_role_id left join team t on t.id = u.team_id where "
    };
}

/// When a key was used.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub workspace: WorkspaceId,
    pub key: ApiKeyId,
    pub at: Timestamp,
}

/// The key behind a presented credential, in any workspace: this is how the workspace becomes known.
pub async fn by_hash(db: &Db, hash: &KeyHash) -> Result<Option<KnownKey>, sqlx::Error> {
    const SQL: &str = concat!(with_standing!(), "k.hash = $1");
    let row: Option<KnownKeyRow> =
        with_db!(db.everywhere(), pool => sqlx::query_as(SQL).bind(hash.as_str()).fetch_optional(pool).await?);
    Ok(row.map(KnownKey::from))
}

/// A key with where its user stands now, inside a change.
pub async fn with_standing(tx: &mut Tx, workspace: WorkspaceId, id: ApiKeyId) -> Result<Option<KnownKey>, sqlx::Error> {
    const SQL: &str = concat!(with_standing!(), "k.workspace_id = $1 and k.id = $2");
    let row: Option<KnownKeyRow> =
        with_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(conn).await?);
    Ok(row.map(KnownKey::from))
}

pub async fn insert(tx: &mut Tx, key: &ApiKey, hash: &KeyHash) -> Result<(), sqlx::Error> {
    write(tx, key, hash, INSERT).await
}

/// Inserts the key, or puts the one that is there in force again, for the user and with the permissions given.
pub async fn put_in_force(tx: &mut Tx, key: &ApiKey, hash: &KeyHash) -> Result<(), sqlx::Error> {
    write(tx, key, hash, PUT_IN_FORCE).await
}

macro_rules! insert {
    () => {
        "insert into api_key (id, workspace_id, user_id, name, prefix, hash, permissions, objects, expires_at, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    };
}

const INSERT: &str = insert!();
const PUT_IN_FORCE: &str = concat!(
    insert!(),
    " on conflict (hash) do update set user_id = excluded.user_id, permissions = excluded.permissions, \
     objects = excluded.objects, expires_at = null, revoked_at = null where api_key.workspace_id = excluded.workspace_id"
);

async fn write(tx: &mut Tx, key: &ApiKey, hash: &KeyHash, sql: &'static str) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        sqlx::query(sql)
            .bind(key.id)
            .bind(key.workspace)
            .bind(key.user)
            .bind(&key.name)
            .bind(&key.prefix)
            .bind(hash.as_str())
            .bind(access::to_text(&key.permissions))
            .bind(key.objects.as_deref().map(access::objects_to_text))
            .bind(key.expires_at)
            .bind(key.created_at)
    )?;
    Ok(())
}

/// Revokes a key that is not revoked; `None` if there is none such.
pub async fn revoke(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<Option<ApiKey>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update api_key set revoked_at = ");
        query.push_bind(now).push(" where revoked_at is null and workspace_id = ").push_bind(workspace);
        query.push(" and id = ").push_bind(id).push(format!(" returning {COLUMNS}"));
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(ApiKey::from))
}

/// Lets a key that is not revoked go on until `until`, unless it ends earlier by itself.
pub async fn expire(tx: &mut Tx, workspace: WorkspaceId, id: ApiKeyId, until: Timestamp) -> Result<u64, sqlx::Error> {
    const SQL: &str = "update api_key set expires_at = $1 where workspace_id = $2 and id = $3 and revoked_at is null \
        and (expires_at is null or expires_at > $1)";
    execute!(tx, sqlx::query(SQL).bind(until).bind(workspace).bind(id))
}

pub async fn set_last_used(tx: &mut Tx, used: &[Used]) -> Result<(), sqlx::Error> {
    for chunk in used.chunks(500) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("with used (workspace_id, id, at) as (");
            push_rows(&mut query, chunk, |mut row, used| {
                row.push_bind(used.workspace).push_bind(used.key).push_bind(used.at);
            });
            query.push(
                ") update api_key set last_used_at = used.at from used \
                 where api_key.workspace_id = used.workspace_id and api_key.id = used.id",
            );
            query.build().persistent(chunk.len() == 1).execute(conn).await?;
        });
    }
    Ok(())
}

pub async fn by_id(tx: &mut Tx, workspace: WorkspaceId, id: ApiKeyId) -> Result<Option<ApiKey>, sqlx::Error> {
    let row: Option<Row> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from api_key where workspace_id = "));
        query.push_bind(workspace).push(" and id = ").push_bind(id);
        query.build_query_as().fetch_optional(conn).await?
    });
    Ok(row.map(ApiKey::from))
}

/// A page, newest first, with one row more than the page if another follows.
pub async fn list(db: &Db, actor: &Actor, page: PageArgs) -> Result<Vec<ApiKey>, sqlx::Error> {
    let rows: Vec<Row> = with_db!(db.of(actor.workspace), pool => {
        let mut query = QueryBuilder::new(format!("select {COLUMNS} from api_key where workspace_id = "));
        query.push_bind(actor.workspace);
        push_page(&mut query, "created_at", "id", page);
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(ApiKey::from).collect())
}
