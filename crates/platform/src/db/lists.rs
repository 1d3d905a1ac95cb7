use kernel::{Cursor, PageArgs, Timestamp};
use sqlx::{Database, Encode, QueryBuilder, Type, query_builder::Separated};
use uuid::Uuid;

/// Appends `(…), (…)` after `values`, one tuple a row.
pub fn push_rows<DB, T>(
    query: &mut QueryBuilder<DB>,
    rows: impl IntoIterator<Item = T>,
    push: impl FnMut(Separated<'_, DB, &'static str>, T),
) where
    DB: Database,
{
    query.push_values(rows, push);
}

/// Appends `(…, …)` with one bind an item: what `= any($1)` would do if SQLite had it. An empty list gives
/// `(null)`, which nothing equals.
pub fn push_in<'q, DB, T>(query: &mut QueryBuilder<DB>, items: impl IntoIterator<Item = T>)
where
    DB: Database,
    T: Encode<'q, DB> + Type<DB> + Send + 'q,
{
    query.push("(");
    let mut separated = query.separated(", ");
    let mut empty = true;
    for item in items {
        separated.push_bind(item);
        empty = false;
    }
    query.push(if empty { "null)" } else { ")" });
}

/// Appends the rows of one page: newest first by the columns `time` and `id`, from the row after the page's
/// cursor, with one row more than the page if another follows. A `where` must be open already.
pub fn push_page<DB: Database>(query: &mut QueryBuilder<DB>, time: &str, id: &str, page: PageArgs)
where
    Timestamp: for<'q> Encode<'q, DB> + Type<DB>,
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    push_after(query, time, id, page);
    query.push(format!(" order by {time} desc, {id} desc limit ")).push_bind(page.limit());
}

/// The condition alone, for a list that is cut in another way.
pub fn push_after<DB: Database>(query: &mut QueryBuilder<DB>, time: &str, id: &str, page: PageArgs)
where
    Timestamp: for<'q> Encode<'q, DB> + Type<DB>,
    Uuid: for<'q> Encode<'q, DB> + Type<DB>,
{
    if let Some(Cursor { time: after, id: after_id }) = page.after {
        query.push(format!(" and ({time}, {id}) < (")).push_bind(after).push(", ").push_bind(after_id).push(")");
    }
}
