//! What fields hold, and the form in which values are compared: here and in SQL the same.

use std::{borrow::Cow, fmt};

use chrono::{Datelike, NaiveDate};
use kernel::{Timestamp, truncate_to_micros};

use crate::fold::{list_key, text_key};

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Compared without case, see [`text_key`].
    Text,
    /// One of these texts, compared as it is.
    Choice(Vec<String>),
    Integer,
    Number,
    Boolean,
    /// A moment.
    Time,
    /// A day of the calendar.
    Date,
    /// Some texts, each compared without case.
    List,
}

impl Type {
    /// As in "`employees` is …".
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Choice(_) => "one of a few values",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Time => "a moment",
            Self::Date => "a day",
            Self::List => "a list of texts",
        }
    }

    /// Before the name in the keys: values of two types never meet, even after an attribute has changed its type.
    pub(crate) fn tag(&self) -> char {
        match self {
            Self::Text => 't',
            Self::Choice(_) => 'c',
            Self::Integer => 'i',
            Self::Number => 'n',
            Self::Boolean => 'b',
            Self::Time => 'm',
            Self::Date => 'd',
            Self::List => 'l',
        }
    }

    /// The form in which a value is compared. What is blank, or of another type, is not known.
    pub(crate) fn read(&self, value: Value) -> Option<Comparable> {
        Some(match (self, value) {
            (Self::Text, Value::Text(text)) => Comparable::Text(text_key(&text)?),
            (Self::Choice(_), Value::Text(text)) if !text.is_empty() => Comparable::Text(text),
            (Self::List, Value::List(items)) => Comparable::Text(list_key(&items)?),
            (Self::Integer, Value::Integer(integer)) => Comparable::Integer(integer),
            (Self::Number, Value::Integer(integer)) => Comparable::Number(integer as f64),
            // Added to zero, so that a negative zero is one.
            (Self::Number, Value::Number(number)) if number.is_finite() => Comparable::Number(number + 0.0),
            (Self::Boolean, Value::Boolean(boolean)) => Comparable::Boolean(boolean),
            (Self::Time, Value::Time(time)) => Comparable::Time(truncate_to_micros(time)),
            (Self::Date, Value::Date(date)) => Comparable::Date(date),
            _ => return None,
        })
    }
}

/// A value of a record, as the record has it.
#[derive(Clone, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Time(Timestamp),
    Date(NaiveDate),
    List(Vec<String>),
}

/// It may be personal: only its type prints.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Integer(_) => "Integer(…)",
            Self::Number(_) => "Number(…)",
            Self::Boolean(_) => "Boolean(…)",
            Self::Time(_) => "Time(…)",
            Self::Date(_) => "Date(…)",
            Self::List(_) => "List(…)",
        })
    }
}

/// As it is written in a filter.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::Time(time) => f.write_str(&written(*time)),
            Self::Date(date) => write!(f, "\"{date}\""),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
                write!(f, "({})", items.join(", "))
            }
        }
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(crate) fn written(time: Timestamp) -> String {
    format!("\"{}\"", time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

/// A value in the form in which it is compared, and bound to a statement.
#[derive(Clone, PartialEq, PartialOrd)]
pub enum Comparable {
    /// Of a text or a list its key.
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Time(Timestamp),
    Date(NaiveDate),
}

/// It may be personal: only its type prints.
impl fmt::Debug for Comparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Integer(_) => "Integer(…)",
            Self::Number(_) => "Number(…)",
            Self::Boolean(_) => "Boolean(…)",
            Self::Time(_) => "Time(…)",
            Self::Date(_) => "Date(…)",
        })
    }
}

impl Comparable {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// As it stands in the column of keys: what is not text as an integer of the same order, which JSON keeps to the
    /// last bit on both engines. SQLite reads a JSON fraction not always as the nearest number.
    pub(crate) fn key(&self) -> Cow<'_, Comparable> {
        Cow::Owned(Self::Integer(match self {
            Self::Text(_) | Self::Integer(_) => return Cow::Borrowed(self),
            Self::Number(number) => sortable(*number),
            Self::Boolean(boolean) => i64::from(*boolean),
            Self::Time(time) => time.timestamp_micros(),
            Self::Date(date) => i64::from(date.num_days_from_ce()),
        }))
    }
}

/// The bits of a number, so that integers are in the order of the numbers.
fn sortable(number: f64) -> i64 {
    let bits = number.to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_numbers_are_in_the_order_of_the_numbers() {
        let numbers = [f64::MIN, -1e9, -1.5, -1.0, -f64::MIN_POSITIVE, 0.0, 1e-9, 0.1, 0.1 + 0.2, 1.0, 1e15, f64::MAX];
        assert!(numbers.map(sortable).is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn values_do_not_print_themselves() {
        let value = Value::Text("jane@example.com".to_owned());
        assert!(!format!("{value:?}").contains("jane"));
        let read = Type::Text.read(value);
        assert!(!format!("{read:?}").contains("jane"));
    }
}
