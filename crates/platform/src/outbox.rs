//! A change's events are rows in the same transaction as the change; the relay carries them to the bus
//! afterwards. State without its events cannot be saved, and an event of a change that failed cannot escape.

use std::sync::Arc;

use chrono::TimeDelta;
use events::{Envelope, Event};
use kernel::{Actor, Clock, EventId, Timestamp, id::TypedId};
use sqlx::{FromRow, PgConnection, QueryBuilder, SqliteConnection, types::Json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    Db, Tx,
    bus::{Bus, BusError},
    db::{TxInner, push_in_ids, push_rows},
    execute,
    inbox::{self, DeadLetter},
    with_db, with_tx,
};

/// How dead letters of the relay are called.
const RELAY: &str = "relay";
/// Rows the relay carries at a time.
const RELAY_BATCH: i64 = 500;
/// Rows one statement writes; nine-tenths of SQLite's limit on binds would allow more, memory is the bound.
const WRITE_BATCH: usize = 500;

/// On whose behalf a change happens, and the event it follows from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub actor: &'a Actor,
    pub cause: Option<&'a Envelope>,
}

impl<'a> From<&'a Actor> for Origin<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self { actor, cause: None }
    }
}

impl<'a> Origin<'a> {
    pub fn caused_by(actor: &'a Actor, cause: &'a Envelope) -> Self {
        Self { actor, cause: Some(cause) }
    }
}

/// The events of one change, waiting to be saved with it.
#[derive(Debug)]
pub struct Events<'a> {
    outbox: &'a Outbox,
    origin: Origin<'a>,
    envelopes: Vec<Envelope>,
    error: Option<serde_json::Error>,
}

impl Events<'_> {
    pub fn push<E: Event>(&mut self, event: &E) {
        let Outbox { service, clock, .. } = self.outbox;
        match Envelope::wrap(service, clock.id(), clock.now(), self.origin.actor, self.origin.cause, event) {
            Ok(envelope) => self.envelopes.push(envelope),
            Err(error) => self.error = Some(error),
        }
    }

    /// Writes the rows. The relay is woken by [`Outbox::wake`] once the transaction has committed.
    pub async fn save(self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        if let Some(error) = self.error {
            return Err(sqlx::Error::Encode(Box::new(error)));
        }
        for chunk in self.envelopes.chunks(WRITE_BATCH) {
            match tx.inner() {
                TxInner::Postgres(tx) => insert_arrays(tx, chunk).await?,
                TxInner::Sqlite(tx) => insert_rows(tx, chunk).await?,
            }
        }
        Ok(())
    }
}

/// One statement for any number of rows, which PostgreSQL parses and plans once.
async fn insert_arrays(conn: &mut PgConnection, envelopes: &[Envelope]) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into outbox (id, type, envelope, created_at) \
        select * from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::timestamptz[])";
    let ids: Vec<Uuid> = envelopes.iter().map(|envelope| envelope.id.uuid()).collect();
    let types: Vec<&str> = envelopes.iter().map(|envelope| envelope.r#type.as_str()).collect();
    let data: Vec<Json<&Envelope>> = envelopes.iter().map(Json).collect();
    let times: Vec<Timestamp> = envelopes.iter().map(|envelope| envelope.time).collect();
    sqlx::query(SQL).bind(ids).bind(types).bind(data).bind(times).execute(conn).await?;
    Ok(())
}

async fn insert_rows(conn: &mut SqliteConnection, envelopes: &[Envelope]) -> Result<(), sqlx::Error> {
    let mut query = QueryBuilder::new("insert into outbox (id, type, envelope, created_at) ");
    push_rows(&mut query, envelopes, |mut row, envelope| {
        row.push_bind(envelope.id)
            .push_bind(envelope.r#type.as_str())
            .push_bind(Json(envelope))
            .push_bind(envelope.time);
    });
    // One event is what most changes have, a whole batch what every stretch of an import has.
    query.build().persistent(matches!(envelopes.len(), 1 | WRITE_BATCH)).execute(conn).await?;
    Ok(())
}

/// A service's outbox. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    service: &'static str,
    db: Db,
    clock: Clock,
    wake: Arc<Notify>,
}

#[derive(FromRow)]
struct Row {
    envelope: Json<Envelope>,
}

impl Outbox {
    pub fn new(service: &'static str, db: Db, clock: Clock) -> Self {
        Self { service, db, clock, wake: Arc::default() }
    }

    pub fn events<'a>(&'a self, origin: Origin<'a>) -> Events<'a> {
        Events { outbox: self, origin, envelopes: Vec::new(), error: None }
    }

