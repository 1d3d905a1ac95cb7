use kernel::{Actor, PageArgs, Permission};

use super::{App, default_pipeline::default_pipeline};
use crate::{
    domain::{opportunity::Opportunity, pipeline::Pipeline},
    error::Error,
    store::{self, opportunities::OpportunityFilter},
};

impl App {
    /// One row more than the page holds, if another page follows.
    pub async fn opportunities(
        &self,
        actor: &Actor,
        filter: &OpportunityFilter,
        page: PageArgs,
    ) -> Result<Vec<Opportunity>, Error> {
        actor.require(Permission::Read)?;
        match self.follow(actor, filter).await? {
            Some(filter) => Ok(store::opportunities::list(&self.db, actor, &filter, page).await?),
            None => Ok(Vec::new()),
        }
    }

    pub async fn count_opportunities(&self, actor: &Actor, filter: &OpportunityFilter) -> Result<i64, Error> {
        actor.require(Permission::Read)?;
        match self.follow(actor, filter).await? {
            Some(filter) => Ok(store::opportunities::count(&self.db, actor, &filter).await?),
            None => Ok(0),
        }
    }

    /// The filter by the account that stands for the named one; `None` if the actor may not read that, and so does not
    /// learn what is sold to it.
    async fn follow(&self, actor: &Actor, filter: &OpportunityFilter) -> Result<Option<OpportunityFilter>, Error> {
        let Some(named) = filter.account else { return Ok(Some(filter.clone())) };
        let account = store::known::standing_account(&self.db, actor, named).await?;
        Ok(account.map(|account| OpportunityFilter { account: Some(account), ..filter.clone() }))
    }

    /// One row more than the page holds, if another page follows. A workspace that has none yet gets its default.
    pub async fn pipelines(&self, actor: &Actor, page: PageArgs) -> Result<Vec<Pipeline>, Error> {
        actor.require(Permission::Read)?;
        let pipelines = store::pipelines::list(&self.db, actor, page).await?;
        if !pipelines.is_empty() || page.after.is_some() {
            return Ok(pipelines);
        }
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let pipeline = default_pipeline(&mut tx, actor.workspace, &self.clock).await?;
        tx.commit().await?;
        Ok(vec![pipeline])
    }
}
