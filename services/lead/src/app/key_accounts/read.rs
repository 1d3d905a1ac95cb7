use kernel::{Actor, PageArgs, Permission};

use crate::{app::App, domain::key_account::Alert, error::Error, store};

impl App {
    /// What is amiss with key accounts that the actor may read. One row more than the page holds, if another page follows.
    pub async fn key_account_alerts(
        &self,
        actor: &Actor,
        only_open: bool,
        page: PageArgs,
    ) -> Result<Vec<Alert>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::key_alerts::list(&self.db, actor, only_open, page).await?)
    }
}
