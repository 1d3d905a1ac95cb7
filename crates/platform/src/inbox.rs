//! Handling an event once in effect: the mark `(handler, event)` is written in the same transaction as what
//! the handler does. A batch shares one transaction; if any event in it fails, each gets its own, so that one
//! bad event holds nobody up.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use events::{Envelope, PayloadError};
use kernel::{EventId, Timestamp};
use sqlx::{FromRow, QueryBuilder, types::Json};
use thiserror::Error;

use crate::{
    Db, Outbox, Tx,
    bus::{Delivery, Settle},
    db::push_rows,
    execute, with_db, with_tx,
};

/// Attempts before an event becomes a dead letter; with [`backoff`] not quite two minutes.
pub const MAX_ATTEMPTS: u32 = 10;

/// Deliveries after which an event is buried unseen: it was never answered for, so it ends the process each time.
const MAX_DELIVERIES: u32 = 2 * MAX_ATTEMPTS;

/// Why a handler did not take an event.
#[derive(Debug, Error)]
pub enum HandleError {
    /// What it needs has not arrived yet: try again later.
    #[error("too early: {0}")]
    NotYet(&'static str),
    #[error("database")]
    Db(#[from] sqlx::Error),
    /// Trying again cannot help.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error("{0}")]
    Other(String),
}

/// The database does not answer: nothing can be said about the events, and they are not to blame.
#[derive(Debug, Error)]
#[error("the database is not there")]
pub struct Outage(#[source] HandleError);

impl HandleError {
    fn is_final(&self) -> bool {
        matches!(self, Self::Payload(_))
    }

    fn is_outage(&self) -> bool {
        use sqlx::Error;
        match self {
            Self::Db(Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed) => {
                true
            }
            // PostgreSQL: connection lost, out of resources, shutting down or starting.
            Self::Db(Error::Database(error)) => error
                .code()
                .is_some_and(|code| code.len() == 5 && ["08", "53", "57P"].iter().any(|c| code.starts_with(c))),
            _ => false,
        }
    }
}

/// What a service does with what others tell it. All effects go through `tx`.
#[async_trait]
pub trait EventHandler: Send + Sync {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError>;
}

/// A named subscription of a service.
#[derive(Clone)]
pub struct Handler {
    /// Unique in the platform; the durable consumer and the inbox rows carry it.
    pub name: &'static str,
    /// Event types, without wildcards.
    pub subjects: &'static [&'static str],
    pub apply: Arc<dyn EventHandler>,
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handler({})", self.name)
    }
}

/// Seconds before attempt `attempt + 1`: 0.2, 0.4, 0.8 … at most 120.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(200 << attempt.min(16).saturating_sub(1)).min(Duration::from_secs(120))
}

/// Runs one handler over deliveries of the bus.
#[derive(Debug, Clone)]
pub struct Inbox {
    handler: Handler,
    db: Db,
    outbox: Outbox,
}

/// An event that its handler gave up on.
#[derive(Debug, Clone, FromRow)]
pub struct DeadLetter {
    pub handler: String,
    pub event_id: EventId,
    pub envelope: Json<Envelope>,
    pub error: String,
    pub attempts: i64,
}

impl DeadLetter {
    pub(crate) fn new(handler: &str, envelope: Envelope, error: String, attempts: u32) -> Self {
        let (handler, event_id, attempts) = (handler.to_owned(), envelope.id, i64::from(attempts));
        Self { handler, event_id, envelope: Json(envelope), error, attempts }
    }
}

impl Inbox {
    pub fn new(handler: Handler, db: Db, outbox: Outbox) -> Self {
        Self { handler, db, outbox }
    }

    pub fn handler(&self) -> &Handler {
        &self.handler
    }

