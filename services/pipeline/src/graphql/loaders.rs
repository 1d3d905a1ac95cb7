use std::collections::HashMap;

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use kernel::{
    AccountId, Actor, Cursor, OpportunityId, PageArgs, Permission, PipelineId, StageId, Timestamp, WorkspaceId,
};
use platform::graphql::{IntoGraphql, LoadError, actor};
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

macro_rules! loader {
    ($id:ident, $object:ident, $by_ids:path) => {
        impl Loader<(WorkspaceId, $id)> for Loaders {
            type Value = $object;
            type Error = LoadError;

            async fn load(
                &self,
                keys: &[(WorkspaceId, $id)],
            ) -> Result<HashMap<(WorkspaceId, $id), $object>, LoadError> {
                let mut found = HashMap::with_capacity(keys.len());
                for (workspace, ids) in grouped(keys.iter().copied()) {
                    let objects = $by_ids(&self.0.db, workspace, &ids).await?;
                    found.extend(objects.into_iter().map(|object| ((workspace, object.id), object)));
                }
                Ok(found)
            }
        }
    };
}

loader!(OpportunityId, Opportunity, store::opportunities::by_ids);
loader!(PipelineId, Pipeline, store::pipelines::by_ids);
loader!(StageId, Stage, store::pipelines::stages_by_ids);

impl Loader<(WorkspaceId, HistoryOf)> for Loaders {
    type Value = Vec<StageEntry>;
    type Error = LoadError;

    async fn load(
        &self,
        keys: &[(WorkspaceId, HistoryOf)],
    ) -> Result<HashMap<(WorkspaceId, HistoryOf), Vec<StageEntry>>, LoadError> {
        let mut found: HashMap<_, Vec<StageEntry>> = HashMap::with_capacity(keys.len());
        for (workspace, ids) in grouped(keys.iter().map(|(workspace, history)| (*workspace, history.0))) {
            for entry in store::opportunities::entries(&self.0.db, workspace, &ids).await? {
                found.entry((workspace, HistoryOf(entry.opportunity))).or_default().push(entry);
            }
        }
        Ok(found)
    }
}

impl Loader<(WorkspaceId, CountOf)> for Loaders {
    type Value = i64;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, CountOf)]) -> Result<HashMap<(WorkspaceId, CountOf), i64>, LoadError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (workspace, accounts) in grouped(keys.iter().map(|(workspace, count)| (*workspace, count.0))) {
            let counts = store::opportunities::count_by_accounts(&self.0.db, workspace, &accounts).await?;
            found.extend(counts.into_iter().map(|(account, count)| ((workspace, CountOf(account)), count)));
        }
        Ok(found)
    }
}

/// The accounts of one level ask for the same page, so one statement answers them all.
impl Loader<(WorkspaceId, PageOf)> for Loaders {
    type Value = Vec<Opportunity>;
    type Error = LoadError;

    async fn load(
        &self,
        keys: &[(WorkspaceId, PageOf)],
    ) -> Result<HashMap<(WorkspaceId, PageOf), Vec<Opportunity>>, LoadError> {
        let mut found: HashMap<_, Vec<Opportunity>> = HashMap::with_capacity(keys.len());
        let groups = grouped(keys.iter().map(|(workspace, page)| ((*workspace, page.args), page.account)));
        for ((workspace, args), accounts) in groups {
            let page = PageArgs::from(args);
            for row in store::opportunities::pages_by_accounts(&self.0.db, workspace, &accounts, page).await? {
                found.entry((workspace, PageOf { account: row.account, args })).or_default().push(row);
            }
        }
        Ok(found)
    }
}

/// One object by id, batched with its neighbours; `None` also for one of another workspace.
pub async fn load<I, T>(ctx: &Context<'_>, id: I) -> async_graphql::Result<Option<T>>
where
    I: Copy + Send + Sync + Eq + std::hash::Hash + 'static,
    T: Clone + Send + Sync + 'static,
    Loaders: Loader<(WorkspaceId, I), Value = T, Error = LoadError>,
{
    let actor: &Actor = actor(ctx)?;
    actor.require(Permission::Read).graphql()?;
    ctx.data_unchecked::<DataLoader<Loaders>>().load_one((actor.workspace, id)).await.graphql()
}

fn grouped<G: Eq + std::hash::Hash, I>(keys: impl Iterator<Item = (G, I)>) -> HashMap<G, Vec<I>> {
    let mut groups: HashMap<G, Vec<I>> = HashMap::new();
    for (group, id) in keys {
        groups.entry(group).or_default().push(id);
    }
    groups
}
