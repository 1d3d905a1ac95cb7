use sqlx::{Database, Postgres, QueryBuilder, Sqlite};

use crate::{Comparable, Sql, sql::Piece};

/// An engine that takes the values of a filter.
pub trait FilterBind: Database {
    fn push_comparable(query: &mut QueryBuilder<Self>, value: &Comparable);
}

/// Appends the condition, to a `where` that is open or after an `and`.
pub fn push_filter<DB: FilterBind>(query: &mut QueryBuilder<DB>, sql: &Sql) {
    for piece in sql.pieces() {
        match piece {
            Piece::Text(text) => _ = query.push(text),
            Piece::Bind(value) => DB::push_comparable(query, value),
        }
    }
}

macro_rules! filter_bind {
    ($($engine:ident)+) => {
        $(impl FilterBind for $engine {
            fn push_comparable(query: &mut QueryBuilder<Self>, value: &Comparable) {
                match value {
                    Comparable::Text(text) => query.push_bind(text.clone()),
                    Comparable::Integer(integer) => query.push_bind(*integer),
                    Comparable::Number(number) => query.push_bind(*number),
                    Comparable::Boolean(boolean) => query.push_bind(*boolean),
                    Comparable::Time(time) => query.push_bind(*time),
                    Comparable::Date(date) => query.push_bind(*date),
                };
            }
        })+
    };
}

filter_bind!(Postgres Sqlite);
