//! Services learn from each other by events, a moment late. Whoever is asked about something it does not know waits that
//! moment before it says that there is no such thing: a client may make one object and name it in the next call.

use std::{future::Future, time::Duration};

use chrono::TimeDelta;
use kernel::{Clock, Code, Coded};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};
use uuid::Uuid;

/// How long news may take.
pub const HEARS_WITHIN: Duration = Duration::from_secs(1);

/// What was made longer ago has been heard of, if it is there at all. Ids begin with the time of their making.
const YOUNG: TimeDelta = TimeDelta::seconds(10);

/// Those who wait at once; whoever comes then is answered as things stand.
static WAITING: Semaphore = Semaphore::const_new(64);

/// Doubled from one time to the next.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// Waits for news, longer each time.
#[derive(Debug)]
pub struct Patience {
    until: Instant,
    wait: Duration,
}

impl Patience {
    /// Then the news is there or will not come.
    pub fn until(until: Instant) -> Self {
        Self { until, wait: FIRST_WAIT }
    }

    /// Waits once more; false, at once, if no news is to be expected any more.
    pub async fn wait(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sleep(self.wait.min(left)).await;
        self.wait *= 2;
        true
    }
}

/// Attempts a use case again while it ends with [`Code::NotFound`] and one of the objects that it names is so young that
/// its news may be on the way. An attempt that ends so must have changed nothing.
///
/// # Errors
/// The last attempt's.
pub async fn once_heard<T, E, A>(
    clock: &Clock,
    named: impl IntoIterator<Item = Uuid>,
    mut attempt: impl FnMut() -> A,
) -> Result<T, E>
where
    A: Future<Output = Result<T, E>>,
    E: Coded,
{
    let unheard = |outcome: &Result<T, E>| matches!(outcome, Err(error) if error.code() == Code::NotFound);
    let outcome = attempt().await;
    if !unheard(&outcome) || !named.into_iter().any(|id| is_young(clock, id)) {
        return outcome;
    }
    let Ok(_waiting) = WAITING.try_acquire() else { return outcome };
    let mut patience = Patience::until(Instant::now() + HEARS_WITHIN);
    let mut outcome = outcome;
    while unheard(&outcome) && patience.wait().await {
        outcome = attempt().await;
    }
    outcome
}

fn is_young(clock: &Clock, id: Uuid) -> bool {
    let made = id.get_timestamp().map(|made| made.to_unix().0);
    let now = clock.now().timestamp();
    made.and_then(|made| i64::try_from(made).ok()).is_some_and(|made| (now - made).abs() <= YOUNG.num_seconds())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use kernel::{LeadId, id::TypedId};

    use super::*;

    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("{0:?}")]
    struct Refused(Code);

    impl Coded for Refused {
        fn code(&self) -> Code {
            self.0
        }
    }

    /// How often `once_heard` asks for an object of this age that is there at the `there`th time.
    async fn attempts(age: TimeDelta, there: usize, code: Code) -> (Result<(), Refused>, usize) {
        let clock = Clock::fixed(chrono::DateTime::UNIX_EPOCH + TimeDelta::days(20_000), 1);
        let id = clock.id::<LeadId>().uuid();
        clock.advance(age);
        let asked = Cell::new(0);
        let outcome = once_heard(&clock, [id], || {
            asked.set(asked.get() + 1);
            std::future::ready(if asked.get() >= there { Ok(()) } else { Err(Refused(code)) })
        });
        (outcome.await, asked.get())
    }

    #[tokio::test]
    async fn what_is_young_is_asked_for_again_and_nothing_else_is() {
        let young = TimeDelta::seconds(3);
        assert_eq!(attempts(young, 3, Code::NotFound).await, (Ok(()), 3));
        assert_eq!(attempts(TimeDelta::minutes(1), 3, Code::NotFound).await, (Err(Refused(Code::NotFound)), 1));
        assert_eq!(attempts(young, 3, Code::Conflict).await, (Err(Refused(Code::Conflict)), 1));
    }

    #[tokio::test]
    async fn patience_ends_when_it_was_to_and_not_before() {
        let (began, total) = (Instant::now(), Duration::from_millis(100));
        let mut patience = Patience::until(began + total);
        while patience.wait().await {}
        assert!(began.elapsed() >= total);
    }
}
