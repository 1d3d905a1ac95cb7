//! Listening to the local bus: events as they pass, and from the log what was missed.

use std::{collections::VecDeque, sync::Arc};

use events::Envelope;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use kernel::EventId;
use sqlx::types::Json;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{BusError, LocalBus};

/// Events read from the log at a time.
const PAGE: i64 = 200;

struct Listener {
    bus: LocalBus,
    subject: &'static str,
    live: Receiver<Arc<(i64, Envelope)>>,
    /// Up to here everything has been told, or is in `read`.
    told: i64,
    /// Whether the log may have what was not told.
    behind: bool,
    read: VecDeque<Envelope>,
}

impl LocalBus {
    pub async fn live(
        &self,
        subject: &'static str,
        after: Option<EventId>,
    ) -> Result<BoxStream<'static, Envelope>, BusError> {
        // Before the log is looked at, so that nothing falls between.
        let live = self.live.subscribe();
        let told = match after {
            Some(id) => self.place(subject, id).await?.ok_or(BusError::Forgotten { id })?,
            None => self.end().await?,
        };
        let (bus, behind) = (self.clone(), after.is_some());
        let listener = Listener { bus, subject, live, told, behind, read: VecDeque::new() };
        Ok(stream::unfold(listener, |mut listener| async { Some((listener.next().await?, listener)) }).boxed())
    }

    async fn place(&self, subject: &str, id: EventId) -> Result<Option<i64>, sqlx::Error> {
        const SQL: &str = "select seq from log where id = $1 and subject = $2";
        sqlx::query_scalar(SQL).bind(id).bind(subject).fetch_optional(&self.pool).await
    }

    async fn end(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("select coalesce(max(seq), 0) from log").fetch_one(&self.pool).await
    }
}

impl Listener {
    async fn next(&mut self) -> Option<Envelope> {
        loop {
            if let Some(envelope) = self.read.pop_front() {
                return Some(envelope);
            }
            if self.behind {
                self.read_on().await?;
                continue;
            }
            match self.live.recv().await {
                Ok(event) if event.0 > self.told => {
                    self.told = event.0;
                    if event.1.r#type == self.subject {
                        return Some(event.1.clone());
                    }
                }
                // Told already, from the log.
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// `None` ends the stream: better an end, after which the client resumes, than a gap.
    async fn read_on(&mut self) -> Option<()> {
        const SQL: &str = "select seq, envelope from log where seq > $1 and subject = $2 order by seq limit $3";
        let page = sqlx::query_as(SQL).bind(self.told).bind(self.subject).bind(PAGE).fetch_all(&self.bus.pool).await;
        let page: Vec<(i64, Json<Envelope>)> = page
            .inspect_err(|error| {
                tracing::warn!(error = error as &dyn std::error::Error, "a listener ends, for the log cannot be read");
            })
            .ok()?;
        self.behind = i64::try_from(page.len()).is_ok_and(|read| read == PAGE);
        for (seq, envelope) in page {
            self.told = seq;
            self.read.push_back(envelope.0);
        }
        Some(())
    }
}
