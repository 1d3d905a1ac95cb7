//! Places for what stays open: so many at once, of which one payer has no more than a part.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::Actor;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::budget::{Payer, payer};

/// What one may have open beside all the others.
fn part(all: usize) -> usize {
    (all / 4).max(10)
}

type Taken = Arc<Mutex<HashMap<Payer, usize>>>;

pub struct Places {
    all: Arc<Semaphore>,
    each: usize,
    taken: Taken,
}

/// Is free again when it is dropped.
pub struct Place {
    payer: Payer,
    taken: Taken,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub fn new(all: usize) -> Self {
        Self::shared(all, part(all))
    }

    /// For what is over soon: half of it, since a server with one key may be many people.
    pub fn brief(all: usize) -> Self {
        Self::shared(all, all.div_ceil(2))
    }

    fn shared(all: usize, each: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), each, taken: Taken::default() }
    }

    /// `None` if there is none, or if this payer has enough. Those whom nobody knows are not told apart, and share all.
    pub fn take(&self, actor: Option<&Actor>) -> Option<Place> {
        let permit = self.all.clone().try_acquire_owned().ok()?;
        let payer = actor.map(payer);
        let mut taken = lock(&self.taken);
        let has = taken.get(&payer).copied().unwrap_or_default();
        if payer.is_some() && has >= self.each {
            return None;
        }
        taken.insert(payer.clone(), has + 1);
        drop(taken);
        Some(Place { payer, taken: self.taken.clone(), _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        match taken.get_mut(&self.payer) {
            Some(has) if *has > 1 => *has -= 1,
            _ => {
                taken.remove(&self.payer);
            }
        }
    }
}

/// Connections that have not said whose they are. If there are too many, the one that has been silent longest goes:
/// who speaks at once is let in, however many do not.
pub(crate) struct Newcomers {
    waiting: Mutex<VecDeque<oneshot::Sender<()>>>,
    most: usize,
}

impl Newcomers {
    pub fn new(all: usize) -> Self {
        Self { waiting: Mutex::default(), most: part(all) }
    }

    /// Resolves when the newcomer shall go, unless it is closed before.
    pub fn enter(&self) -> oneshot::Receiver<()> {
        let (place, gone) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        waiting.retain(|other| !other.is_closed());
        if waiting.len() >= self.most {
            waiting.pop_front();
        }
        waiting.push_back(place);
        gone
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{Access, ActorKind, Clock};
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    #[test]
    fn one_payer_has_a_part_and_gets_back_what_it_leaves() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH, 1);
        let actor = || Actor {
            workspace: clock.id(),
            kind: ActorKind::ApiKey,
            subject: "one".into(),
            permissions: Vec::new(),
            access: Access::default(),
            credential: None,
            expires_at: None,
            request: None,
        };
        let (one, other) = (actor(), actor());
        let places = Places::new(44);
        let mut held: Vec<Place> = (0..11).filter_map(|_| places.take(Some(&one))).collect();
        assert_eq!(held.len(), 11);
        assert!(places.take(Some(&one)).is_none() && places.take(Some(&other)).is_some());
        held.pop();
        held.extend(places.take(Some(&one)));
        assert_eq!(held.len(), 11);
        held.extend((0..50).filter_map(|_| places.take(None)));
        assert_eq!(held.len(), 44, "whom nobody knows has whatever there is");
        assert!(places.take(Some(&other)).is_none());
        held.clear();
        assert!(lock(&places.taken).is_empty(), "nothing is kept of those who are gone");
    }

    #[test]
    fn of_too_many_newcomers_the_oldest_goes() {
        let newcomers = Newcomers::new(40);
        let mut silent: Vec<_> = (0..10).map(|_| newcomers.enter()).collect();
        silent.remove(3).close();
        silent.push(newcomers.enter());
        assert!(silent.iter_mut().all(|one| one.try_recv() == Err(TryRecvError::Empty)), "there is room");
        silent.push(newcomers.enter());
        let gone: Vec<bool> = silent.iter_mut().map(|one| one.try_recv() == Err(TryRecvError::Closed)).collect();
        assert_eq!((gone[0], gone[1..].contains(&true)), (true, false));
    }
}
