//! The bus over NATS JetStream: one stream, a durable pull consumer per handler, deduplication by event id.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::{
    self, AckKind, ErrorCode,
    consumer::{PullConsumer, pull},
    context::{PublishError, PublishErrorKind},
    message::PublishMessage,
    stream,
};
use events::Envelope;
use futures::{FutureExt, StreamExt, future::try_join_all};
use kernel::EventId;
use tokio::time::{Instant, timeout_at};

use super::{BusError, Delivery, Settle, Token};

const DEFAULT_STREAM: &str = "PIPEWRIGHT";
/// How long JetStream remembers event ids: longer than what was published is published again.
pub(crate) const DUPLICATE_WINDOW: Duration = Duration::from_secs(600);
/// How long an attempt may take before its event is delivered again.
const ACK_WAIT: Duration = Duration::from_secs(30);
/// Publishes in flight at once.
const PUBLISH_WINDOW: usize = 256;
/// How long the server keeps a request for messages; bounds how late a consumer asks again after the server
/// forgot it in a restart.
const REQUEST_EXPIRES: Duration = Duration::from_secs(2);
/// Less is no time for an answer.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);

#[derive(Debug, Clone)]
pub struct NatsBus {
    pub(super) jetstream: jetstream::Context,
    pub(super) stream: String,
    /// Put before every subject, so that several platforms can share one server.
    pub(super) prefix: String,
}

