//! Work that several want at once and that is done once.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};

/// Work under way, each under a number of its own.
type UnderWay<K, V> = HashMap<K, (u64, Shared<BoxFuture<'static, V>>)>;

/// Holds no more than there are who wait, and nothing of what is done.
pub(crate) struct Flights<K, V> {
    under_way: Mutex<UnderWay<K, V>>,
    next: AtomicU64,
    most: usize,
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self::bounded(usize::MAX)
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Flights<K, V> {
    /// Does `work`, or joins somebody who does the work of this key already.
    pub async fn join<W>(&self, key: K, work: impl FnOnce() -> W) -> V
    where
        W: Future<Output = V> + Send + 'static,
    {
        self.join_or(key, work, || {}).await
    }

    /// The same; `joined` is told if there was somebody.
    pub async fn join_or<W>(&self, key: K, work: impl FnOnce() -> W, joined: impl FnOnce()) -> V
    where
        W: Future<Output = V> + Send + 'static,
    {
        let (outcome, _landing) = {
            let mut under_way = self.under_way();
            if let Some((_, outcome)) = under_way.get(&key) {
                joined();
                (outcome.clone(), None)
            } else {
                let outcome = work().boxed().shared();
                let landing = (under_way.len() < self.most).then(|| {
                    let number = self.next.fetch_add(1, Ordering::Relaxed);
                    under_way.insert(key.clone(), (number, outcome.clone()));
                    Landing { flights: self, key, number }
                });
                (outcome, landing)
            }
        };
        outcome.await
    }
}

impl<K, V> Flights<K, V> {
    /// Beyond `most` works under way, whoever comes does their own.
    pub fn bounded(most: usize) -> Self {
        Self { under_way: Mutex::default(), next: AtomicU64::new(0), most }
    }

    /// From now on nobody joins what was begun before.
    pub fn part(&self)
    where
        K: Hash + Eq,
    {
        self.under_way().clear();
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay<K, V>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the work off the list when it is done, or whoever began it wants it no longer. Those who joined go on.
struct Landing<'f, K: Hash + Eq, V> {
    flights: &'f Flights<K, V>,
    key: K,
    number: u64,
}

impl<K: Hash + Eq, V> Drop for Landing<'_, K, V> {
    fn drop(&mut self) {
        let mut under_way = self.flights.under_way();
        // The place may be another's by now.
        if under_way.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            under_way.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicUsize};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn the_same_work_is_done_once_and_nothing_of_it_is_kept() {
        let (flights, done) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        let work = || {
            let done = done.clone();
            async move {
                tokio::task::yield_now().await;
                done.fetch_add(1, Ordering::Relaxed)
            }
        };
        assert_eq!(join_all((0..5).map(|_| flights.join("a", work))).await, [0; 5]);
        assert!(flights.under_way().is_empty());
        assert_eq!(flights.join("a", work).await, 1);
        // Who began it goes; who joined does not.
        let (finish, finished) = tokio::sync::oneshot::channel();
        let mut first = Box::pin(flights.join("a", || async move { finished.await.unwrap_or_default() }));
        assert_eq!((&mut first).now_or_never(), None);
        let mut second = Box::pin(flights.join("a", work));
        assert_eq!((&mut second).now_or_never(), None);
        drop(first);
        finish.send(7).unwrap();
        assert_eq!(second.await, 7);
    }
}
