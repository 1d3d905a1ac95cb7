//! Keyset pages: a cursor holds the sort key and the id of the row it points at, so a page costs the same
//! wherever it is and rows that arrive meanwhile shift nothing.

use thiserror::Error;
use uuid::Uuid;

use crate::{Code, Coded, Timestamp};

/// Points at a row in a list ordered by `(time, id)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub time: Timestamp,
    pub id: Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this cursor does not come from this list")]
pub struct CursorError;

impl Cursor {
    /// Opaque to clients: microseconds and id, in hexadecimal.
    pub fn encode(self) -> String {
        format!("{:016x}{:032x}", self.time.timestamp_micros(), self.id.as_u128())
    }

    pub fn decode(text: &str) -> Result<Self, CursorError> {
        if text.len() != 48 || !text.is_ascii() {
            return Err(CursorError);
        }
        let micros = i64::from_str_radix(&text[..16], 16).map_err(|_| CursorError)?;
        let id = u128::from_str_radix(&text[16..], 16).map_err(|_| CursorError)?;
        let time = Timestamp::from_timestamp_micros(micros).ok_or(CursorError)?;
        Ok(Self { time, id: Uuid::from_u128(id) })
    }
}

/// A checked request for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageArgs {
    pub first: i64,
    pub after: Option<Cursor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PageError {
    #[error("`first` is between 1 and {max}, not {asked}")]
    Size { asked: i64, max: i64 },
    #[error(transparent)]
    Cursor(#[from] CursorError),
}

impl Coded for PageError {
    fn code(&self) -> Code {
        match self {
            Self::Size { .. } => Code::InvalidInput,
            Self::Cursor(_) => Code::InvalidCursor,
        }
    }
    fn field(&self) -> Option<&str> {
        Some(match self {
            Self::Size { .. } => "first",
            Self::Cursor(_) => "after",
        })
    }
}

impl PageArgs {
    pub const DEFAULT: i64 = 20;
    pub const MAX: i64 = 200;

    pub fn parse(first: Option<i32>, after: Option<&str>) -> Result<Self, PageError> {
        let first = first.map_or(Self::DEFAULT, i64::from);
        if !(1..=Self::MAX).contains(&first) {
            return Err(PageError::Size { asked: first, max: Self::MAX });
        }
        Ok(Self { first, after: after.map(Cursor::decode).transpose()? })
    }

    /// Rows to ask the database for: one more than shown, to know whether another page follows.
    pub fn limit(self) -> i64 {
        self.first + 1
    }
}
