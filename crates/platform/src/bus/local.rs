//! The bus inside one process, with JetStream's semantics: a log, a cursor and a list of unsettled deliveries
//! per consumer. SQLite's single writer makes sequence order the order of commits.

use std::{
    collections::HashMap,
    fs::{File, TryLockError},
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use events::Envelope;
use kernel::{Clock, EventId};
use sqlx::{FromRow, QueryBuilder, Sqlite, SqlitePool, types::Json};
use tokio::sync::{Mutex, Notify, broadcast};
use uuid::Uuid;

use super::{BusError, Delivery, Settle, Token};
use crate::{
    Db,
    db::{Writer, push_in_texts},
};

/// How long an attempt may take before its event is delivered again.
const LEASE: Duration = Duration::from_secs(30);
/// How long the log keeps what every consumer has settled, as on NATS; older history is in the outboxes.
const KEPT: TimeDelta = TimeDelta::days(7);
/// Live events a slow subscriber may lag behind before it reads them in the log.
const LIVE_BUFFER: usize = 1024;

#[derive(Debug, Clone)]
pub struct LocalBus {
    pub(super) pool: SqlitePool,
    clock: Clock,
    published: Arc<Notify>,
    /// Each event with its place in the log.
    pub(super) live: broadcast::Sender<Arc<(i64, Envelope)>>,
    /// Held from the log to the last listener.
    telling: Arc<Mutex<()>>,
    /// Held, not read: as long as it is open, the file is ours.
    _lock: Option<Arc<File>>,
}

impl LocalBus {
    pub async fn open(file: &str, clock: Clock) -> Result<Self, BusError> {
        let db = Db::connect_rebuildable(file).await.map_err(|error| BusError::Local(Box::new(error)))?;
        let Writer::Sqlite(pool) = db.writer() else { return Err(BusError::UnknownScheme) };
        let lock = if file.starts_with(":memory:") { None } else { Some(Arc::new(lock(file)?)) };
        sqlx::raw_sql(include_str!("schema.sql")).execute(pool).await?;
        // A lease does not outlive the process that took it.
        sqlx::query("update pending set due_at = 0").execute(pool).await?;
        let live = broadcast::channel(LIVE_BUFFER).0;
        let telling = Arc::default();
        let bus = Self { pool: pool.clone(), clock, published: Arc::default(), live, telling, _lock: lock };
        bus.forget_old().await?;
        Ok(bus)
    }

    async fn forget_old(&self) -> Result<(), sqlx::Error> {
        const SQL: &str = "delete from log where id < $1 and seq <= (select min(seq) from consumer) \
            and seq not in (select seq from pending)";
        // Ids begin with their time.
        let before = u128::try_from((self.clock.now() - KEPT).timestamp_millis()).unwrap_or_default() << 80;
        sqlx::query(SQL).bind(Uuid::from_u128(before)).execute(&self.pool).await?;
        Ok(())
    }

    pub async fn publish(&self, envelopes: &[Envelope]) -> Result<(), BusError> {
        let mut query = QueryBuilder::<Sqlite>::new("insert into log (id, subject, envelope) ");
        query.push_values(envelopes, |mut row, envelope| {
            row.push_bind(envelope.id).push_bind(envelope.r#type.clone()).push_bind(Json(envelope.clone()));
        });
        // An update that changes nothing gives the row.
        query.push(" on conflict (id) do update set subject = excluded.subject returning id, seq");
        // Whoever listens hears them in the order of the log.
        let _telling = self.telling.lock().await;
        let rows: Vec<(EventId, i64)> = query.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        let places: HashMap<EventId, i64> = rows.into_iter().collect();
        let mut told: Vec<_> =
            envelopes.iter().filter_map(|envelope| Some((*places.get(&envelope.id)?, envelope))).collect();
        told.sort_unstable_by_key(|(seq, _)| *seq);
        for (seq, envelope) in told {
            // Nobody listening is no error.
            let _ = self.live.send(Arc::new((seq, envelope.clone())));
        }
        self.published.notify_waiters();
        Ok(())
    }

    pub async fn consumer(&self, name: &'static str, subjects: &[&str]) -> Result<LocalConsumer, BusError> {
        sqlx::query("insert into consumer (name, seq) values ($1, 0) on conflict do nothing")
            .bind(name)
            .execute(&self.pool)
            .await?;
        Ok(LocalConsumer {
            bus: self.clone(),
            name,
            subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
        })
    }

    /// Counts what a consumer has still to read, whether or not it will match its subjects.
    pub async fn backlog(&self, consumers: &[&'static str]) -> Result<HashMap<&'static str, u64>, BusError> {
        const SQL: &str = "select name, (select count(*) from pending p where p.consumer = c.name) \
            + coalesce((select max(seq) from log), 0) - c.seq from consumer c";
        let rows: Vec<(String, i64)> = sqlx::query_as(SQL).fetch_all(&self.pool).await?;
        let counts: HashMap<String, i64> = rows.into_iter().collect();
        Ok(consumers.iter().map(|&name| (name, counts.get(name).map_or(0, |&count| count.unsigned_abs()))).collect())
    }
}

#[derive(Debug)]
pub struct LocalConsumer {
    bus: LocalBus,
    name: &'static str,
    subjects: Vec<String>,
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    attempt: i64,
    envelope: Json<Envelope>,
}

impl LocalConsumer {
    pub async fn fetch(&mut self, max: usize, wait: Duration) -> Result<Vec<Delivery>, BusError> {
        let published = self.bus.published.clone();
        let notified = published.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        let deliveries = self.claim(max).await?;
        if !deliveries.is_empty() || wait.is_zero() {
            return Ok(deliveries);
        }
        // A postponed event becomes due without anybody publishing.
        let _ = tokio::time::timeout(wait.min(Duration::from_millis(200)), notified).await;
        self.claim(max).await
    }

    pub async fn settle(&mut self, settled: Vec<(Delivery, Settle)>) -> Result<(), BusError> {
        let now = self.bus.clock.now().timestamp_micros();
        let mut done = Vec::with_capacity(settled.len());
        let mut tx = self.bus.pool.begin_with("begin immediate").await?;
        for (delivery, settle) in settled {
            let Token::Local(seq) = delivery.token else { continue };
            match settle {
                Settle::Done => done.push(seq),
                Settle::Retry(delay) => {
                    sqlx::query("update pending set due_at = $1 where consumer = $2 and seq = $3 and attempt = $4")
                        .bind(now.saturating_add(micros(delay)))
                        .bind(self.name)
                        .bind(seq)
                        .bind(i64::from(delivery.attempt))
                        .execute(&mut *tx)
                        .await?;
                }
            }
        }
        if !done.is_empty() {
            const SQL: &str = "delete from pending where consumer = $1 and seq in (select value from json_each($2))";
            sqlx::query(SQL).bind(self.name).bind(Json(done)).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Takes what is due and, if there is room, what is new, and leases it.
    async fn claim(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let now = self.bus.clock.now().timestamp_micros();
        if !self.has_work(now).await? {
            return Ok(Vec::new());
        }
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let mut tx = self.bus.pool.begin_with("begin immediate").await?;
        let mut rows: Vec<Row> = sqlx::query_as(
            "select p.seq, p.attempt + 1 as attempt, l.envelope from pending p join log l on l.seq = p.seq \
             where p.consumer = $1 and p.due_at <= $2 order by p.seq limit $3",
        )
        .bind(self.name)
        .bind(now)
        .bind(max)
        .fetch_all(&mut *tx)
        .await?;
        let room = max - i64::try_from(rows.len()).unwrap_or(max);
        if room > 0 {
            rows.extend(self.read_on(&mut tx, room).await?);
        }
        if !rows.is_empty() {
            let lease = now.saturating_add(micros(LEASE));
            let mut query = QueryBuilder::<Sqlite>::new("insert into pending (consumer, seq, attempt, due_at) ");
            query.push_values(&rows, |mut values, row| {
                values.push_bind(self.name).push_bind(row.seq).push_bind(row.attempt).push_bind(lease);
            });
            query.push(
                " on conflict (consumer, seq) do update set attempt = excluded.attempt, due_at = excluded.due_at",
            );
            query.build().persistent(false).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        let deliveries = rows.into_iter().map(|row| Delivery {
            envelope: row.envelope.0,
            attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
            token: Token::Local(row.seq),
        });
        Ok(deliveries.collect())
    }

    async fn has_work(&self, now: i64) -> Result<bool, sqlx::Error> {
        const SQL: &str = "select exists (select 1 from pending where consumer = $1 and due_at <= $2) \
            or coalesce((select max(seq) from log), 0) > (select seq from consumer where name = $1)";
        sqlx::query_scalar(SQL).bind(self.name).bind(now).fetch_one(&self.bus.pool).await
    }

    /// Reads up to `room` new matching events and moves the cursor over all that were looked at.
    async fn read_on(&self, tx: &mut sqlx::Transaction<'static, Sqlite>, room: i64) -> Result<Vec<Row>, sqlx::Error> {
        let cursor: i64 =
            sqlx::query_scalar("select seq from consumer where name = $1").bind(self.name).fetch_one(&mut **tx).await?;
        let end: i64 = sqlx::query_scalar("select coalesce(max(seq), 0) from log").fetch_one(&mut **tx).await?;
        let mut query = QueryBuilder::<Sqlite>::new("select seq, 1 as attempt, envelope from log where seq > ");
        query.push_bind(cursor).push(" and subject");
        push_in_texts(&mut query, self.subjects.iter().map(String::as_str));
        query.push(" order by seq limit ").push_bind(room);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
        // A full page may have left matching events behind; a short one has seen the end of the log.
        let full = rows.len() == usize::try_from(room).unwrap_or(usize::MAX);
        let seen = if full { rows.last().map_or(cursor, |row| row.seq) } else { end };
        sqlx::query("update consumer set seq = $1 where name = $2")
            .bind(seen)
            .bind(self.name)
            .execute(&mut **tx)
            .await?;
        Ok(rows)
    }
}

/// Two processes on one log would take each other's leases and hear nothing of each other's events. The lock ends
/// with the process, however it ends.
fn lock(file: &str) -> Result<File, BusError> {
    let local = |error: std::io::Error| BusError::Local(Box::new(error));
    let lock = File::create(format!("{file}.lock")).map_err(local)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(BusError::InUse { file: file.to_owned() }),
        Err(TryLockError::Error(error)) => Err(local(error)),
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
