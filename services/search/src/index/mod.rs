//! The full-text index: made from the documents, on disk or in memory, and never the record of anything. What
//! cannot be opened is made anew.

mod fields;
mod open;
mod search;
mod write;

use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::WorkspaceId;
use tantivy::{Index, IndexReader, IndexWriter, TantivyError};
use thiserror::Error;

use fields::Fields;

pub use search::Hit;

/// The folder was made by this code: another number means other fields or other words.
const FORMAT: u32 = 2;

#[derive(Debug, Error)]
pub enum IndexError {
    #[error("search.url must be tantivy:FOLDER")]
    UnknownScheme,
    #[error("search.url: Meilisearch is not supported yet, use tantivy:FOLDER")]
    Meilisearch,
    #[error("another process writes to the index folder: run one search process per database")]
    Busy,
    #[error("the index folder cannot be made")]
    Folder(#[source] std::io::Error),
    #[error("the index cannot be used: {0}")]
    Broken(&'static str),
    #[error("a document in the index cannot be read")]
    Stored(#[source] serde_json::Error),
    #[error("the index does not work")]
    Tantivy(#[source] TantivyError),
    #[error("the work on the index was cut short")]
    Interrupted,
}

impl From<TantivyError> for IndexError {
    fn from(error: TantivyError) -> Self {
        if matches!(error, TantivyError::LockFailure(..)) { Self::Busy } else { Self::Tantivy(error) }
    }
}

/// One index. Its methods block: call them off the runtime.
pub struct SearchIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    writing: Mutex<Writing>,
}

struct Writing {
    /// Made anew after a failure, which a writer does not survive.
    writer: Option<IndexWriter>,
    /// Of the last commit.
    generation: Option<String>,
}

impl SearchIndex {
    /// Which generation of the document table this index was made from; `None` when it is new.
    pub fn generation(&self) -> Option<String> {
        self.writing().generation.clone()
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a workspace is written in the index.
fn workspace_term(workspace: WorkspaceId) -> String {
    workspace.to_string()
}
