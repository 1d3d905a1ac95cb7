//! Starting, watching and stopping. Every background task has a name, and the end of one that should run on
//! ends the process: a platform that lost its relay must not look alive.

use std::{future::Future, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a stop may take before it is hard.
const DRAIN: Duration = Duration::from_secs(20);

/// The background tasks of a process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    last: TaskTracker,
    flush: CancellationToken,
    died: CancellationToken,
}

impl Tasks {
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process should stop; tasks finish what they hold and return.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Cancelled when every task of [`spawn`](Self::spawn) has returned: what they left can be carried out.
    pub fn flush(&self) -> CancellationToken {
        self.flush.clone()
    }

    /// Runs `task` until it sees [`stop`](Self::stop).
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.spawn_on(&self.tracker, name, task);
    }

    /// Runs `task` until it sees [`flush`](Self::flush).
    pub fn spawn_last<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.spawn_on(&self.last, name, task);
    }

    fn spawn_on<F>(&self, tracker: &TaskTracker, name: &'static str, task: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (stop, died) = (self.stop.clone(), self.died.clone());
        tracker.spawn(async move {
            // A guard, so that a panic counts as an end too.
            let guard = died.clone().drop_guard();
            let result = task.await;
            if stop.is_cancelled() {
                guard.disarm();
            }
            match result {
                Err(error) => tracing::error!(task = name, error = format!("{error:#}"), "background task failed"),
                Ok(()) if !stop.is_cancelled() => tracing::error!(task = name, "background task ended"),
                Ok(()) => tracing::debug!(task = name, "background task stopped"),
            }
        });
    }

    /// Waits for SIGTERM, SIGINT or the death of a task, then stops everything; a second signal is hard.
    ///
    /// # Errors
    /// When a task died rather than a signal arrived, or the drain took too long.
    pub async fn run_until_stopped(&self) -> anyhow::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let died = tokio::select! {
            _ = terminate.recv() => false,
            _ = interrupt.recv() => false,
            () = self.died.cancelled() => true,
        };
        tokio::select! {
            drained = tokio::time::timeout(DRAIN, self.drain()) => anyhow::ensure!(drained.is_ok(), "stopping took longer than {DRAIN:?}"),
            _ = terminate.recv() => anyhow::bail!("second signal: stopped hard"),
            _ = interrupt.recv() => anyhow::bail!("second signal: stopped hard"),
        }
        anyhow::ensure!(!died, "a background task died, see the log");
        Ok(())
    }

    /// Asks every task to stop and waits for them, then those that run last.
    pub async fn drain(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        self.flush.cancel();
        self.last.close();
        self.last.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_runs_last_outlives_the_rest() {
        let tasks = Tasks::new();
        let (committed, seen) = oneshot::channel();
        let (stop, flush) = (tasks.stop(), tasks.flush());
        tasks.spawn("http", async move {
            stop.cancelled().await;
            tokio::task::yield_now().await;
            committed.send("an event").map_err(|_| anyhow::anyhow!("the relay has gone"))
        });
        let (relayed, result) = oneshot::channel();
        tasks.spawn_last("relay", async move {
            flush.cancelled().await;
            relayed.send(seen.await?).map_err(|_| anyhow::anyhow!("nobody asks"))
        });
        tasks.drain().await;
        assert_eq!(result.await, Ok("an event"));
    }
}
