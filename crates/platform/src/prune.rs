//! Marks that nobody will ask for again are taken away. The outbox stays: it is the record.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use kernel::Clock;
use uuid::Uuid;

use crate::{
    Db, execute,
    service::{Job, JobRun, ServiceContext},
};

/// Longer than a bus keeps an event, and than a client tries again.
const KEPT: TimeDelta = TimeDelta::days(30);
const EVERY: Duration = Duration::from_secs(3600);
/// Rows of each table taken away at a time.
const BATCH: i64 = 5_000;

pub(crate) fn job(context: &ServiceContext) -> Job {
    let (db, clock) = (context.db.clone(), context.clock.clone());
    let run = Arc::new(move || -> JobRun {
        let (db, clock) = (db.clone(), clock.clone());
        Box::pin(async move { Ok(prune(&db, &clock).await?) })
    });
    Job { name: "prune", every: EVERY, run }
}

async fn prune(db: &Db, clock: &Clock) -> Result<bool, sqlx::Error> {
    const INBOX: &str = "delete from inbox where (handler, event_id) in \
        (select handler, event_id from inbox where handled_at < $1 order by handled_at limit $2)";
    const KEYS: &str = "delete from idempotency_key where result_id in \
        (select result_id from idempotency_key where result_id < $1 order by result_id limit $2)";
    let before = clock.now() - KEPT;
    // Ids begin with their time.
    let made_before = Uuid::from_u128(u128::try_from(before.timestamp_millis()).unwrap_or_default() << 80);
    let mut tx = db.everywhere().begin().await?;
    let marks = execute!(tx, sqlx::query(INBOX).bind(before).bind(BATCH))?;
    let keys = execute!(tx, sqlx::query(KEYS).bind(made_before).bind(BATCH))?;
    tx.commit().await?;
    Ok(marks + keys > 0)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{AccountId, Actor};
    use sqlx::migrate::Migrator;

    use super::*;
    use crate::{
        db::Migrations,
        idempotency::{Request, made_before},
        with_db,
    };

    static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;

    async fn old_marks_and_keys_go_and_young_ones_stay(url: &str) {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH + TimeDelta::days(20_000), 1);
        let db = Db::connect(url).await.unwrap();
        Migrations::new(&NO_MIGRATIONS).apply(&db).await.unwrap();
        let actor = Actor::system(clock.id(), "test");
        let mark = "insert into inbox (handler, event_id, handled_at) values ('h', $1, $2)";
        for key in ["old", "young"] {
            clock.advance(TimeDelta::days(20));
            let mut tx = db.of(actor.workspace).begin().await.unwrap();
            execute!(tx, sqlx::query(mark).bind(clock.id::<kernel::EventId>()).bind(clock.now())).unwrap();
            let request = Request { operation: "make", key: Some(key), input: &serde_json::json!({}) };
            let before = made_before(&mut tx, &actor, request, clock.id::<AccountId>()).await;
            assert_eq!(before.unwrap(), None);
            tx.commit().await.unwrap();
        }
        clock.advance(TimeDelta::days(20));
        assert!(prune(&db, &clock).await.unwrap());
        assert!(!prune(&db, &clock).await.unwrap());
        let marks: i64 =
            with_db!(db, pool => sqlx::query_scalar("select count(*) from inbox").fetch_one(pool).await).unwrap();
        let keys: Vec<String> =
            with_db!(db.of(actor.workspace), pool => sqlx::query_scalar("select key from idempotency_key").fetch_all(pool).await).unwrap();
        assert_eq!((marks, keys), (1, vec!["test young".to_owned()]));
    }

    #[tokio::test]
    async fn sqlite() {
        old_marks_and_keys_go_and_young_ones_stay("sqlite::memory:").await;
    }

    #[tokio::test]
    async fn postgres() {
        let database = testkit::postgres_database().await;
        old_marks_and_keys_go_and_young_ones_stay(&database.url).await;
    }
}
