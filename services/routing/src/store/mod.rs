//! SQL and rows. Every function takes the workspace; none but the job's look-out reads across.

pub mod assignments;
pub mod decisions;
pub mod pools;
pub mod reps;

use kernel::{Cursor, PageArgs};
use sqlx::{Database, Encode, QueryBuilder, Type};

/// Newest first by `time` and `id`, from the row after the cursor.
fn push_page<DB: Database>(query: &mut QueryBuilder<DB>, time: &str, id: &str, page: PageArgs)
where
    kernel::Timestamp: for<'q> Encode<'q, DB> + Type<DB>,
    uuid::Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    if let Some(cursor) = page.after {
        let Cursor { time: after, id: after_id } = cursor;
        query.push(format!(" and ({time}, {id}) < (")).push_bind(after).push(", ").push_bind(after_id).push(")");
    }
    query.push(format!(" order by {time} desc, {id} desc limit ")).push_bind(page.limit());
}
