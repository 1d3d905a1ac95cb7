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

    /// Runs `task` until it sees [`stop`](Self::stop).
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (stop, died) = (self.stop.clone(), self.died.clone());
        self.tracker.spawn(async move {
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

    /// Asks every task to stop and waits for them.
    pub async fn drain(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
