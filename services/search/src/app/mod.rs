//! What the search service can be asked to do: one use case a file.

mod index_pending;
mod on_happening;
mod on_object_changed;
mod rebuild;
mod search;
mod timeline;

use std::sync::Arc;

use anyhow::Context;
use kernel::Clock;
use platform::Db;

pub use on_happening::OnHappening;
pub use on_object_changed::OnObjectChanged;
pub use rebuild::{replay, reset};
pub use search::{Found, Search};
pub use timeline::Entry;

use crate::{
    index::{IndexError, SearchIndex},
    store,
};

/// The service's use cases and what they need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub index: Arc<SearchIndex>,
}

impl App {
    /// Opens the index at `url`, see [`SearchIndex::open`].
    pub async fn open(db: Db, clock: &Clock, url: &str) -> anyhow::Result<Self> {
        store::ensure_generation(&db, clock).await?;
        let url = url.to_owned();
        let index = tokio::task::spawn_blocking(move || SearchIndex::open(&url)).await?.context("the search index")?;
        Ok(Self { db, index: Arc::new(index) })
    }

    /// Runs `work` on a thread that may block: the index reads files and computes.
    async fn on_index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SearchIndex) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let index = self.index.clone();
        tokio::task::spawn_blocking(move || work(&index)).await.map_err(|_| IndexError::Interrupted)?
    }
}
