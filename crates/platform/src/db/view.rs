use std::fmt;

use futures::{
    FutureExt, StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use kernel::{WorkspaceId, id::TypedId};
use sqlx::{
    AssertSqlSafe, Describe, Either, Error, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr, Transaction,
    postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use super::{Db, Reader, Tx};

/// Whose rows statements see and change on PostgreSQL, whatever their predicates say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Only what is in tables that belong to no workspace.
    Nobody,
    Workspace(WorkspaceId),
    Everybody,
}

/// A database as one workspace has it, or as the installation has it; see [`Db::of`] and [`Db::everywhere`].
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(super) db: &'a Db,
    pub(super) whose: Whose,
}

impl<'a> View<'a> {
    /// Begins a transaction that may write.
    pub async fn begin(self) -> Result<Tx, Error> {
        self.db.begin_as(self.whose).await
    }

    #[doc(hidden)]
    pub fn reader(self) -> Reader<'a> {
        self.db.reader_as(self.whose)
    }
}

/// Reads of PostgreSQL: the setting of the fence lasts as long as a transaction, so each has one.
#[derive(Clone, Copy)]
pub struct PgReader<'a> {
    pub(super) pool: &'a PgPool,
    pub(super) whose: Whose,
}

impl fmt::Debug for PgReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PgReader({:?})", self.whose)
    }
}

/// Begins a transaction and says whose rows it sees, in one round trip.
///
/// In a task of its own, for whoever asks may lose interest meanwhile: dropped halfway, sqlx gives the connection back to
/// the pool with the transaction open, and the next read would see this one's rows.
#[expect(clippy::disallowed_methods, reason = "short, and whoever waits hears of a panic")]
pub(super) async fn begin(pool: &PgPool, whose: Whose) -> Result<Transaction<'static, Postgres>, Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move {
        match whose {
            Whose::Nobody => pool.begin().await,
            Whose::Everybody => pool.begin_with("begin; set local pipewright.workspace = '*'").await,
            Whose::Workspace(workspace) => {
                pool.begin_with(AssertSqlSafe(format!("begin; {}", set_local(workspace)))).await
            }
        }
    });
    begun.await.unwrap_or(Err(Error::WorkerCrashed))
}

pub(super) async fn turn_to(conn: &mut PgConnection, workspace: WorkspaceId) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(set_local(workspace))).execute(conn).await.map(|_| ())
}

/// Safe as text: a UUID has no quotes.
fn set_local(workspace: WorkspaceId) -> String {
    format!("set local pipewright.workspace = '{}'", workspace.uuid())
}

/// Dropped after the read, the transaction rolls back while nobody waits for it.
impl<'p> Executor<'p> for PgReader<'p> {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        if self.whose == Whose::Nobody {
            return self.pool.fetch_many(query);
        }
        let read = async move {
            let mut tx = begin(self.pool, self.whose).await?;
            let rows: Vec<_> = tx.fetch_many(query).try_collect().await?;
            Ok::<_, Error>(stream::iter(rows.into_iter().map(Ok)))
        };
        stream::once(read).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        if self.whose == Whose::Nobody {
            return self.pool.fetch_optional(query);
        }
        async move { begin(self.pool, self.whose).await?.fetch_optional(query).await }.boxed()
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'p: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        'p: 'e,
    {
        self.pool.describe(sql)
    }
}
