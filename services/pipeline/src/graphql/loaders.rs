use async_graphql::dataloader::Loader;
use kernel::{AccountId, ContactId, OpportunityId, PageArgs, PipelineId, StageId};
use platform::graphql::{Batch, For, LoadError, by_actor, lists};

use crate::{
    app::App,
    domain::{
        opportunity::{Opportunity, StageEntry},
        pipeline::{Pipeline, Stage},
    },
    store,
};

/// Reads what one level of a query asks for in one statement.
pub struct Loaders(pub App);

/// Key of an opportunity's way through the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoryOf(pub OpportunityId);

/// Key of the number of an account's opportunities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CountOf(pub AccountId);

/// Key of one page of an account's opportunities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageOf {
    pub account: AccountId,
    pub args: PageArgs,
}

/// Key of an account that an opportunity names, if the actor may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeenAccount(pub AccountId);

/// Key of a contact that an opportunity names, if the actor may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeenContact(pub ContactId);

impl Loader<For<OpportunityId>> for Loaders {
    type Value = Opportunity;
    type Error = LoadError;

    async fn load(&self, keys: &[For<OpportunityId>]) -> Batch<OpportunityId, Opportunity> {
        by_actor(keys, |actor, ids| async move {
            let opportunities = store::opportunities::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(opportunities.into_iter().map(|opportunity| (opportunity.id, opportunity)))
        })
        .await
    }
}

impl Loader<For<PipelineId>> for Loaders {
    type Value = Pipeline;
    type Error = LoadError;

    async fn load(&self, keys: &[For<PipelineId>]) -> Batch<PipelineId, Pipeline> {
        by_actor(keys, |actor, ids| async move {
            let pipelines = store::pipelines::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(pipelines.into_iter().map(|pipeline| (pipeline.id, pipeline)))
        })
        .await
    }
}

impl Loader<For<StageId>> for Loaders {
    type Value = Stage;
    type Error = LoadError;

    async fn load(&self, keys: &[For<StageId>]) -> Batch<StageId, Stage> {
        by_actor(keys, |actor, ids| async move {
            let stages = store::pipelines::stages_by_ids(&self.0.db, &actor, &ids).await?;
            Ok(stages.into_iter().map(|stage| (stage.id, stage)))
        })
        .await
    }
}

impl Loader<For<HistoryOf>> for Loaders {
    type Value = Vec<StageEntry>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<HistoryOf>]) -> Batch<HistoryOf, Vec<StageEntry>> {
        by_actor(keys, |actor, keys| async move {
            let opportunities: Vec<_> = keys.iter().map(|key| key.0).collect();
            let entries = store::opportunities::entries(&self.0.db, &actor, &opportunities).await?;
            Ok(lists(entries.into_iter().map(|entry| (HistoryOf(entry.opportunity), entry))))
        })
        .await
    }
}

impl Loader<For<CountOf>> for Loaders {
    type Value = i64;
    type Error = LoadError;

    async fn load(&self, keys: &[For<CountOf>]) -> Batch<CountOf, i64> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let counts = store::opportunities::count_by_accounts(&self.0.db, &actor, &accounts).await?;
            Ok(counts.into_iter().map(|(account, count)| (CountOf(account), count)))
        })
        .await
    }
}

/// The accounts of one level ask for the same page, so one statement answers them all.
impl Loader<For<PageOf>> for Loaders {
    type Value = Vec<Opportunity>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<PageOf>]) -> Batch<PageOf, Vec<Opportunity>> {
        by_actor(keys, |actor, pages| async move {
            let mut rows = Vec::new();
            for (args, accounts) in lists(pages.into_iter().map(|page| (page.args, page.account))) {
                let found = store::opportunities::pages_by_accounts(&self.0.db, &actor, &accounts, args).await?;
                rows.extend(found.into_iter().map(|row| (PageOf { account: row.account, args }, row)));
            }
            Ok(lists(rows))
        })
        .await
    }
}

impl Loader<For<SeenAccount>> for Loaders {
    type Value = AccountId;
    type Error = LoadError;

    async fn load(&self, keys: &[For<SeenAccount>]) -> Batch<SeenAccount, AccountId> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let visible = store::known::visible_accounts(&self.0.db, &actor, &accounts).await?;
            Ok(visible.into_iter().map(|account| (SeenAccount(account), account)))
        })
        .await
    }
}

impl Loader<For<SeenContact>> for Loaders {
    type Value = ContactId;
    type Error = LoadError;

    async fn load(&self, keys: &[For<SeenContact>]) -> Batch<SeenContact, ContactId> {
        by_actor(keys, |actor, keys| async move {
            let contacts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let visible = store::known::visible_contacts(&self.0.db, &actor, &contacts).await?;
            Ok(visible.into_iter().map(|contact| (SeenContact(contact), contact)))
        })
        .await
    }
}
