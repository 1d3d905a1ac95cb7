use std::{
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::Mutex,
};

use tantivy::{
    Directory, Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError,
    directory::{MmapDirectory, RamDirectory},
};

use super::{FORMAT, IndexError, SearchIndex, Writing, fields::Fields};

/// Bytes the writer collects before it writes a segment; the least that tantivy takes is 15 MB.
const WRITER_MEMORY: usize = 20_000_000;

impl SearchIndex {
    /// Opens `tantivy:FOLDER` or `tantivy::memory:`. An index that is missing, broken or of another format is
    /// made anew, empty.
    pub fn open(url: &str) -> Result<Self, IndexError> {
        match url.split_once(':') {
            Some(("tantivy", ":memory:")) => Self::with_index(create(RamDirectory::create())?),
            // The folder is the operator's and may hold other things; below it everything is ours to delete.
            Some(("tantivy", folder)) if !folder.is_empty() => Self::in_folder(&Path::new(folder).join("index")),
            Some(("http" | "https", _)) => Err(IndexError::Meilisearch),
            _ => Err(IndexError::UnknownScheme),
        }
    }

    fn in_folder(folder: &Path) -> Result<Self, IndexError> {
        // The library panics over some files that are shorter than they should be.
        let opened = panic::catch_unwind(AssertUnwindSafe(|| Self::open_or_create(folder)));
        match opened.unwrap_or(Err(IndexError::Broken("its files make no sense"))) {
            Err(error) if !matches!(error, IndexError::Busy) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the index cannot be opened and is made anew");
                std::fs::remove_dir_all(folder).map_err(IndexError::Folder)?;
                Self::open_or_create(folder)
            }
            opened => opened,
        }
    }

    fn open_or_create(folder: &Path) -> Result<Self, IndexError> {
        std::fs::create_dir_all(folder).map_err(IndexError::Folder)?;
        let directory = MmapDirectory::open(folder).map_err(TantivyError::from)?;
        if !Index::exists(&directory).map_err(TantivyError::from)? {
            return Self::with_index(create(directory)?);
        }
        let opened = Self::with_index(Index::open(directory)?)?;
        // Reads every file once: better now than a search that fails later.
        if !opened.index.validate_checksum()?.is_empty() {
            return Err(IndexError::Broken("a file is damaged"));
        }
        Ok(opened)
    }

    fn with_index(index: Index) -> Result<Self, IndexError> {
        let (schema, fields) = Fields::schema();
        // First, so that a folder in use is refused before anything is thought broken.
        let writer = writer(&index)?;
        if index.schema() != schema {
            return Err(IndexError::Broken("it has other fields"));
        }
        let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let payload = index.load_metas()?.payload;
        let generation =
            payload.as_deref().and_then(|payload| payload.strip_prefix(&payload_prefix())).map(str::to_owned);
        Ok(Self { index, reader, fields, writing: Mutex::new(Writing { writer: Some(writer), generation }) })
    }
}

/// What every commit carries; an index of another format has no generation and starts over.
pub fn payload(generation: &str) -> String {
    format!("{}{generation}", payload_prefix())
}

fn payload_prefix() -> String {
    format!("{FORMAT} ")
}

fn create(directory: impl Into<Box<dyn Directory>>) -> Result<Index, IndexError> {
    let (schema, _) = Fields::schema();
    Ok(Index::open_or_create(directory, schema)?)
}

/// One thread: batches are small, and the machine has other things to do.
pub fn writer(index: &Index) -> Result<IndexWriter, IndexError> {
    Ok(index.writer_with_num_threads(1, WRITER_MEMORY)?)
}
