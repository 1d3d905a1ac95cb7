//! Pipewright's filter language: conditions over fields, custom attributes and behaviour that people write, read and have
//! explained, and that every engine of rules shares.
//!
//! [`Filter::parse`] reads and checks a text against a [`Schema`]; [`Filter::evaluate`] asks a record and says why;
//! [`Filter::sql`] asks a database, and agrees with it on every record. The language is described in the README.

mod ast;
mod check;
mod error;
mod evaluate;
mod filter;
mod fold;
mod lexer;
mod literal;
mod parser;
#[cfg(feature = "sqlx")]
mod push;
mod schema;
mod sql;
mod suggest;
mod time;
mod tokens;
mod types;

pub use error::{ErrorKind, FilterError, FilterErrors, Place};
pub use evaluate::{Explanation, Record};
pub use filter::Filter;
pub use fold::{list_key, text_key};
#[cfg(feature = "sqlx")]
pub use push::{FilterBind, push_filter};
pub use schema::{Activity, InvalidAttribute, Schema, Source};
pub use sql::{Piece, Sql};
pub use types::{Comparable, Type, Value};

/// Of a filter's text, in characters.
pub const MAX_LENGTH: usize = 10_000;

/// How deep parentheses and `not` stand in each other.
pub const MAX_DEPTH: usize = 32;

/// In one filter. With [`MAX_LIST`] it keeps what SQLite calls the depth of an expression under its bound of 1,000.
pub const MAX_CONDITIONS: usize = 200;

/// Values of one list.
pub const MAX_LIST: usize = 500;

/// Of one text in quotes, in characters of its key.
pub const MAX_TEXT: usize = 1_000;
