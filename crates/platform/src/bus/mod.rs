//! The bus: at least once, in the order of publication, to every durable consumer. Two kinds, chosen by URL:
//! `local:FILE` keeps a log in an SQLite file of this process, `nats://HOST:PORT` is JetStream.

mod local;
mod local_live;
mod nats;
mod nats_live;

use std::{collections::HashMap, time::Duration};

use events::Envelope;
use futures::stream::BoxStream;
use kernel::{Clock, EventId};
use thiserror::Error;

pub use local::LocalBus;
pub(crate) use nats::DUPLICATE_WINDOW;
pub use nats::NatsBus;

#[derive(Debug, Error)]
pub enum BusError {
    #[error("the bus URL must start with local: or nats:")]
    UnknownScheme,
    #[error("the local bus cannot use its file")]
    Local(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{file} belongs to another process that runs: stop it, or give this one a --data-dir of its own")]
    InUse { file: String },
    #[error("NATS at {server} cannot be reached")]
    Connect { server: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error(
        "NATS server {found} is too old: Pipewright needs 2.10 or later, whose consumers filter by several subjects"
    )]
    TooOld { found: String },
    /// This event can never pass; the others can.
    #[error("event {id} is larger than the bus takes")]
    TooLarge { id: EventId },
    /// Whoever wants to go on after it has missed what nobody can tell.
    #[error("no event {id} is kept here, so nobody knows what came after it: begin anew")]
    Forgotten { id: EventId },
    #[error("NATS refused {what}")]
    Nats { what: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}

impl From<sqlx::Error> for BusError {
    fn from(error: sqlx::Error) -> Self {
        Self::Local(Box::new(error))
    }
}

/// Where events travel. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Bus {
    Local(LocalBus),
    Nats(Box<NatsBus>),
}

/// One event for one consumer.
#[derive(Debug)]
pub struct Delivery {
    pub envelope: Envelope,
    /// From 1.
    pub attempt: u32,
    token: Token,
}

#[derive(Debug)]
enum Token {
    Local(i64),
    Nats(Box<async_nats::jetstream::Message>),
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    Done,
    /// Deliver again after this long.
    Retry(Duration),
}

/// A durable consumer's end of the bus.
#[derive(Debug)]
pub enum Consumer {
    Local(local::LocalConsumer),
    Nats(Box<nats::NatsConsumer>),
}

impl Bus {
    /// Opens `local:FILE`, `local::memory:` or `nats://HOST:PORT[?stream=NAME&prefix=TEXT]`.
    pub async fn connect(url: &str, clock: Clock) -> Result<Self, BusError> {
        if let Some(file) = url.strip_prefix("local:") {
            Ok(Self::Local(LocalBus::open(file, clock).await?))
        } else if url.starts_with("nats:") || url.starts_with("tls:") {
            Ok(Self::Nats(Box::new(NatsBus::connect(url).await?)))
        } else {
            Err(BusError::UnknownScheme)
        }
    }

    /// Returns once every event is stored. Events the bus already has, by id, are dropped.
    ///
    /// # Errors
    /// [`BusError::TooLarge`] names one event to leave out; any other error is no single event's fault. Some
    /// of the events may have been stored.
    pub async fn publish(&self, envelopes: &[Envelope]) -> Result<(), BusError> {
        match self {
            Self::Local(bus) => bus.publish(envelopes).await,
            Self::Nats(bus) => bus.publish(envelopes).await,
        }
    }

    /// Creates the durable consumer `name`, or finds it where it left off.
    pub async fn consumer(&self, name: &'static str, subjects: &[&str]) -> Result<Consumer, BusError> {
        Ok(match self {
            Self::Local(bus) => Consumer::Local(bus.consumer(name, subjects).await?),
            Self::Nats(bus) => Consumer::Nats(Box::new(bus.consumer(name, subjects).await?)),
        })
    }

    /// Events as they pass, from now on or, for who was away, from what followed `after`: in order, none left out and none
    /// twice, or the stream ends. The bus keeps them for seven days.
    ///
    /// # Errors
    /// [`BusError::Forgotten`] if the bus does not have `after` under this subject, or no longer.
    pub async fn live(
        &self,
        subject: &'static str,
        after: Option<EventId>,
    ) -> Result<BoxStream<'static, Envelope>, BusError> {
        match self {
            Self::Local(bus) => bus.live(subject, after).await,
            Self::Nats(bus) => bus.live(subject, after).await,
        }
    }

    /// Events that `consumer` has not settled, for each consumer named.
    pub async fn backlog(&self, consumers: &[&'static str]) -> Result<HashMap<&'static str, u64>, BusError> {
        match self {
            Self::Local(bus) => bus.backlog(consumers).await,
            Self::Nats(bus) => bus.backlog(consumers).await,
        }
    }
}

impl Consumer {
    /// Up to `max` deliveries; waits up to `wait` for the first.
    pub async fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Delivery>, BusError> {
        match self {
            Self::Local(consumer) => consumer.fetch(max, wait).await,
            Self::Nats(consumer) => consumer.fetch(max, wait).await,
        }
    }

    /// Tells the bus what became of deliveries of this consumer.
    pub async fn settle(&mut self, settled: Vec<(Delivery, Settle)>) -> Result<(), BusError> {
        match self {
            Self::Local(consumer) => consumer.settle(settled).await,
            Self::Nats(consumer) => consumer.settle(settled).await,
        }
    }
}
