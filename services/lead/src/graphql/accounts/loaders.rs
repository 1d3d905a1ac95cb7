use async_graphql::dataloader::Loader;
use kernel::{AccountId, PageArgs};
use platform::graphql::{Batch, For, LoadError, by_actor, lists};

use crate::{
    domain::{account::Account, company_size::Size, rollup::Rollup},
    graphql::loaders::Loaders,
    store,
};

/// Key of the domains of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DomainsOf(pub AccountId);

/// Key of the accounts above an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineOf(pub AccountId);

/// Key of one page of the accounts right below an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChildrenOf {
    pub parent: AccountId,
    pub args: PageArgs,
}

/// Key of the number of accounts right below an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChildCount(pub AccountId);

/// Key of the size of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SizeOf(pub AccountId);

impl Loader<For<SizeOf>> for Loaders {
    type Value = Size;
    type Error = LoadError;

    async fn load(&self, keys: &[For<SizeOf>]) -> Batch<SizeOf, Size> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let sizes = store::sizes::listed(&self.0.db, actor.workspace, &accounts).await?;
            Ok(sizes.into_iter().map(|(account, size)| (SizeOf(account), size)))
        })
        .await
    }
}

/// Key of what an account adds up to with all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RollupOf(pub AccountId);

impl Loader<For<RollupOf>> for Loaders {
    type Value = Rollup;
    type Error = LoadError;

    async fn load(&self, keys: &[For<RollupOf>]) -> Batch<RollupOf, Rollup> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let rollups = self.0.rollups(&actor, &accounts).await?;
            Ok(rollups.into_iter().map(|(account, rollup)| (RollupOf(account), rollup)))
        })
        .await
    }
}

impl Loader<For<DomainsOf>> for Loaders {
    type Value = Vec<String>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<DomainsOf>]) -> Batch<DomainsOf, Vec<String>> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let domains = store::account_domains::listed(&self.0.db, actor.workspace, &accounts).await?;
            Ok(lists(domains.into_iter().map(|(account, domain)| (DomainsOf(account), domain))))
        })
        .await
    }
}

impl Loader<For<LineOf>> for Loaders {
    type Value = Vec<AccountId>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<LineOf>]) -> Batch<LineOf, Vec<AccountId>> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let lines = store::hierarchy::lines(&self.0.db, actor.workspace, &accounts).await?;
            Ok(lists(lines.into_iter().map(|(account, above)| (LineOf(account), above))))
        })
        .await
    }
}

/// The accounts of one level ask for the same page, so one statement answers them all.
impl Loader<For<ChildrenOf>> for Loaders {
    type Value = Vec<Account>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<ChildrenOf>]) -> Batch<ChildrenOf, Vec<Account>> {
        by_actor(keys, |actor, pages| async move {
            let mut rows = Vec::new();
            for (args, parents) in lists(pages.into_iter().map(|page| (page.args, page.parent))) {
                let found = store::hierarchy::children(&self.0.db, &actor, &parents, args).await?;
                rows.extend(found.into_iter().map(|(parent, child)| (ChildrenOf { parent, args }, child)));
            }
            Ok(lists(rows))
        })
        .await
    }
}

impl Loader<For<ChildCount>> for Loaders {
    type Value = i64;
    type Error = LoadError;

    async fn load(&self, keys: &[For<ChildCount>]) -> Batch<ChildCount, i64> {
        by_actor(keys, |actor, keys| async move {
            let parents: Vec<_> = keys.iter().map(|key| key.0).collect();
            let counts = store::hierarchy::child_counts(&self.0.db, &actor, &parents).await?;
            Ok(counts.into_iter().map(|(parent, count)| (ChildCount(parent), count)))
        })
        .await
    }
}