impl NatsBus {
    pub async fn connect(url: &str) -> Result<Self, BusError> {
        let (server, options) = url.split_once('?').unwrap_or((url, ""));
        let option = |name: &str| {
            options
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let stream = option("stream").unwrap_or_else(|| DEFAULT_STREAM.to_owned());
        let prefix = option("prefix").map(|prefix| format!("{prefix}.")).unwrap_or_default();
        let connect = |source| BusError::Connect { server: without_password(server), source };
        let client = async_nats::ConnectOptions::new()
            .connection_timeout(Duration::from_secs(5))
            .connect(server)
            .await
            .map_err(|error| connect(Box::new(error)))?;
        if !client.is_server_compatible(2, 10, 0) {
            return Err(BusError::TooOld { found: client.server_info().version });
        }
        let bus = Self { jetstream: jetstream::new(client), stream, prefix };
        bus.create_stream().await?;
        Ok(bus)
    }

    /// Creates the stream unless it is there, as an operator may have set it up; ids it remembers as long as we need.
    async fn create_stream(&self) -> Result<(), BusError> {
        let config = stream::Config {
            name: self.stream.clone(),
            subjects: vec![format!("{}crm.>", self.prefix)],
            duplicate_window: DUPLICATE_WINDOW,
            // Days, not minutes: enough for a consumer that was away; older history is in the outboxes.
            max_age: Duration::from_secs(7 * 24 * 3600),
            ..Default::default()
        };
        let stream = self.jetstream.get_or_create_stream(config).await.map_err(|error| nats("the stream", error))?;
        let config = &stream.cached_info().config;
        if config.duplicate_window < DUPLICATE_WINDOW {
            let longer = stream::Config { duplicate_window: DUPLICATE_WINDOW, ..config.clone() };
            self.jetstream.update_stream(longer).await.map_err(|error| nats("the stream", error))?;
        }
        Ok(())
    }

    pub async fn publish(&self, envelopes: &[Envelope]) -> Result<(), BusError> {
        match self.try_publish(envelopes).await {
            // Somebody deleted the stream while we ran.
            Err(Unpublished::NoStream) => {
                self.create_stream().await?;
                Ok(self.try_publish(envelopes).await?)
            }
            published => Ok(published?),
        }
    }

    async fn try_publish(&self, envelopes: &[Envelope]) -> Result<(), Unpublished> {
        for window in envelopes.chunks(PUBLISH_WINDOW) {
            // Sent in order, acknowledged together.
            let mut acknowledgements = Vec::with_capacity(window.len());
            for envelope in window {
                let payload =
                    serde_json::to_vec(envelope).map_err(|error| Unpublished::Bus(nats("an event", error)))?;
                let message = PublishMessage::build().payload(payload.into()).message_id(envelope.id.to_string());
                let subject = format!("{}{}", self.prefix, envelope.r#type);
                // The client measures it against the server's `max_payload` before it sends.
                let sent = self.jetstream.send_publish(subject, message).await;
                let acknowledgement = sent.map_err(|error| unpublished(envelope.id, error))?;
                acknowledgements.push(async move {
                    acknowledgement.await.map(|_| ()).map_err(|error| unpublished(envelope.id, error))
                });
            }
            try_join_all(acknowledgements).await?;
        }
        Ok(())
    }

    pub async fn consumer(&self, name: &'static str, subjects: &[&str]) -> Result<NatsConsumer, BusError> {
        let subjects = subjects.iter().map(|subject| format!("{}{subject}", self.prefix)).collect();
        let mut consumer = NatsConsumer { bus: self.clone(), name, subjects, consumer: None, request: None };
        consumer.create().await?;
        Ok(consumer)
    }

    async fn create_consumer(&self, name: &str, subjects: &[String]) -> Result<PullConsumer, BusError> {
        let config = pull::Config {
            durable_name: Some(name.to_owned()),
            filter_subjects: subjects.to_vec(),
            ack_wait: ACK_WAIT,
            // The inbox alone gives an event up, visibly; the server would drop it without a word.
            max_deliver: -1,
            max_ack_pending: 10_000,
            ..Default::default()
        };
        let created = self.jetstream.create_consumer_on_stream(config, &self.stream).await;
        created.map_err(|error| nats("the consumer", error))
    }

    pub async fn backlog(&self, consumers: &[&'static str]) -> Result<HashMap<&'static str, u64>, BusError> {
        let mut counts = HashMap::new();
        for &name in consumers {
            let consumer: PullConsumer = self
                .jetstream
                .get_consumer_from_stream(name, &self.stream)
                .await
                .map_err(|error| nats("the consumer's state", error))?;
            let info = consumer.cached_info();
            counts.insert(name, info.num_pending + info.num_ack_pending as u64);
        }
        Ok(counts)
    }
}

pub struct NatsConsumer {
    bus: NatsBus,
    name: &'static str,
    subjects: Vec<String>,
    /// `None` after an error: somebody may have deleted it or its stream, so the next fetch creates both anew.
    /// What it then reads a second time, the inbox knows.
    consumer: Option<PullConsumer>,
    /// Kept from fetch to fetch until the server ends it: what is on its way to a request that was dropped is
    /// lost to us, and comes again only after [`ACK_WAIT`].
    request: Option<pull::Batch>,
}

impl NatsConsumer {
    pub async fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Delivery>, BusError> {
        let deadline = Instant::now() + wait.max(SHORTEST_WAIT);
        let mut deliveries = Vec::new();
        while deliveries.len() < max {
            // Waits for the first message only; then takes what is already there: what comes while a batch is
            // handled makes the next one.
            let first = deliveries.is_empty();
            let next = self.next(max);
            let message = if first { timeout_at(deadline, next).await.ok() } else { next.now_or_never() };
            let Some(message) = message else { break };
            let message = match message {
                Ok(message) => message,
                // What has arrived is not lost over it.
                Err(_) if !deliveries.is_empty() => break,
                Err(error) => return Err(error),
            };
            let attempt = message.info().map_or(1, |info| u32::try_from(info.delivered).unwrap_or(u32::MAX));
            match serde_json::from_slice(&message.payload) {
                Ok(envelope) => deliveries.push(Delivery { envelope, attempt, token: Token::Nats(Box::new(message)) }),
                Err(error) => {
                    // Its text would quote the message.
                    let (line, column) = (error.line(), error.column());
                    tracing::error!(subject = %message.subject, line, column, "a message that is not an event was dropped");
                    message
                        .ack_with(AckKind::Term)
                        .await
                        .map_err(|source| BusError::Nats { what: "an acknowledgement", source })?;
                }
            }
        }
        Ok(deliveries)
    }

    /// The next message, from a new request when the last has ended. Cancelled, it loses nothing.
    async fn next(&mut self, max: usize) -> Result<jetstream::Message, BusError> {
        loop {
            let request = match &mut self.request {
                Some(request) => request,
                None => {
                    let consumer = match &self.consumer {
                        Some(consumer) => consumer,
                        None => self.create().await?,
                    };
                    match consumer.batch().max_messages(max).expires(REQUEST_EXPIRES).messages().await {
                        Ok(request) => self.request.insert(request),
                        Err(error) => {
                            self.consumer = None;
                            return Err(nats("a fetch", error));
                        }
                    }
                }
            };
            match request.next().await {
                Some(Ok(message)) => return Ok(message),
                Some(Err(source)) => {
                    (self.request, self.consumer) = (None, None);
                    return Err(BusError::Nats { what: "a fetch", source });
                }
                None => self.request = None,
            }
        }
    }

    async fn create(&mut self) -> Result<&PullConsumer, BusError> {
        self.bus.create_stream().await?;
        let consumer = self.bus.create_consumer(self.name, &self.subjects).await?;
        Ok(self.consumer.insert(consumer))
    }

    pub async fn settle(&mut self, settled: Vec<(Delivery, Settle)>) -> Result<(), BusError> {
        for (delivery, settle) in settled {
            let Token::Nats(message) = delivery.token else { continue };
            let kind = match settle {
                Settle::Done => AckKind::Ack,
                Settle::Retry(delay) => AckKind::Nak(Some(delay)),
            };
            message.ack_with(kind).await.map_err(|source| BusError::Nats { what: "an acknowledgement", source })?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for NatsConsumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsConsumer").field("name", &self.name).finish_non_exhaustive()
    }
}

enum Unpublished {
    NoStream,
    Bus(BusError),
}

impl From<Unpublished> for BusError {
    fn from(unpublished: Unpublished) -> Self {
        match unpublished {
            Unpublished::NoStream => Self::Nats { what: "an event", source: "there is no stream".into() },
            Unpublished::Bus(error) => error,
        }
    }
}

fn unpublished(id: EventId, error: PublishError) -> Unpublished {
    match error.kind() {
        PublishErrorKind::StreamNotFound => Unpublished::NoStream,
        PublishErrorKind::MaxPayloadExceeded => Unpublished::Bus(BusError::TooLarge { id }),
        _ if exceeds_the_streams_limit(&error) => Unpublished::Bus(BusError::TooLarge { id }),
        _ => Unpublished::Bus(nats("an event", error)),
    }
}

/// An operator can set a stream's limit below the server's.
fn exceeds_the_streams_limit(error: &PublishError) -> bool {
    let told = std::error::Error::source(error).and_then(|source| source.downcast_ref::<jetstream::Error>());
    told.is_some_and(|error| error.error_code() == ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM)
}

pub(super) fn nats(what: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> BusError {
    BusError::Nats { what, source: Box::new(error) }
}

fn without_password(server: &str) -> String {
    match (server.split_once("://"), server.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => server.to_owned(),
    }
}
