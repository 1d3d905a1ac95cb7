use std::borrow::Cow;

use futures::future::BoxFuture;
use sqlx::{
    Connection, Database, FromRow, PgConnection, PgPool, SqlitePool,
    migrate::{Migration, Migrator},
    query::QueryScalar,
};

use super::{Db, DbError, Engine, Writer, fence};

static PLATFORM: Migrator = sqlx::migrate!("./migrations");

/// A service's migrations with the platform's own. Services number from 0001; the platform from 900001.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    service: &'static Migrator,
    by_engine: Option<ByEngine>,
}

#[derive(Debug, Clone, Copy)]
struct ByEngine {
    sqlite: &'static Migrator,
    postgres: &'static Migrator,
}

impl Migrations {
    pub const fn new(service: &'static Migrator) -> Self {
        Self { service, by_engine: None }
    }

    /// Beside them what each engine says in words of its own: triggers have no SQL in common. Numbered with the others.
    #[must_use]
    pub const fn and_by_engine(self, sqlite: &'static Migrator, postgres: &'static Migrator) -> Self {
        Self { by_engine: Some(ByEngine { sqlite, postgres }), ..self }
    }

    /// Applies what is missing, puts up the fence between workspaces, and returns how many were missing.
    pub fn apply(self, db: &Db) -> BoxFuture<'_, Result<usize, DbError>> {
        // Boxed, or whoever sends a future with this in it has to show that sqlx's inmost ones can be sent.
        match db.writer() {
            Writer::Postgres(pool) => Box::pin(self.apply_on_postgres(pool)),
            Writer::Sqlite(pool) => Box::pin(self.apply_on_sqlite(pool)),
        }
    }

    async fn apply_on_sqlite(self, pool: &SqlitePool) -> Result<usize, DbError> {
        let before = number(applied().fetch_one(pool).await);
        self.migrator(Engine::Sqlite).run(pool).await?;
        Ok(number(applied().fetch_one(pool).await) - before)
    }

    /// On a connection of the login itself: those of the pool take a role that owns nothing, which is made here.
    async fn apply_on_postgres(self, pool: &PgPool) -> Result<usize, DbError> {
        let mut conn = PgConnection::connect_with(&pool.connect_options()).await.map_err(DbError::Connect)?;
        fence::see_all(&mut conn).await.map_err(DbError::Fence)?;
        let before = number(applied().fetch_one(&mut conn).await);
        // What `run` does; of a borrowed connection, that is no future that can be sent.
        self.migrator(Engine::Postgres).run_direct(None, &mut conn, false).await?;
        fence::put_up(&mut conn).await.map_err(DbError::Fence)?;
        let after = number(applied().fetch_one(&mut conn).await);
        conn.close().await.map_err(DbError::Connect)?;
        Ok(after - before)
    }

    /// How many are not applied yet.
    pub async fn pending(self, db: &Db) -> Result<usize, DbError> {
        let done = match db.writer() {
            Writer::Postgres(pool) => number(applied().fetch_one(pool).await),
            Writer::Sqlite(pool) => number(applied().fetch_one(pool).await),
        };
        Ok(self.migrator(db.engine()).iter().count().saturating_sub(done))
    }

    fn migrator(self, engine: Engine) -> Migrator {
        let of_engine = self.by_engine.map(|ByEngine { sqlite, postgres }| match engine {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        });
        let of_engine = of_engine.into_iter().flat_map(|migrator| migrator.iter());
        let mut all: Vec<Migration> = self.service.iter().chain(of_engine).chain(PLATFORM.iter()).cloned().collect();
        all.sort_by_key(|migration| migration.version);
        Migrator { migrations: Cow::Owned(all), ..Migrator::DEFAULT }
    }
}

fn applied<'q, DB>() -> QueryScalar<'q, DB, i64, DB::Arguments>
where
    DB: Database,
    (i64,): for<'r> FromRow<'r, DB::Row>,
{
    sqlx::query_scalar("select count(*) from _sqlx_migrations")
}

/// No table yet means nothing applied.
fn number(count: Result<i64, sqlx::Error>) -> usize {
    count.ok().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}
