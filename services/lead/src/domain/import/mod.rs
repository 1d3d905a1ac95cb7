//! Reading exports of other systems: which column is which field, and what a row says. Pure: text in, rows
//! or coded errors out. Files, batches and storage are elsewhere.

mod mapping;
mod row;

use kernel::{Code, Coded};

pub use mapping::{Field, Mapping};
pub(super) use row::visible;
pub use row::{AccountRow, LeadRow, parse_account_row, parse_lead_row};

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportKind {
    Leads,
    Accounts,
}

/// The file as a whole cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("the file has no column for {field}; one headed {looked_for} was looked for")]
    MissingColumn { field: &'static str, looked_for: String },
}

impl Coded for ImportError {
    fn code(&self) -> Code {
        match self {
            Self::MissingColumn { .. } => Code::UnknownColumn,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::MissingColumn { field, .. } => Some(field),
        }
    }
}

/// One thing wrong with one row. The message never repeats the cell: it may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, {field}: {message}")]
pub struct RowError {
    /// Number of the record, counting from 1 after the header.
    pub row: u32,
    /// The field in the API's spelling, or `row` when the record as a whole is at fault.
    pub field: &'static str,
    pub code: Code,
    pub message: String,
}

impl Coded for RowError {
    fn code(&self) -> Code {
        self.code
    }

    fn field(&self) -> Option<&str> {
        Some(self.field)
    }
}
