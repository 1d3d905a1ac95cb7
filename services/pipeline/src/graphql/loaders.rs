use async_graphql::dataloader::Loader;
use kernel::{AccountId, Cursor, OpportunityId, PageArgs, PipelineId, StageId, Timestamp, WorkspaceId};
use platform::graphql::{Batch, LoadError, by_workspace, lists};
use uuid::Uuid;

use crate::{
    app::App,
    domain::{
        opportunity::{Opportunity, StageEntry},
        pipeline::{Pipeline, Stage},
    },
    store,
};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
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
    account: AccountId,
    args: HashedArgs,
}

/// [`PageArgs`] as a map's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct HashedArgs {
    first: i64,
    after: Option<(Timestamp, Uuid)>,
}

impl PageOf {
    pub fn new(account: AccountId, args: PageArgs) -> Self {
        let after = args.after.map(|Cursor { time, id }| (time, id));
        Self { account, args: HashedArgs { first: args.first, after } }
    }
}

impl From<HashedArgs> for PageArgs {
    fn from(args: HashedArgs) -> Self {
        Self { first: args.first, after: args.after.map(|(time, id)| Cursor { time, id }) }
    }
}

impl Loader<(WorkspaceId, OpportunityId)> for Loaders {
    type Value = Opportunity;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, OpportunityId)]) -> Batch<OpportunityId, Opportunity> {
        by_workspace(keys, |workspace, ids| async move {
            let opportunities = store::opportunities::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(opportunities.into_iter().map(|opportunity| (opportunity.id, opportunity)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, PipelineId)> for Loaders {
    type Value = Pipeline;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, PipelineId)]) -> Batch<PipelineId, Pipeline> {
        by_workspace(keys, |workspace, ids| async move {
            let pipelines = store::pipelines::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(pipelines.into_iter().map(|pipeline| (pipeline.id, pipeline)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, StageId)> for Loaders {
    type Value = Stage;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, StageId)]) -> Batch<StageId, Stage> {
        by_workspace(keys, |workspace, ids| async move {
            let stages = store::pipelines::stages_by_ids(&self.0.db, workspace, &ids).await?;
            Ok(stages.into_iter().map(|stage| (stage.id, stage)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, HistoryOf)> for Loaders {
    type Value = Vec<StageEntry>;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, HistoryOf)]) -> Batch<HistoryOf, Vec<StageEntry>> {
        by_workspace(keys, |workspace, keys| async move {
            let opportunities: Vec<_> = keys.iter().map(|key| key.0).collect();
            let entries = store::opportunities::entries(&self.0.db, workspace, &opportunities).await?;
            Ok(lists(entries.into_iter().map(|entry| (HistoryOf(entry.opportunity), entry))))
        })
        .await
    }
}

impl Loader<(WorkspaceId, CountOf)> for Loaders {
    type Value = i64;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, CountOf)]) -> Batch<CountOf, i64> {
        by_workspace(keys, |workspace, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let counts = store::opportunities::count_by_accounts(&self.0.db, workspace, &accounts).await?;
            Ok(counts.into_iter().map(|(account, count)| (CountOf(account), count)))
        })
        .await
    }
}

/// The accounts of one level ask for the same page, so one statement answers them all.
impl Loader<(WorkspaceId, PageOf)> for Loaders {
    type Value = Vec<Opportunity>;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, PageOf)]) -> Batch<PageOf, Vec<Opportunity>> {
        by_workspace(keys, |workspace, pages| async move {
            let mut rows = Vec::new();
            for (args, accounts) in lists(pages.into_iter().map(|page| (page.args, page.account))) {
                let page = PageArgs::from(args);
                let found = store::opportunities::pages_by_accounts(&self.0.db, workspace, &accounts, page).await?;
                rows.extend(found.into_iter().map(|row| (PageOf { account: row.account, args }, row)));
            }
            Ok(lists(rows))
        })
        .await
    }
}
