use kernel::{Actor, LeadId, PageArgs, Permission, Timestamp};

use super::App;
use crate::{
    domain::{
        run::EnrichmentRun,
        verify::{Verification, verify_text},
    },
    error::Error,
    store,
};

impl App {
    /// Checks any text, now, and stores nothing.
    pub fn verify_email(&self, actor: &Actor, email: &str) -> Result<(Verification, Timestamp), Error> {
        actor.require(Permission::Read)?;
        Ok((verify_text(email), self.clock.now()))
    }

    /// Every run of a lead, newest first; one more than the page holds, if another page follows.
    pub async fn enrichment_runs(
        &self,
        actor: &Actor,
        lead: LeadId,
        page: PageArgs,
    ) -> Result<Vec<EnrichmentRun>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::runs::list(&self.db, actor, lead, page).await?)
    }
}
