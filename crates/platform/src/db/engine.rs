use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::WorkspaceId;
use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

use super::{
    fence::TAKE_ROLE,
    view::{self, PgReader, View, Whose},
};

/// How many rows of prepared statements SQLite's page cache may hold, in KiB per connection: small, since a
/// process opens a file per service.
const SQLITE_CACHE_KIB: i32 = 4096;

#[derive(Debug, Error)]
pub enum DbError {
    #[error("the database URL must start with sqlite: or postgres:")]
    UnknownScheme,
    #[error("cannot create the folder of the database file")]
    Folder(#[source] std::io::Error),
    #[error("the database cannot be reached")]
    Connect(#[source] sqlx::Error),
    #[error("the migrations cannot be applied")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the fence between workspaces cannot be put up")]
    Fence(#[source] sqlx::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
}

/// A service's database. Cheap to clone.
///
/// By itself it reads only what belongs to no workspace; [`Db::of`] and [`Db::everywhere`] say whose rows are meant.
#[derive(Debug, Clone)]
pub struct Db {
    pools: Pools,
    statements: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
enum Pools {
    Postgres(PgPool),
    Sqlite { write: SqlitePool, read: SqlitePool },
}

/// Where reads go; see [`with_db!`](crate::with_db).
#[derive(Debug)]
pub enum Reader<'a> {
    Postgres(PgReader<'a>),
    Sqlite(&'a SqlitePool),
}

/// The pools themselves.
#[derive(Debug)]
pub(crate) enum Writer<'a> {
    Postgres(&'a PgPool),
    Sqlite(&'a SqlitePool),
}

/// An open transaction; dropped without [`commit`](Tx::commit) it rolls back.
#[derive(Debug)]
pub struct Tx {
    inner: TxInner,
    whose: Whose,
    statements: Arc<AtomicU64>,
}

#[derive(Debug)]
pub enum TxInner {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Db {
    /// Opens `sqlite:FILE`, `sqlite::memory:` or `postgres://…`, creating a file that is not there.
    pub async fn connect(url: &str) -> Result<Self, DbError> {
        let pools = match url.split(':').next() {
            // A committed change survives a power cut.
            Some("sqlite") => sqlite(url, SqliteSynchronous::Full).await?,
            Some("postgres" | "postgresql") => postgres(url).await?,
            _ => return Err(DbError::UnknownScheme),
        };
        Ok(Self { pools, statements: Arc::default() })
    }

    /// An SQLite file whose last moments may be lost in a power cut, not in a crash: for what can be rebuilt.
    pub(crate) async fn connect_rebuildable(file: &str) -> Result<Self, DbError> {
        let pools = sqlite(&format!("sqlite:{file}"), SqliteSynchronous::Normal).await?;
        Ok(Self { pools, statements: Arc::default() })
    }

    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Postgres(_) => Engine::Postgres,
            Pools::Sqlite { .. } => Engine::Sqlite,
        }
    }

    /// As one workspace has it: on PostgreSQL no statement reaches the rows of another.
    pub fn of(&self, workspace: WorkspaceId) -> View<'_> {
        View { db: self, whose: Whose::Workspace(workspace) }
    }

    /// With the rows of every workspace, for what looks over all of them or does not know yet whose it is.
    pub fn everywhere(&self) -> View<'_> {
        View { db: self, whose: Whose::Everybody }
    }

    /// Begins a transaction over the platform's own tables, which belong to no workspace.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.begin_as(Whose::Nobody).await
    }

    pub(super) async fn begin_as(&self, whose: Whose) -> Result<Tx, sqlx::Error> {
        let inner = match &self.pools {
            Pools::Postgres(pool) => TxInner::Postgres(view::begin(pool, whose).await?),
            Pools::Sqlite { write, .. } => TxInner::Sqlite(write.begin_with("begin immediate").await?),
        };
        Ok(Tx { inner, whose, statements: self.statements.clone() })
    }

    /// How many statements went to this database since it was opened: what a test of "no statement per row"
    /// counts.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres(pool) => pool.close().await,
            Pools::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
        }
    }

    #[doc(hidden)]
    pub fn reader(&self) -> Reader<'_> {
        self.reader_as(Whose::Nobody)
    }

    pub(super) fn reader_as(&self, whose: Whose) -> Reader<'_> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &self.pools {
            Pools::Postgres(pool) => Reader::Postgres(PgReader { pool, whose }),
            Pools::Sqlite { read, .. } => Reader::Sqlite(read),
        }
    }

    pub(crate) fn writer(&self) -> Writer<'_> {
        match &self.pools {
            Pools::Postgres(pool) => Writer::Postgres(pool),
            Pools::Sqlite { write, .. } => Writer::Sqlite(write),
        }
    }
}

impl Tx {
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.inner {
            TxInner::Postgres(tx) => tx.commit().await,
            TxInner::Sqlite(tx) => tx.commit().await,
        }
    }

    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        match self.inner {
            TxInner::Postgres(tx) => tx.rollback().await,
            TxInner::Sqlite(tx) => tx.rollback().await,
        }
    }

    /// From here on the transaction has the rows of this workspace alone.
    pub async fn turn_to(&mut self, workspace: WorkspaceId) -> Result<(), sqlx::Error> {
        let whose = Whose::Workspace(workspace);
        if let TxInner::Postgres(tx) = &mut self.inner
            && self.whose != whose
        {
            view::turn_to(tx, workspace).await?;
        }
        self.whose = whose;
        Ok(())
    }

    pub fn engine(&self) -> Engine {
        match self.inner {
            TxInner::Postgres(_) => Engine::Postgres,
            TxInner::Sqlite(_) => Engine::Sqlite,
        }
    }

    #[doc(hidden)]
    pub fn inner(&mut self) -> &mut TxInner {
        self.statements.fetch_add(1, Ordering::Relaxed);
        &mut self.inner
    }
}

async fn postgres(url: &str) -> Result<Pools, DbError> {
    let options = PgConnectOptions::from_str(url).map_err(DbError::Connect)?;
    // Not one of the pool's: the role that those take may be made by the migrations only.
    PgConnection::connect_with(&options).await.map_err(DbError::Connect)?.close().await.map_err(DbError::Connect)?;
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(|conn, _| Box::pin(async move { sqlx::raw_sql(TAKE_ROLE).execute(conn).await.map(|_| ()) }))
        .connect_lazy_with(options);
    Ok(Pools::Postgres(pool))
}

async fn sqlite(url: &str, synchronous: SqliteSynchronous) -> Result<Pools, DbError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(DbError::Connect)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
        .synchronous(synchronous);
    let in_memory = url.contains(":memory:");
    if !in_memory && let Some(folder) = options.get_filename().parent() {
        use std::os::unix::fs::DirBuilderExt;
        // Personal data: a folder that we make is its owner's alone.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(DbError::Folder)?;
    }
    let pool = |connections| {
        let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(30));
        // Memory lives as long as its connection.
        if in_memory { pool.min_connections(1).idle_timeout(None).max_lifetime(None) } else { pool }
    };
    let write = pool(1).connect_with(options.clone()).await.map_err(DbError::Connect)?;
    let read = if in_memory { write.clone() } else { pool(3).connect_lazy_with(options) };
    Ok(Pools::Sqlite { write, read })
}
