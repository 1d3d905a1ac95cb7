use super::App;
use crate::store;

/// Documents in one commit of the index: few enough to be quick, enough to make a commit's fsync worth it.
const BATCH: i64 = 1000;

impl App {
    /// Brings the index nearer to the documents; says whether there was anything to do. The index is written
    /// first and the documents are marked afterwards: a crash between the two means indexing them again.
    pub async fn index_pending(&self) -> anyhow::Result<bool> {
        let state = store::state(&self.db).await?;
        if self.index.generation().as_ref() != Some(&state.generation) {
            // Marked first: an index that has the generation must not lack documents.
            store::mark_all_dirty(&self.db).await?;
            self.on_index(move |index| index.start_over(&state.generation)).await?;
            return Ok(true);
        }
        if !state.has_dirty {
            return Ok(false);
        }
        let documents = store::dirty(&self.db, BATCH).await?;
        let documents = self.on_index(move |index| index.write(&documents).map(|()| documents)).await?;
        store::mark_indexed(&self.db, &documents).await?;
        Ok(true)
    }
}
