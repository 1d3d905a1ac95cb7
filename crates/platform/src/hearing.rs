//! Services learn from each other by events, a moment late. Whoever is asked about something it does not know waits that
//! moment before it says that there is no such thing: a client may make one object and name it in the next call.

use std::{future::Future, time::Duration};

use kernel::{Code, Coded};
use tokio::time::{Instant, sleep};

/// How long news may take.
pub const HEARS_WITHIN: Duration = Duration::from_secs(1);

/// Doubled from one time to the next.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// Waits for news, longer each time.
#[derive(Debug)]
pub struct Patience {
    until: Instant,
    wait: Duration,
}

impl Patience {
    /// In `total` the news is there or will not come.
    pub fn of(total: Duration) -> Self {
        Self { until: Instant::now() + total, wait: FIRST_WAIT }
    }

    /// Waits once more; false, at once, if no news is to be expected any more.
    pub async fn wait(&mut self) -> bool {
        if Instant::now() + self.wait > self.until {
            return false;
        }
        sleep(self.wait).await;
        self.wait *= 2;
        true
    }
}

/// Attempts a use case again while it ends with [`Code::NotFound`]. An attempt that does must have changed nothing.
///
/// # Errors
/// The last attempt's.
pub async fn once_heard<T, E, A>(mut attempt: impl FnMut() -> A) -> Result<T, E>
where
    A: Future<Output = Result<T, E>>,
    E: Coded,
{
    let mut patience = Patience::of(HEARS_WITHIN);
    loop {
        let outcome = attempt().await;
        let unheard = matches!(&outcome, Err(error) if error.code() == Code::NotFound);
        if !unheard || !patience.wait().await {
            return outcome;
        }
    }
}
