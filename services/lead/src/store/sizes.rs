//! Bands of company sizes, and the size of each account.

use events::lead::{SizeCause, SizeClaim, SizeSegment};
use kernel::{AccountId, Timestamp, WorkspaceId};
use platform::{
    Db, Tx,
    db::{Engine, Text, push_in_ids, push_rows},
    execute, with_db, with_tx,
};
use sqlx::{FromRow, QueryBuilder, types::Json};

use crate::domain::company_size::{Bands, Size, VersionedBands};

/// Sizes that one statement writes.
const BATCH: usize = 500;

#[derive(FromRow)]
struct BandsRow {
    version: i64,
    bands: Json<Bands>,
    ready: bool,
    created_at: Timestamp,
}

impl From<BandsRow> for VersionedBands {
    fn from(row: BandsRow) -> Self {
        let BandsRow { version, bands: Json(bands), ready, created_at } = row;
        Self { version, bands, ready, created_at: Some(created_at) }
    }
}

#[derive(FromRow)]
struct SizeRow {
    account_id: AccountId,
    segment: Option<Text<SizeSegment>>,
    since: Option<Timestamp>,
    because: Option<Json<SizeCause>>,
    claim: Option<Json<SizeClaim>>,
}

impl From<SizeRow> for (AccountId, Size) {
    fn from(row: SizeRow) -> Self {
        let SizeRow { account_id, segment, since, because, claim } = row;
        let segment = segment.map(|segment| segment.0);
        (account_id, Size { segment, since, because: because.map(|json| json.0), claim: claim.map(|json| json.0) })
    }
}

/// Taken before the bands of a workspace change, or accounts are looked at again under new ones: an account that is saved
/// at the same time is seen either here or by [`share`].
pub async fn lock(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    advisory(tx, workspace, "select pg_advisory_xact_lock(hashtextextended($1, 0))").await
}

/// Taken before saved accounts are held against the bands, which then stay as they are.
pub async fn share(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
    advisory(tx, workspace, "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))").await
}

async fn advisory(tx: &mut Tx, workspace: WorkspaceId, sql: &'static str) -> Result<(), sqlx::Error> {
    // SQLite has one writer.
    if tx.engine() == Engine::Postgres {
        execute!(tx, sqlx::query(sql).bind(format!("pipewright.lead.sizes.{workspace}")))?;
    }
    Ok(())
}

/// The bands in force, if somebody has set any.
pub async fn bands(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<VersionedBands>, sqlx::Error> {
    const SQL: &str = "select version, bands, ready, created_at from size_bands where workspace_id = $1 order by version desc limit 1";
    let row: Option<BandsRow> = with_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace).fetch_optional(conn).await)?;
    Ok(row.map(VersionedBands::from))
}

/// The bands of one version, or those in force.
pub async fn bands_at(
    db: &Db,
    workspace: WorkspaceId,
    version: Option<i64>,
) -> Result<Option<VersionedBands>, sqlx::Error> {
    let row: Option<BandsRow> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new("select version, bands, ready, created_at from size_bands where workspace_id = ");
        query.push_bind(workspace);
        if let Some(version) = version {
            query.push(" and version = ").push_bind(version);
        }
        query.push(" order by version desc limit 1");
        query.build_query_as().fetch_optional(pool).await?
    });
    Ok(row.map(VersionedBands::from))
}

/// Under [`lock`]. Nobody goes on with an older version.
pub async fn insert_bands(
    tx: &mut Tx,
    workspace: WorkspaceId,
    bands: &VersionedBands,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const OLD: &str = "update size_bands set ready = true where workspace_id = $1 and not ready";
    const NEW: &str =
        "insert into size_bands (workspace_id, version, bands, ready, created_at) values ($1, $2, $3, $4, $5)";
    execute!(tx, sqlx::query(OLD).bind(workspace))?;
    execute!(
        tx,
        sqlx::query(NEW).bind(workspace).bind(bands.version).bind(Json(&bands.bands)).bind(bands.ready).bind(now)
    )?;
    Ok(())
}

