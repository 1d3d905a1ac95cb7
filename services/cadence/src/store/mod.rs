//! SQL and rows. Every function takes the workspace from the actor or the object. Three look across
//! workspaces, since they act for none: what is due, what was left half done, and whose an unsubscribe token is.

pub mod enrollments;
pub mod leads;
pub mod mailboxes;
pub mod messages;
pub mod outgoing;
pub mod sequences;
pub mod suppressions;

use kernel::{Cursor, PageArgs};
use platform::{Tx, db::Engine};
use sqlx::{Database, Encode, QueryBuilder, Type};

/// Newest first, from the row after the cursor.
fn push_page<DB: Database>(query: &mut QueryBuilder<DB>, page: PageArgs)
where
    kernel::Timestamp: for<'q> Encode<'q, DB> + Type<DB>,
    uuid::Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    if let Some(Cursor { time, id }) = page.after {
        query.push(" and (created_at, id) < (").push_bind(time).push(", ").push_bind(id).push(")");
    }
    query.push(" order by created_at desc, id desc limit ").push_bind(page.limit());
}

/// A row lock where there is more than one writer.
fn for_update(tx: &Tx) -> &'static str {
    match tx.engine() {
        Engine::Postgres => " for update",
        Engine::Sqlite => "",
    }
}
