//! A database from before accounts had several domains and sizes is brought up to date with what is in it.

use std::borrow::Cow;

use events::lead::{AccountSegmentChanged, SizeSegment};
use pipewright_lead::SERVICE;
use platform::{config::Secret, with_db};
use sqlx::migrate::{Migration, Migrator};
use testkit::ServiceTest;
use uuid::Uuid;

static ALL: Migrator = sqlx::migrate!("./migrations");

/// The service's migrations as they were before.
fn before() -> Migrator {
    let first: Vec<Migration> = ALL.iter().filter(|migration| migration.version < 6).cloned().collect();
    Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT }
}

const ACCOUNT: &str = "insert into account (id, workspace_id, version, name, name_key, domain, employees, created_at, updated_at) \
    values ($1, $1, 3, 'Engines', 'engines', 'engines.example', '51-200', '2026-11-01T00:00:00+00:00', '2026-11-01T00:00:00+00:00')";

/// Third, which is newer than Second and has a domain, was merged into Second, which took the domain, and Second into First,
/// which took it too.
const MERGED: &[&str] = &[
    "insert into account (id, workspace_id, version, name, name_key, domain, merged_into, created_at, updated_at) \
     values ($3, $1, 3, 'Third', 'third', 'third.example', $2, '2026-11-03T00:00:00+00:00', '2026-11-03T00:00:00+00:00')",
    "insert into account (id, workspace_id, version, name, name_key, domain, merged_into, created_at, updated_at) \
     values ($4, $1, 3, 'Second', 'second', 'third.example', $2, '2026-11-02T00:00:00+00:00', '2026-11-02T00:00:00+00:00')",
    "insert into account (id, workspace_id, version, name, name_key, domain, created_at, updated_at) \
     values ($2, $1, 3, 'First', 'first', 'third.example', '2026-11-02T00:00:00+00:00', '2026-11-02T00:00:00+00:00')",
    "insert into merge_record (id, workspace_id, record_kind, survivor_id, content, merged_at) \
     values ($3, $1, 'account', $4, '{}', '2026-11-04T00:00:00+00:00')",
    "insert into merge_record (id, workspace_id, record_kind, survivor_id, content, merged_at) \
     values ($4, $1, 'account', $2, '{}', '2026-11-05T00:00:00+00:00')",
    "insert into merge_member (workspace_id, merge_id, record_id) values ($1, $3, $3)",
    "insert into merge_member (workspace_id, merge_id, record_id) values ($1, $4, $4)",
];

/// The ids that [`MERGED`] and [`ACCOUNT`] take.
fn ids() -> [Uuid; 4] {
    [7, 11, 13, 12].map(Uuid::from_u128)
}

async fn check(url: String) {
    let test = ServiceTest::configured(SERVICE, |config| config.database.url = Secret::new(url)).await;
    test.settle().await;
    let domains: Vec<(String, Uuid)> = with_db!(test.service.context.db.everywhere(), pool => {
        sqlx::query_as("select domain, account_id from account_domain order by domain").fetch_all(pool).await.unwrap()
    });
    let [engines, _, third, _] = ids();
    let kept = [("engines.example", engines), ("third.example", third)].map(|(domain, id)| (domain.to_owned(), id));
    assert_eq!(domains, kept, "where it came from");
    let sized = test.published::<AccountSegmentChanged>().await;
    assert_eq!(sized.iter().map(|event| event.current).collect::<Vec<_>>(), [Some(SizeSegment::MidMarket)]);
}

#[tokio::test]
async fn an_account_from_before_keeps_its_domain_and_gets_its_size_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("lead.db").display());
    let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    before().run(&pool).await.unwrap();
    let [engines, first, third, second] = ids();
    sqlx::query(ACCOUNT).bind(engines).execute(&pool).await.unwrap();
    for sql in MERGED {
        sqlx::query(*sql).bind(engines).bind(first).bind(third).bind(second).execute(&pool).await.unwrap();
    }
    pool.close().await;
    check(url).await;
}

#[tokio::test]
async fn an_account_from_before_keeps_its_domain_and_gets_its_size_on_postgresql() {
    let database = testkit::postgres_database().await;
    let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
    before().run(&pool).await.unwrap();
    let [engines, first, third, second] = ids();
    sqlx::query(ACCOUNT).bind(engines).execute(&pool).await.unwrap();
    for sql in MERGED {
        sqlx::query(*sql).bind(engines).bind(first).bind(third).bind(second).execute(&pool).await.unwrap();
    }
    pool.close().await;
    check(database.url.clone()).await;
}
