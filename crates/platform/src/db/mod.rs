//! One SQL text, two engines. [`Db`] is a pool, [`Tx`] a transaction; the macros [`with_db!`](crate::with_db)
//! and [`with_tx!`](crate::with_tx) run the same sqlx expression on whichever engine is there.
//!
//! SQLite has one writer connection and a small read pool: more writers only wait for each other. Its
//! transactions begin `immediate`, since one that reads first and writes later cannot wait for the lock.
//!
//! Whose rows are meant is said first: `db.of(workspace)` or `db.everywhere()`. PostgreSQL then holds every statement
//! to it, whatever its own predicate says (`fence.rs`); SQLite has the predicates alone.

mod access;
mod engine;
mod fence;
mod lists;
mod migrate;
mod text;
mod view;

pub use access::{AccessColumns, push_allowed};
pub(crate) use engine::Writer;
pub use engine::{Db, DbError, Engine, Reader, Tx, TxInner};
pub use fence::Fence;
pub use lists::{ListBind, push_after, push_in_ids, push_in_texts, push_page, push_rows};
pub use migrate::Migrations;
pub use text::Text;
pub use view::{PgReader, View};

/// Runs a read on the pool:
/// `with_db!(db.of(workspace), pool => sqlx::query_as::<_, Row>(SQL).fetch_all(pool).await)`.
#[macro_export]
macro_rules! with_db {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db.reader() {
            $crate::db::Reader::Postgres($pool) => $body,
            $crate::db::Reader::Sqlite($pool) => $body,
        }
    };
}

/// Runs a statement in a transaction: `with_tx!(tx, conn => sqlx::query(SQL).execute(conn).await)`.
#[macro_export]
macro_rules! with_tx {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx.inner() {
            $crate::db::TxInner::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::db::TxInner::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

/// Executes a query in a transaction and gives the number of rows it changed:
/// `execute!(tx, sqlx::query(SQL).bind(id))?`.
#[macro_export]
macro_rules! execute {
    ($tx:expr, $query:expr) => {
        $crate::with_tx!($tx, conn => $query.execute(conn).await.map(|done| done.rows_affected()))
    };
}
