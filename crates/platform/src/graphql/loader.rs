use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use kernel::{Code, Coded, Permission, WorkspaceId};
use thiserror::Error;

use super::{IntoGraphql, actor};

/// What a [`Loader`] of a service answers: values by workspace and key.
pub type Batch<K, V> = Result<HashMap<(WorkspaceId, K), V>, LoadError>;

/// A batch could not be read.
#[derive(Debug, Clone, Error)]
#[error("something broke on our side")]
pub struct LoadError(#[source] Arc<sqlx::Error>);

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl Coded for LoadError {
    fn code(&self) -> Code {
        Code::Internal
    }
}

/// Collects the keys that one level of a query asks for and reads them in one statement. Keeps nothing
/// between requests; keys carry the workspace, so actors cannot meet in a batch.
pub fn batch_loader<L>(loader: L) -> DataLoader<L>
where
    L: Send + Sync + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "a batch lives within one request")]
    let loader = DataLoader::new(loader, tokio::spawn);
    loader.delay(Duration::ZERO)
}

/// One value by its key, batched with its neighbours; `None` also for one of another workspace. For actors who
/// may read, on a schema that was given [`batch_loader`] of `L`.
pub async fn load<L, K, V>(ctx: &Context<'_>, key: K) -> async_graphql::Result<Option<V>>
where
    K: Copy + Send + Sync + Eq + Hash + 'static,
    V: Clone + Send + Sync + 'static,
    L: Loader<(WorkspaceId, K), Value = V, Error = LoadError>,
{
    let actor = actor(ctx)?;
    actor.require(Permission::Read).graphql()?;
    ctx.data_unchecked::<DataLoader<L>>().load_one((actor.workspace, key)).await.graphql()
}

/// The body of a [`Loader`]: calls `read` once for each workspace, which in a request is one. `read` gives each
/// value with its key; of two values with one key the later stays.
pub async fn by_workspace<K, V, I, F>(keys: &[(WorkspaceId, K)], read: impl Fn(WorkspaceId, Vec<K>) -> F) -> Batch<K, V>
where
    K: Copy + Eq + Hash,
    I: IntoIterator<Item = (K, V)>,
    F: Future<Output = Result<I, sqlx::Error>>,
{
    let mut found = HashMap::with_capacity(keys.len());
    for (workspace, keys) in lists(keys.iter().copied()) {
        found.extend(read(workspace, keys).await?.into_iter().map(|(key, value)| ((workspace, key), value)));
    }
    Ok(found)
}

/// The values of each key, in their order.
pub fn lists<K: Eq + Hash, V>(pairs: impl IntoIterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut lists: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        lists.entry(key).or_default().push(value);
    }
    lists
}
