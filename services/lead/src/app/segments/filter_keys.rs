use std::{sync::Arc, time::Duration};

use platform::service::Job;

use crate::{app::App, error::Error, store};

/// Leads of one transaction.
const PAGE: i64 = 500;
const EVERY: Duration = Duration::from_secs(1);

impl App {
    /// Writes what filters compare beside a page of leads from before there were filters. Says whether there was any.
    pub async fn write_filter_keys(&self) -> Result<bool, Error> {
        let Some(workspace) = store::filter_keys::workspace_with_stale(&self.db).await? else { return Ok(false) };
        let mut tx = self.db.of(workspace).begin().await?;
        let leads = store::filter_keys::with_stale(&mut tx, workspace, PAGE).await?;
        store::filter_keys::write(&mut tx, workspace, &leads).await?;
        tx.commit().await?;
        Ok(true)
    }

    pub fn filter_keys_job(self) -> Job {
        let run = Arc::new(move || -> platform::service::JobRun {
            let app = self.clone();
            Box::pin(async move { Ok(app.write_filter_keys().await?) })
        });
        Job { name: "lead.filter_keys", every: EVERY, run }
    }
}
