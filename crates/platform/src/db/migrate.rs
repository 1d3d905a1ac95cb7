use std::borrow::Cow;

use sqlx::migrate::{Migration, Migrator};

use super::{Db, DbError, Reader};

static PLATFORM: Migrator = sqlx::migrate!("./migrations");

/// A service's migrations with the platform's own. Services number from 0001; the platform from 900001.
#[derive(Debug, Clone, Copy)]
pub struct Migrations(&'static Migrator);

impl Migrations {
    pub const fn new(service: &'static Migrator) -> Self {
        Self(service)
    }

    /// Applies what is missing and returns how many that were.
    pub async fn apply(self, db: &Db) -> Result<usize, DbError> {
        let before = self.applied(db).await;
        let migrator = self.migrator();
        match db.writer() {
            Reader::Postgres(pool) => migrator.run(pool).await?,
            Reader::Sqlite(pool) => migrator.run(pool).await?,
        }
        Ok(self.applied(db).await - before)
    }

    /// How many are not applied yet.
    pub async fn pending(self, db: &Db) -> Result<usize, DbError> {
        Ok(self.migrator().iter().count().saturating_sub(self.applied(db).await))
    }

    async fn applied(self, db: &Db) -> usize {
        const SQL: &str = "select count(*) from _sqlx_migrations";
        let count: Result<i64, sqlx::Error> = match db.writer() {
            Reader::Postgres(pool) => sqlx::query_scalar(SQL).fetch_one(pool).await,
            Reader::Sqlite(pool) => sqlx::query_scalar(SQL).fetch_one(pool).await,
        };
        // No table yet means nothing applied.
        count.ok().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
    }

    fn migrator(self) -> Migrator {
        let mut all: Vec<Migration> = self.0.iter().chain(PLATFORM.iter()).cloned().collect();
        all.sort_by_key(|migration| migration.version);
        Migrator { migrations: Cow::Owned(all), ..Migrator::DEFAULT }
    }
}
