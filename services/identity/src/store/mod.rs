//! SQL and rows. Every function takes the workspace from the actor or the object; none reads across, but the
//! two that come before there is an actor: the look-up of a presented key, and the first start.

pub mod api_keys;
pub mod users;
pub mod workspaces;

use kernel::{Cursor, PageArgs};
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