    /// Tells the relay that something was committed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Commits, then wakes the relay: how every change ends.
    pub async fn commit(&self, tx: Tx) -> Result<(), sqlx::Error> {
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Carries one batch to the bus and marks it. Published twice, should the mark be lost in a crash, an
    /// event keeps its id: the bus drops the second, and so does every inbox.
    ///
    /// Returns how many rows were carried, or set aside.
    pub async fn relay(&self, bus: &Bus) -> Result<usize, RelayError> {
        let mut envelopes = self.unpublished().await?;
        if envelopes.is_empty() {
            return Ok(0);
        }
        let mut tx = match bus.publish(&envelopes).await {
            Err(BusError::TooLarge { id }) => {
                if let Some(at) = envelopes.iter().position(|envelope| envelope.id == id) {
                    return self.set_aside(envelopes.swap_remove(at)).await;
                }
                return Err(BusError::TooLarge { id }.into());
            }
            published => {
                published?;
                self.db.begin().await?
            }
        };
        self.mark(&mut tx, envelopes.iter().map(|envelope| envelope.id)).await?;
        tx.commit().await?;
        Ok(envelopes.len())
    }

    /// An event that the bus can never take becomes a dead letter of the relay, and the others go on.
    async fn set_aside(&self, envelope: Envelope) -> Result<usize, RelayError> {
        let (service, event, kind) = (self.service, envelope.id, envelope.r#type.clone());
        let error = BusError::TooLarge { id: event };
        let mut tx = self.db.begin().await?;
        let letter = DeadLetter::new(RELAY, envelope, error.to_string(), 1);
        inbox::bury(&mut tx, &letter, self.clock.now()).await?;
        self.mark(&mut tx, [event]).await?;
        tx.commit().await?;
        tracing::error!(service, %event, kind, %error, "event is a dead letter");
        metrics::counter!("pipewright_dead_letters_total", "handler" => RELAY).increment(1);
        Ok(1)
    }

    async fn mark(&self, tx: &mut Tx, ids: impl IntoIterator<Item = EventId>) -> Result<(), sqlx::Error> {
        with_tx!(tx, conn => {
            let mut query = QueryBuilder::new("update outbox set published_at = ");
            query.push_bind(self.clock.now()).push(" where id");
            push_in_ids(&mut query, ids);
            query.build().execute(conn).await?;
        });
        Ok(())
    }

    async fn unpublished(&self) -> Result<Vec<Envelope>, sqlx::Error> {
        const SQL: &str = "select envelope from outbox where published_at is null order by id limit $1";
        let rows: Vec<Row> = with_db!(self.db, pool => sqlx::query_as(SQL).bind(RELAY_BATCH).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|row| row.envelope.0).collect())
    }

    /// Marks as unpublished what was published within the last `within`: a power cut may have taken from the
    /// bus what it had acknowledged and not yet flushed to disk. What is there already is dropped by its id.
    pub async fn publish_again(&self, within: TimeDelta) -> Result<u64, sqlx::Error> {
        const SQL: &str = "update outbox set published_at = null where id > $1 and published_at > $2";
        let since = self.clock.now() - within;
        // Ids begin with their time, and few events wait long: so the primary key spares reading the table.
        let made_since = u128::try_from((since - TimeDelta::days(1)).timestamp_millis()).unwrap_or_default();
        let mut tx = self.db.begin().await?;
        let count = execute!(tx, sqlx::query(SQL).bind(Uuid::from_u128(made_since << 80)).bind(since))?;
        tx.commit().await?;
        Ok(count)
    }

    /// Events waiting for the relay.
    pub async fn depth(&self) -> Result<i64, sqlx::Error> {
        const SQL: &str = "select count(*) from outbox where published_at is null";
        with_db!(self.db, pool => sqlx::query_scalar(SQL).fetch_one(pool).await)
    }

    /// A page of everything ever published, oldest first, for a consumer that builds itself anew. `after` is
    /// the id of the last event of the page before.
    pub async fn history(&self, after: Option<EventId>, limit: i64) -> Result<Vec<Envelope>, sqlx::Error> {
        const SQL: &str = "select envelope from outbox where id > $1 order by id limit $2";
        let after = after.unwrap_or_else(|| EventId::from(Uuid::nil()));
        let rows: Vec<Row> =
            with_db!(self.db, pool => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|row| row.envelope.0).collect())
    }

    /// Time as this service's events are stamped with it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the outbox cannot be read or marked")]
    Db(#[from] sqlx::Error),
    #[error("the bus does not take events")]
    Bus(#[from] BusError),
}
