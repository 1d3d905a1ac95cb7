use kernel::{Cursor, PageArgs, Timestamp, id::TypedId};
use sqlx::{Database, Encode, Postgres, QueryBuilder, Sqlite, Type, query_builder::Separated, types::Json};
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

/// Appends `= any($1)`, or what SQLite has for it: one bind, so one statement text, parsed and planned once, for
/// any number of ids. No ids name nothing.
pub fn push_in_ids<DB: ListBind, T: TypedId>(query: &mut QueryBuilder<DB>, ids: impl IntoIterator<Item = T>) {
    DB::push_ids(query, ids.into_iter().map(TypedId::uuid).collect());
}

/// As [`push_in_ids`], of texts.
pub fn push_in_texts<'a, DB: ListBind>(query: &mut QueryBuilder<DB>, texts: impl IntoIterator<Item = &'a str>) {
    DB::push_texts(query, texts.into_iter().map(str::to_owned).collect());
}

/// How an engine takes a list as one value.
pub trait ListBind: Database {
    fn push_ids(query: &mut QueryBuilder<Self>, ids: Vec<Uuid>);
    fn push_texts(query: &mut QueryBuilder<Self>, texts: Vec<String>);
}

impl ListBind for Postgres {
    fn push_ids(query: &mut QueryBuilder<Self>, ids: Vec<Uuid>) {
        query.push(" = any(").push_bind(ids).push(")");
    }

    fn push_texts(query: &mut QueryBuilder<Self>, texts: Vec<String>) {
        query.push(" = any(").push_bind(texts).push(")");
    }
}

impl ListBind for Sqlite {
    fn push_ids(query: &mut QueryBuilder<Self>, ids: Vec<Uuid>) {
        let ids: Vec<_> = ids.into_iter().map(Uuid::simple).collect();
        query.push(" in (select unhex(value) from json_each(").push_bind(Json(ids)).push("))");
    }

    fn push_texts(query: &mut QueryBuilder<Self>, texts: Vec<String>) {
        query.push(" in (select value from json_each(").push_bind(Json(texts)).push("))");
    }
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
