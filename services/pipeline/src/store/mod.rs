//! SQL and rows. Every function takes the workspace from the actor or the object; none reads across.

pub mod known;
pub mod opportunities;
pub mod pipelines;

use kernel::{Cursor, PageArgs, Timestamp};
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

/// Newest first, from the row after the cursor.
fn push_page<DB: Database>(query: &mut QueryBuilder<DB>, page: PageArgs)
where
    Timestamp: for<'q> Encode<'q, DB> + Type<DB>,
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    push_after(query, page);
    query.push(" order by created_at desc, id desc limit ").push_bind(page.limit());
}

fn push_after<DB: Database>(query: &mut QueryBuilder<DB>, page: PageArgs)
where
    Timestamp: for<'q> Encode<'q, DB> + Type<DB>,
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
{
    if let Some(Cursor { time, id }) = page.after {
        query.push(" and (created_at, id) < (").push_bind(time).push(", ").push_bind(id).push(")");
    }
}
