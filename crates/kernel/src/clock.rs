//! The one home of time and randomness. Everything else receives a [`Clock`], so tests can hold time still
//! and ids are literal in their snapshots.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use uuid::{Builder, Uuid};

use crate::id::TypedId;

/// A moment in UTC, in whole microseconds: what PostgreSQL keeps, so both engines give back what went in.
pub type Timestamp = DateTime<Utc>;

/// Cuts a moment to what the databases store.
pub fn truncate_to_micros(time: Timestamp) -> Timestamp {
    time.trunc_subsecs(6)
}

/// Tells the time and makes ids. Cheap to clone; clones share one source.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    System,
    Fixed(Box<Mutex<Fixed>>),
}

struct Fixed {
    now: Timestamp,
    rng: StdRng,
    /// Ids made so far: keeps those of one millisecond in order, as the system's generator does.
    made: u32,
}

impl Clock {
    /// The machine's clock and randomness.
    pub fn system() -> Self {
        Self(Arc::new(Source::System))
    }

    /// A clock that stands still until [`advance`](Self::advance), with ids drawn from `seed`.
    pub fn fixed(now: Timestamp, seed: u64) -> Self {
        let fixed = Fixed { now: truncate_to_micros(now), rng: StdRng::seed_from_u64(seed), made: 0 };
        Self(Arc::new(Source::Fixed(Box::new(Mutex::new(fixed)))))
    }

    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one home of the machine's clock")]
            Source::System => truncate_to_micros(Utc::now()),
            Source::Fixed(fixed) => lock(fixed).now,
        }
    }

    /// A new id of any kind: UUIDv7, so ids sort by the time they were made.
    pub fn id<T: TypedId>(&self) -> T {
        T::from(self.uuid())
    }

    /// Moves a fixed clock.
    ///
    /// # Panics
    /// On the system clock, which nobody can move.
    pub fn advance(&self, by: TimeDelta) {
        match &*self.0 {
            Source::System => panic!("the system clock cannot be advanced"),
            Source::Fixed(fixed) => lock(fixed).now += by,
        }
    }

    /// Fills `bytes` with randomness fit for secrets (on the system clock).
    pub fn random(&self, bytes: &mut [u8]) {
        match &*self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one home of randomness")]
            Source::System => rand::rng().fill_bytes(bytes),
            Source::Fixed(fixed) => lock(fixed).rng.fill_bytes(bytes),
        }
    }

    fn uuid(&self) -> Uuid {
        match &*self.0 {
            // The library's own generator keeps ids of one millisecond in order.
            #[expect(clippy::disallowed_methods, reason = "the one home of id generation")]
            Source::System => Uuid::now_v7(),
            Source::Fixed(fixed) => {
                let mut random = [0; 10];
                self.random(&mut random);
                let counter = {
                    let mut fixed = lock(fixed);
                    fixed.made += 1;
                    fixed.made.to_be_bytes()
                };
                // The bits that sort first, around those that mark version and variant.
                random[0] = counter[0];
                random[1] = counter[1];
                random[2] = counter[2] >> 2;
                random[3] = counter[2] << 6 | counter[3] >> 2;
                random[4] = counter[3] << 6 | random[4] >> 2;
                let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
                Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
            }
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

fn lock(fixed: &Mutex<Fixed>) -> MutexGuard<'_, Fixed> {
    fixed.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LeadId;

    #[test]
    fn ids_of_one_moment_are_in_the_order_they_were_made() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let ids: Vec<LeadId> = (0..3_000).map(|_| clock.id()).collect();
        assert!(ids.is_sorted());
        let again = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        assert_eq!(ids[0], again.id(), "and the same in every run");
    }
}
