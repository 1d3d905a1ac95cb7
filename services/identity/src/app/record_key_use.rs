use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use kernel::{ApiKeyId, Timestamp};

use super::App;
use crate::{
    domain::api_key::ApiKey,
    store::{self, api_keys::Used},
};

/// A key in constant use is written this often and no more.
const RESOLUTION: TimeDelta = TimeDelta::minutes(1);

/// When keys were used, in memory until a job writes it: a request never waits for the write. What is lost in
/// a crash is seconds of `lastUsedAt`.
#[derive(Debug, Clone, Default)]
pub struct KeyUse(Arc<Mutex<HashMap<ApiKeyId, Used>>>);

impl KeyUse {
    /// Remembers the use, unless the row already tells of one within the last minute.
    pub fn note(&self, key: &ApiKey, now: Timestamp) {
        if key.last_used_at.is_none_or(|last| now - last >= RESOLUTION) {
            let used = Used { workspace: key.workspace, key: key.id, at: now };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.id, used);
        }
    }

    fn take(&self) -> Vec<Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain().map(|(_, used)| used).collect()
    }
}

impl App {
    /// Writes what was noted since the last time, in one statement, and says whether there was anything.
    pub async fn record_key_use(&self) -> Result<bool, sqlx::Error> {
        let used = self.key_use.take();
        if used.is_empty() {
            return Ok(false);
        }
        let mut tx = self.db.everywhere().begin().await?;
        store::api_keys::set_last_used(&mut tx, &used).await?;
        tx.commit().await?;
        Ok(true)
    }
}