    /// Handles a batch and says what to tell the bus about each delivery.
    ///
    /// # Errors
    /// When the database is away. Hold the deliveries and call again, so that the outage does not use up their
    /// attempts: what was handled already is known by its mark.
    pub async fn take(&self, deliveries: &[Delivery]) -> Result<Vec<Settle>, Outage> {
        let suspects = deliveries.iter().any(|delivery| delivery.attempt > MAX_DELIVERIES);
        let envelopes: Vec<&Envelope> = deliveries.iter().map(|delivery| &delivery.envelope).collect();
        if !suspects {
            match self.apply(&envelopes).await {
                Ok(()) => return Ok(vec![Settle::Done; deliveries.len()]),
                Err(error) if error.is_outage() => return Err(Outage(error)),
                Err(error) if deliveries.len() == 1 => {
                    return Ok(vec![self.settle_failure(&deliveries[0], error).await]);
                }
                Err(_) => {}
            }
        }
        let mut settled = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            settled.push(self.take_one(delivery).await?);
        }
        Ok(settled)
    }

    async fn take_one(&self, delivery: &Delivery) -> Result<Settle, Outage> {
        if delivery.attempt > MAX_DELIVERIES {
            let error = HandleError::Other("every attempt ended without an answer".to_owned());
            return Ok(self.settle_failure(delivery, error).await);
        }
        match self.apply(&[&delivery.envelope]).await {
            Ok(()) => Ok(Settle::Done),
            Err(error) if error.is_outage() => Err(Outage(error)),
            Err(error) => Ok(self.settle_failure(delivery, error).await),
        }
    }

    async fn settle_failure(&self, delivery: &Delivery, error: HandleError) -> Settle {
        let Delivery { envelope, attempt, .. } = delivery;
        let (handler, event, kind) = (self.handler.name, envelope.id, &envelope.r#type);
        if !error.is_final() && *attempt < MAX_ATTEMPTS {
            tracing::debug!(handler, %event, kind, attempt, %error, "event postponed");
            return Settle::Retry(backoff(*attempt));
        }
        match self.bury(envelope, *attempt, &error).await {
            Ok(()) => {
                tracing::error!(handler, %event, kind, attempt, error = &error as &dyn std::error::Error, "event is a dead letter");
                metrics::counter!("pipewright_dead_letters_total", "handler" => handler).increment(1);
                Settle::Done
            }
            Err(_) => Settle::Retry(backoff(*attempt)),
        }
    }

    async fn apply(&self, envelopes: &[&Envelope]) -> Result<(), HandleError> {
        let Some(first) = envelopes.first() else { return Ok(()) };
        let mut tx = self.db.of(first.workspace).begin().await?;
        let mut fresh = self.mark(&mut tx, envelopes).await?;
        let handled = fresh.len();
        for envelope in envelopes {
            // Taken out, since a batch can hold one event twice.
            if fresh.remove(&envelope.id) {
                tx.turn_to(envelope.workspace).await?;
                self.handler.apply.handle(&mut tx, envelope).await?;
            }
        }
        self.outbox.commit(tx).await?;
        metrics::counter!("pipewright_events_handled_total", "handler" => self.handler.name).increment(handled as u64);
        Ok(())
    }

    /// Leaves the marks and returns the events that had none.
    async fn mark(&self, tx: &mut Tx, envelopes: &[&Envelope]) -> Result<HashSet<EventId>, sqlx::Error> {
        let now = self.outbox.now();
        let fresh: Vec<EventId> = with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("insert into inbox (handler, event_id, handled_at) ");
            push_rows(&mut query, envelopes, |mut row, envelope| {
                row.push_bind(self.handler.name).push_bind(envelope.id).push_bind(now);
            });
            query.push(" on conflict do nothing returning event_id");
            query.build_query_scalar().persistent(false).fetch_all(conn).await?
        });
        Ok(fresh.into_iter().collect())
    }

    async fn bury(&self, envelope: &Envelope, attempts: u32, error: &HandleError) -> Result<(), sqlx::Error> {
        let mut tx = self.db.begin().await?;
        let letter = DeadLetter::new(self.handler.name, envelope.clone(), error.to_string(), attempts);
        bury(&mut tx, &letter, self.outbox.now()).await?;
        tx.commit().await
    }

    /// Hands a dead letter to its handler again; it is gone when that succeeds.
    pub async fn revive(&self, letter: &DeadLetter) -> Result<(), HandleError> {
        const SQL: &str = "delete from dead_letter where handler = $1 and event_id = $2";
        self.apply(&[&letter.envelope.0]).await?;
        let mut tx = self.db.begin().await?;
        execute!(tx, sqlx::query(SQL).bind(self.handler.name).bind(letter.event_id))?;
        Ok(tx.commit().await?)
    }
}

pub(crate) async fn bury(tx: &mut Tx, letter: &DeadLetter, now: Timestamp) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into dead_letter (handler, event_id, envelope, error, attempts, died_at) \
        values ($1, $2, $3, $4, $5, $6) \
        on conflict (handler, event_id) do update set error = excluded.error, attempts = excluded.attempts";
    let DeadLetter { handler, event_id, envelope, error, attempts } = letter;
    execute!(tx, sqlx::query(SQL).bind(handler).bind(event_id).bind(envelope).bind(error).bind(attempts).bind(now))?;
    Ok(())
}

/// The dead letters of a service, oldest first.
pub async fn dead_letters(db: &Db, limit: i64) -> Result<Vec<DeadLetter>, sqlx::Error> {
    const SQL: &str =
        "select handler, event_id, envelope, error, attempts from dead_letter order by died_at, event_id limit $1";
    with_db!(db, pool => sqlx::query_as(SQL).bind(limit).fetch_all(pool).await)
}
