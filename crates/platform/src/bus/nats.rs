//! The bus over NATS JetStream: one stream, a durable pull consumer per handler, deduplication by event id.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::{
    self, AckKind,
    consumer::{PullConsumer, pull},
    message::PublishMessage,
    stream,
};
use events::Envelope;
use futures::{StreamExt, future::try_join_all, stream::BoxStream};
use tokio::time::{Instant, timeout_at};

use super::{BusError, Delivery, Settle, Token};

const DEFAULT_STREAM: &str = "PIPEWRIGHT";
/// How long JetStream remembers event ids.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);
/// How long an attempt may take before its event is delivered again.
const ACK_WAIT: Duration = Duration::from_secs(30);
/// Publishes in flight at once.
const PUBLISH_WINDOW: usize = 256;
/// How long the server keeps a request for messages; bounds how late a consumer asks again after the server
/// forgot it in a restart.
const REQUEST_EXPIRES: Duration = Duration::from_secs(2);
/// Less is no time for an answer.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
/// How long a batch may pause between messages before it is handed on as it is.
const LINGER: Duration = Duration::from_millis(2);

#[derive(Debug, Clone)]
pub struct NatsBus {
    client: async_nats::Client,
    jetstream: jetstream::Context,
    stream: String,
    /// Put before every subject, so that several platforms can share one server.
    prefix: String,
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
        let jetstream = jetstream::new(client.clone());
        jetstream
            .get_or_create_stream(stream::Config {
                name: stream.clone(),
                subjects: vec![format!("{prefix}crm.>")],
                duplicate_window: DUPLICATE_WINDOW,
                // Days, not minutes: enough for a consumer that was away; older history is in the outboxes.
                max_age: Duration::from_secs(7 * 24 * 3600),
                ..Default::default()
            })
            .await
            .map_err(|error| nats("the stream", error))?;
        Ok(Self { client, jetstream, stream, prefix })
    }

    pub async fn publish(&self, envelopes: &[Envelope]) -> Result<(), BusError> {
        for window in envelopes.chunks(PUBLISH_WINDOW) {
            // Sent in order, acknowledged together.
            let mut acknowledgements = Vec::with_capacity(window.len());
            for envelope in window {
                let payload = serde_json::to_vec(envelope).map_err(|error| nats("an event", error))?;
                let message = PublishMessage::build().payload(payload.into()).message_id(envelope.id.to_string());
                let subject = format!("{}{}", self.prefix, envelope.r#type);
                acknowledgements.push(
                    self.jetstream.send_publish(subject, message).await.map_err(|error| nats("an event", error))?,
                );
            }
            try_join_all(acknowledgements.into_iter().map(IntoFuture::into_future))
                .await
                .map_err(|error| nats("an event", error))?;
        }
        Ok(())
    }

    pub async fn consumer(&self, name: &'static str, subjects: &[&str]) -> Result<NatsConsumer, BusError> {
        let config = pull::Config {
            durable_name: Some(name.to_owned()),
            filter_subjects: subjects.iter().map(|subject| format!("{}{subject}", self.prefix)).collect(),
            ack_wait: ACK_WAIT,
            // The inbox alone gives an event up, visibly; the server would drop it without a word.
            max_deliver: -1,
            max_ack_pending: 10_000,
            ..Default::default()
        };
        let consumer = self
            .jetstream
            .create_consumer_on_stream(config, &self.stream)
            .await
            .map_err(|error| nats("the consumer", error))?;
        Ok(NatsConsumer { consumer, request: None })
    }

    pub async fn live(&self, subject: &'static str) -> Result<BoxStream<'static, Envelope>, BusError> {
        let subscriber = self
            .client
            .subscribe(format!("{}{subject}", self.prefix))
            .await
            .map_err(|error| nats("the subscription", error))?;
        Ok(subscriber.filter_map(|message| std::future::ready(serde_json::from_slice(&message.payload).ok())).boxed())
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
    consumer: PullConsumer,
    /// Kept from fetch to fetch until the server ends it: what is on its way to a request that was dropped is
    /// lost to us, and comes again only after [`ACK_WAIT`].
    request: Option<pull::Batch>,
}

impl NatsConsumer {
    pub async fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Delivery>, BusError> {
        let deadline = Instant::now() + wait.max(SHORTEST_WAIT);
        let mut deliveries = Vec::new();
        while deliveries.len() < max {
            // Waits for the first message only; then takes what is already there.
            let until = if deliveries.is_empty() { deadline } else { Instant::now() + LINGER };
            let Ok(message) = timeout_at(until, self.next(max)).await else { break };
            let message = message?;
            let attempt = message.info().map_or(1, |info| u32::try_from(info.delivered).unwrap_or(u32::MAX));
            match serde_json::from_slice(&message.payload) {
                Ok(envelope) => deliveries.push(Delivery { envelope, attempt, token: Token::Nats(Box::new(message)) }),
                Err(error) => {
                    tracing::error!(subject = %message.subject, %error, "a message that is not an event was dropped");
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
                    let request = self.consumer.batch().max_messages(max).expires(REQUEST_EXPIRES).messages();
                    self.request.insert(request.await.map_err(|error| nats("a fetch", error))?)
                }
            };
            match request.next().await {
                Some(Ok(message)) => return Ok(message),
                Some(Err(source)) => {
                    self.request = None;
                    return Err(BusError::Nats { what: "a fetch", source });
                }
                None => self.request = None,
            }
        }
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
        f.debug_struct("NatsConsumer").field("consumer", &self.consumer).finish_non_exhaustive()
    }
}

fn nats(what: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> BusError {
    BusError::Nats { what, source: Box::new(error) }
}

fn without_password(server: &str) -> String {
    match (server.split_once("://"), server.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => server.to_owned(),
    }
}
