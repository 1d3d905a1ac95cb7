//! One SQL text, two engines. [`Db`] is a pool, [`Tx`] a transaction; the macros [`with_db!`](crate::with_db)
//! and [`with_tx!`](crate::with_tx) run the same sqlx expression on whichever engine is there.
//!
//! SQLite has one writer connection and a small read pool: more writers only wait for each other. Its
//! transactions begin `immediate`, since one that reads first and writes later cannot wait for the lock.

mod access;
mod engine;
mod lists;
mod migrate;
mod text;

pub use access::{AccessColumns, push_allowed};
pub use engine::{Db, DbError, Engine, Reader, Tx, TxInner};
pub use lists::{ListBind, push_after, push_in_ids, push_in_texts, push_page, push_rows};
pub use migrate::Migrations;
pub use text::Text;

/// Runs a read on the pool: `with_db!(db, pool => sqlx::query_as::<_, Row>(SQL).fetch_all(pool).await)`.
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
