use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use futures::future::BoxFuture;
use kernel::{Actor, Code, Coded, Permission};
use thiserror::Error;

use super::{IntoGraphql, shared_actor};

/// A key with who asks for it: what one actor may see never meets another's in a batch.
#[derive(Debug, Clone)]
pub struct For<K> {
    pub actor: Arc<Actor>,
    pub key: K,
}

impl<K: PartialEq> PartialEq for For<K> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && same(&self.actor, &other.actor)
    }
}

impl<K: Eq> Eq for For<K> {}

impl<K: Hash> Hash for For<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
        self.actor.workspace.hash(state);
        self.actor.subject.hash(state);
    }
}

fn same(one: &Arc<Actor>, other: &Arc<Actor>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

/// What a [`Loader`] of a service answers.
pub type Batch<K, V> = Result<HashMap<For<K>, V>, LoadError>;

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
/// between requests.
pub fn batch_loader<L>(loader: L) -> DataLoader<L>
where
    L: Send + Sync + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "a batch lives within one request")]
    let spawn = |batch: BoxFuture<'static, ()>| {
        tokio::spawn(async move {
            for _turn in 0..TURNS {
                tokio::task::yield_now().await;
            }
            batch.await;
        })
    };
    DataLoader::new(loader, spawn).delay(PAUSE)
}

/// The entries of a list of more than 30 do not all ask in one go, but as few as two in each turn of their task. The batch
/// waits for as many turns as the longest list takes where there is one thread, and for so long where there are more: it would
/// be one of many.
const TURNS: usize = 600;
const PAUSE: Duration = Duration::from_millis(1);

/// One value by its key, batched with its neighbours; `None` also for one that the actor may not see. For actors
/// who may read, on a schema that was given [`batch_loader`] of `L`.
pub async fn load<L, K, V>(ctx: &Context<'_>, key: K) -> async_graphql::Result<Option<V>>
where
    K: Copy + Send + Sync + Eq + Hash + 'static,
    V: Clone + Send + Sync + 'static,
    L: Loader<For<K>, Value = V, Error = LoadError>,
{
    let actor = shared_actor(ctx)?.clone();
    actor.require(Permission::Read).graphql()?;
    ctx.data_unchecked::<DataLoader<L>>().load_one(For { actor, key }).await.graphql()
}

/// The body of a [`Loader`]: calls `read` once for each actor, which in a request is one. `read` gives each value
/// with its key; of two values with one key the later stays.
pub async fn by_actor<K, V, I, F>(keys: &[For<K>], read: impl Fn(Arc<Actor>, Vec<K>) -> F) -> Batch<K, V>
where
    K: Copy + Eq + Hash,
    I: IntoIterator<Item = (K, V)>,
    F: Future<Output = Result<I, sqlx::Error>>,
{
    let mut asked: Vec<(&Arc<Actor>, Vec<K>)> = Vec::new();
    for For { actor, key } in keys {
        match asked.iter_mut().find(|(known, _)| same(known, actor)) {
            Some((_, keys)) => keys.push(*key),
            None => asked.push((actor, vec![*key])),
        }
    }
    let mut found = HashMap::with_capacity(keys.len());
    for (actor, keys) in asked {
        let values = read(actor.clone(), keys).await?;
        found.extend(values.into_iter().map(|(key, value)| (For { actor: actor.clone(), key }, value)));
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
