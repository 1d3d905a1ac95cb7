//! Listening to NATS, from now or from an event on: what the stream keeps, then what passes, by one consumer of it.

use std::{future::ready, time::Duration};

use async_nats::{
    datetime,
    jetstream::consumer::{Consumer, DeliverPolicy, pull::OrderedConfig},
};
use events::Envelope;
use futures::{StreamExt, stream::BoxStream};
use kernel::{EventId, id::TypedId};
use tokio::time::timeout;

use super::{
    BusError,
    nats::{NatsBus, nats},
};

/// By how much the clocks of publisher and server may differ. An event is made before it is published.
const SKEW: Duration = Duration::from_secs(60);
/// How long the search for an event may take.
const SEARCH: Duration = Duration::from_secs(10);

impl NatsBus {
    pub async fn live(
        &self,
        subject: &'static str,
        after: Option<EventId>,
    ) -> Result<BoxStream<'static, Envelope>, BusError> {
        let from = match after {
            None => DeliverPolicy::New,
            Some(id) => {
                // What is not found in that time is so long ago that to begin anew is quicker.
                let found = timeout(SEARCH, self.sequence(subject, id)).await.unwrap_or(Ok(None))?;
                let sequence = found.ok_or(BusError::Forgotten { id })?;
                DeliverPolicy::ByStartSequence { start_sequence: sequence + 1 }
            }
        };
        let consumer = self.reader(subject, from, false).await?;
        let messages = consumer.messages().await.map_err(|error| nats("the subscription", error))?;
        // It heals what can be healed by itself; then better an end, after which the client resumes, than a gap.
        let events = messages
            .take_while(|message| {
                if let Err(error) = message {
                    tracing::warn!(error = error as &dyn std::error::Error, "a listener ends, for NATS fails it");
                }
                ready(message.is_ok())
            })
            .filter_map(|message| {
                ready(message.ok().and_then(|message| serde_json::from_slice(&message.payload).ok()))
            });
        Ok(events.boxed())
    }

    /// Where the stream has the event. Only heads are read, from about when the event was made.
    async fn sequence(&self, subject: &str, id: EventId) -> Result<Option<u64>, BusError> {
        // Ids begin with their time in milliseconds.
        let made = Duration::from_millis(u64::try_from(id.uuid().as_u128() >> 80).unwrap_or_default());
        let stream = self.jetstream.get_stream(&self.stream).await.map_err(|error| nats("the stream", error))?;
        // Else an id of long ago would have the whole stream read.
        let first = stream.cached_info().state.first_timestamp.unix_timestamp_nanos();
        if i128::try_from((made + SKEW).as_nanos()).is_ok_and(|made| made < first) {
            return Ok(None);
        }
        let nanos = i128::try_from(made.saturating_sub(SKEW).as_nanos()).unwrap_or_default();
        let start_time = datetime::from_nanos(nanos).map_err(|_| BusError::Forgotten { id })?;
        let consumer = self.reader(subject, DeliverPolicy::ByStartTime { start_time }, true).await?;
        if consumer.cached_info().num_pending == 0 {
            return Ok(None);
        }
        let mut messages = consumer.messages().await.map_err(|error| nats("a search for an event", error))?;
        let wanted = id.to_string();
        while let Some(message) = messages.next().await {
            let message = message.map_err(|error| nats("a search for an event", error))?;
            let info = message.info().map_err(|source| BusError::Nats { what: "a search for an event", source })?;
            let named = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id"));
            if named.is_some_and(|name| name.as_str() == wanted) {
                return Ok(Some(info.stream_sequence));
            }
            if info.pending == 0 {
                return Ok(None);
            }
        }
        Ok(None)
    }

    async fn reader(
        &self,
        subject: &str,
        deliver_policy: DeliverPolicy,
        headers_only: bool,
    ) -> Result<Consumer<OrderedConfig>, BusError> {
        let filter_subject = format!("{}{subject}", self.prefix);
        let config = OrderedConfig { filter_subject, deliver_policy, headers_only, ..Default::default() };
        let created = self.jetstream.create_consumer_on_stream(config, &self.stream).await;
        created.map_err(|error| nats("the subscription", error))
    }
}
