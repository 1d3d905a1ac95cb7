use std::{
    collections::HashSet,
    io::{self, Write},
};

use serde::{Deserialize, Serialize};

use super::Outcome;

/// What became of the rows: `rows` = `created` + `updated` + `duplicates` + the rows named in `rejected`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub duplicates: u64,
    /// One entry per error; a row may have several.
    pub rejected: Vec<Rejection>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Number of the record, counting from 1 after the header.
    pub row: u32,
    pub field: Option<String>,
    pub code: String,
    pub message: String,
}

impl Summary {
    pub(super) fn count(&mut self, outcome: Outcome) {
        self.rows += 1;
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Duplicate => self.duplicates += 1,
        }
    }

    /// Adds the rejections of one batch.
    pub fn reject(&mut self, rejections: Vec<Rejection>) {
        self.rows += distinct_rows(&rejections);
        self.rejected.extend(rejections);
    }

    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }

    /// For people: the counts, and the first rejections.
    pub fn write_text(&self, title: &str, out: &mut impl Write) -> io::Result<()> {
        const SHOWN: usize = 20;
        writeln!(out, "{title}")?;
        let rejected = distinct_rows(&self.rejected);
        let counts = [
            (self.created, "created"),
            (self.updated, "updated"),
            (self.duplicates, "duplicates"),
            (rejected, "rejected"),
        ];
        for (count, what) in counts {
            writeln!(out, "{count:>9} {what}")?;
        }
        writeln!(out, "{:>9} rows", self.rows)?;
        for Rejection { row, field, code, message } in self.rejected.iter().take(SHOWN) {
            let field = field.as_ref().map_or(String::new(), |field| format!(", {field}"));
            writeln!(out, "row {row}{field}: {message} ({code})")?;
        }
        match self.rejected.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => writeln!(out, "and {more} more; --json lists them all"),
        }
    }
}

fn distinct_rows(rejections: &[Rejection]) -> u64 {
    rejections.iter().map(|rejection| rejection.row).collect::<HashSet<_>>().len() as u64
}
