//! Pages of search results. Scores have no stable key to go on from, so a cursor holds a place in the ranked
//! list, and the list ends after [`WINDOW`] results: who looks further should ask more precisely. A change of
//! the index between two pages may shift them.

use kernel::CursorError;

/// Results that can be paged through.
pub const WINDOW: usize = 1000;

/// One page of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub offset: usize,
    pub limit: usize,
}

impl Page {
    /// At most `first` results after the cursor.
    pub fn new(first: i64, after: Option<ResultCursor>) -> Self {
        let offset = after.map_or(0, |cursor| cursor.place);
        Self { offset, limit: usize::try_from(first).unwrap_or(0).min(WINDOW - offset) }
    }

    /// Whether another page may follow inside the window.
    pub fn is_last_of_window(self) -> bool {
        self.offset + self.limit >= WINDOW
    }
}

/// Points at a result of one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultCursor {
    /// Counted from 1.
    place: usize,
    query: u32,
}

impl ResultCursor {
    pub fn new(place: usize, query: u32) -> Self {
        Self { place, query }
    }

    /// Opaque to clients.
    pub fn encode(self) -> String {
        format!("{:04x}{:08x}", self.place, self.query)
    }

    /// Refuses the cursor of another query.
    pub fn decode(text: &str, query: u32) -> Result<Self, CursorError> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(CursorError);
        }
        let place = usize::from_str_radix(&text[..4], 16).map_err(|_| CursorError)?;
        let cursor = u32::from_str_radix(&text[4..], 16).map_err(|_| CursorError)?;
        if cursor == query && (1..=WINDOW).contains(&place) { Ok(Self { place, query }) } else { Err(CursorError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_belongs_to_its_query() {
        let cursor = ResultCursor::new(20, 7);
        assert_eq!(ResultCursor::decode(&cursor.encode(), 7), Ok(cursor));
        assert!(ResultCursor::decode(&cursor.encode(), 8).is_err());
        for text in
            ["", "zzzz00000007", "000000000007", "ffff00000007", "+01400000007", "é1400000007", "00140000000007"]
        {
            assert!(ResultCursor::decode(text, 7).is_err(), "{text}");
        }
    }

    #[test]
    fn the_window_has_an_end() {
        assert_eq!(Page::new(200, Some(ResultCursor::new(900, 0))), Page { offset: 900, limit: 100 });
        assert!(Page::new(200, Some(ResultCursor::new(1000, 0))).is_last_of_window());
        assert!(!Page::new(20, None).is_last_of_window());
    }
}
