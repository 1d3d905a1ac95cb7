//! How often something may be tried: buckets of attempts that fill up again, in bounded memory.

use std::{collections::HashMap, hash::Hash, mem};

use chrono::TimeDelta;
use kernel::Timestamp;
use thiserror::Error;

/// An attempt came too soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too soon")]
pub struct TooSoon {
    /// When the next one may come.
    pub retry_after: TimeDelta,
}

/// How many attempts at once, and how long until one is given back.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub burst: u32,
    pub every: TimeDelta,
}

/// Buckets by key, of at most twice `capacity` keys. When there are more, those that were not tried for
/// longest are forgotten.
#[derive(Debug)]
pub struct Throttle<K> {
    rate: Rate,
    capacity: usize,
    young: HashMap<K, Timestamp>,
    old: HashMap<K, Timestamp>,
}

impl<K: Eq + Hash + Clone> Throttle<K> {
    pub fn new(rate: Rate, capacity: usize) -> Self {
        Self { rate, capacity, young: HashMap::new(), old: HashMap::new() }
    }

    /// Takes an attempt out of the bucket of `key`.
    pub fn take(&mut self, key: &K, now: Timestamp) -> Result<(), TooSoon> {
        // The generic cell rate algorithm: a bucket is the moment at which it will be full again.
        let full_at = self.full_at(key).map_or(now, |full_at| full_at.max(now));
        let next = full_at + self.rate.every;
        let limit = now + self.rate.every * i32::try_from(self.rate.burst).unwrap_or(i32::MAX);
        if next > limit {
            return Err(TooSoon { retry_after: next - limit });
        }
        self.put(key, next);
        Ok(())
    }

    /// Gives an attempt back.
    pub fn give_back(&mut self, key: &K) {
        if let Some(full_at) = self.full_at(key) {
            self.put(key, full_at - self.rate.every);
        }
    }

    fn full_at(&self, key: &K) -> Option<Timestamp> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn put(&mut self, key: &K, full_at: Timestamp) {
        if self.young.len() >= self.capacity && !self.young.contains_key(key) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key.clone(), full_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn throttle(capacity: usize) -> Throttle<u32> {
        Throttle::new(Rate { burst: 3, every: TimeDelta::seconds(10) }, capacity)
    }

    #[test]
    fn after_a_burst_attempts_come_back_one_by_one() {
        let mut throttle = throttle(10);
        for _ in 0..3 {
            assert_eq!(throttle.take(&1, at(0)), Ok(()));
        }
        assert_eq!(throttle.take(&1, at(0)), Err(TooSoon { retry_after: TimeDelta::seconds(10) }));
        assert_eq!(throttle.take(&1, at(4)), Err(TooSoon { retry_after: TimeDelta::seconds(6) }));
        assert_eq!(throttle.take(&2, at(4)), Ok(()), "another key is another bucket");
        assert_eq!(throttle.take(&1, at(10)), Ok(()));
        assert!(throttle.take(&1, at(10)).is_err());
        for _ in 0..3 {
            assert_eq!(throttle.take(&1, at(100)), Ok(()), "full again, and no fuller");
        }
        assert!(throttle.take(&1, at(100)).is_err());
    }

    #[test]
    fn an_attempt_can_be_given_back() {
        let mut throttle = throttle(10);
        for _ in 0..20 {
            assert_eq!(throttle.take(&1, at(0)), Ok(()));
            throttle.give_back(&1);
        }
    }

    #[test]
    fn memory_is_bounded_and_the_busiest_are_remembered() {
        let mut throttle = throttle(100);
        for _ in 0..3 {
            throttle.take(&0, at(0)).unwrap();
        }
        for key in 1..10_000 {
            throttle.take(&key, at(0)).unwrap();
            if key % 50 == 0 {
                // Somebody who keeps trying stays known: an attempt that is refused does not count as one.
                throttle.give_back(&0);
                throttle.take(&0, at(0)).unwrap();
                assert!(throttle.take(&0, at(0)).is_err());
            }
        }
        assert!(throttle.young.len() + throttle.old.len() <= 200);
    }
}
