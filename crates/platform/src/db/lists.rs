use sqlx::{Database, Encode, QueryBuilder, Type, query_builder::Separated};

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