/// Up to which account a version has looked, if it has begun. Under [`lock`].
pub async fn filled_to(tx: &mut Tx, workspace: WorkspaceId, version: i64) -> Result<Option<AccountId>, sqlx::Error> {
    const SQL: &str = "select filled_to from size_bands where workspace_id = $1 and version = $2";
    let found: Option<Option<AccountId>> =
        with_tx!(tx, conn => sqlx::query_scalar(SQL).bind(workspace).bind(version).fetch_optional(conn).await)?;
    Ok(found.flatten())
}

/// Notes how far a version has looked. Under [`lock`].
pub async fn set_filled_to(
    tx: &mut Tx,
    workspace: WorkspaceId,
    version: i64,
    last: Option<AccountId>,
    ready: bool,
) -> Result<(), sqlx::Error> {
    const SQL: &str = "update size_bands set filled_to = $1, ready = $2 where workspace_id = $3 and version = $4";
    execute!(tx, sqlx::query(SQL).bind(last).bind(ready).bind(workspace).bind(version))?;
    Ok(())
}

/// A workspace whose accounts have yet to be looked at under its bands.
pub async fn workspace_to_fill(db: &Db) -> Result<Option<WorkspaceId>, sqlx::Error> {
    const SQL: &str = "select workspace_id from size_bands where not ready limit 1";
    with_db!(db.everywhere(), pool => sqlx::query_scalar(SQL).fetch_optional(pool).await)
}

#[derive(FromRow)]
struct KnownRow {
    shown_id: AccountId,
    #[sqlx(flatten)]
    size: SizeRow,
}

/// What is known of the sizes of these accounts, and of what was merged into them, locked: which account it shows as, and
/// whose it is.
pub async fn known(
    tx: &mut Tx,
    workspace: WorkspaceId,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, AccountId, Size)>, sqlx::Error> {
    let rows: Vec<KnownRow> = with_tx!(tx, conn => {
        let mut query = QueryBuilder::new("update account_size set segment = segment where workspace_id = ");
        query.push_bind(workspace).push(" and account_id in (select id from account where workspace_id = ");
        query.push_bind(workspace).push(" and id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(" union all select id from account where workspace_id = ").push_bind(workspace).push(" and merged_into");
        push_in_ids(&mut query, accounts.iter().copied());
        query.push(
            ") returning account_id, segment, since, because, claim, (select coalesce(a.merged_into, a.id) from account a \
             where a.workspace_id = account_size.workspace_id and a.id = account_size.account_id) as shown_id",
        );
        query.build_query_as().fetch_all(conn).await?
    });
    let known = |KnownRow { shown_id, size }| {
        let (account, size) = size.into();
        (shown_id, account, size)
    };
    Ok(rows.into_iter().map(known).collect())
}

/// What is known of the sizes of accounts that an actor was shown.
pub async fn listed(
    db: &Db,
    workspace: WorkspaceId,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, Size)>, sqlx::Error> {
    let rows: Vec<SizeRow> = with_db!(db.of(workspace), pool => {
        let mut query = QueryBuilder::new("select account_id, segment, since, because, claim from account_size where workspace_id = ");
        query.push_bind(workspace).push(" and account_id");
        push_in_ids(&mut query, accounts.iter().copied());
        query.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Keeps the sizes of these accounts as they stand. A claim that is not known here stays.
pub async fn save(tx: &mut Tx, workspace: WorkspaceId, sizes: &[(AccountId, Size)]) -> Result<(), sqlx::Error> {
    for chunk in sizes.chunks(BATCH) {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("insert into account_size (workspace_id, account_id, segment, since, because, claim) ");
            push_rows(&mut query, chunk, |mut row, (account, size)| {
                row.push_bind(workspace)
                    .push_bind(*account)
                    .push_bind(size.segment.map(Text))
                    .push_bind(size.since)
                    .push_bind(size.because.clone().map(Json))
                    .push_bind(size.claim.clone().map(Json));
            });
            query.push(
                " on conflict (workspace_id, account_id) do update set segment = excluded.segment, since = excluded.since, \
                 because = excluded.because, claim = coalesce(excluded.claim, account_size.claim)",
            );
            query.build().persistent(chunk.len() == BATCH).execute(conn).await.map(|_| ())
        })?;
    }
    Ok(())
}
