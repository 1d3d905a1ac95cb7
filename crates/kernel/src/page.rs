//! Keyset pages: a cursor holds the sort key and the id of the row it points at, so a page costs the same
//! wherever it is and rows that arrive meanwhile shift nothing.

use thiserror::Error;
use uuid::Uuid;

use crate::{Code, Coded, Timestamp};

/// Points at a row in a list ordered by `(time, id)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    pub time: Timestamp,
    pub id: Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this cursor does not come from this list")]
pub struct CursorError;

/// Microseconds of the first moment of the year 10000: later years have no four digits to be stored with.
const END_OF_TIME: i64 = 253_402_300_800_000_000;

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
        if !(0..END_OF_TIME).contains(&micros) {
            return Err(CursorError);
        }
        let time = Timestamp::from_timestamp_micros(micros).ok_or(CursorError)?;
        Ok(Self { time, id: Uuid::from_u128(id) })
    }
}

/// A checked request for one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_points_between_1970_and_9999() {
        let cursor = |micros: i64| Cursor::decode(&format!("{micros:016x}{:032x}", 7));
        for micros in [0, 1, END_OF_TIME - 1] {
            assert_eq!(Cursor::decode(&cursor(micros).unwrap().encode()), cursor(micros));
        }
        for micros in [END_OF_TIME, i64::MAX] {
            assert_eq!(cursor(micros), Err(CursorError));
        }
        assert_eq!(Cursor::decode(&format!("-{:015x}{:032x}", 1, 7)), Err(CursorError), "before 1970");
        assert_eq!(Cursor::decode(&"+".repeat(48)), Err(CursorError));
    }
}
