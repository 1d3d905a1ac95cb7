//! A database from before accounts had several domains and sizes is brought up to date with what is in it.

use std::borrow::Cow;

use events::lead::{AccountSegmentChanged, SizeSegment};
use pipewright_lead::SERVICE;
use platform::{config::Secret, with_db};
use sqlx::migrate::{Migration, Migrator};
use testkit::ServiceTest;

static ALL: Migrator = sqlx::migrate!("./migrations");

/// The service's migrations as they were before.
fn before() -> Migrator {
    let first: Vec<Migration> = ALL.iter().filter(|migration| migration.version < 6).cloned().collect();
    Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT }
}

const ACCOUNT: &str = "insert into account (id, workspace_id, version, name, name_key, domain, employees, created_at, updated_at) \
    values ($1, $1, 3, 'Engines', 'engines', 'engines.example', '51-200', '2026-11-01T00:00:00+00:00', '2026-11-01T00:00:00+00:00')";

async fn check(url: String) {
    let test = ServiceTest::configured(SERVICE, |config| config.database.url = Secret::new(url)).await;
    test.settle().await;
    let domains: Vec<String> = with_db!(test.service.context.db.everywhere(), pool => {
        sqlx::query_scalar("select domain from account_domain").fetch_all(pool).await.unwrap()
    });
    assert_eq!(domains, ["engines.example"]);
    let sized = test.published::<AccountSegmentChanged>().await;
    assert_eq!(sized.iter().map(|event| event.current).collect::<Vec<_>>(), [Some(SizeSegment::MidMarket)]);
}

#[tokio::test]
async fn an_account_from_before_keeps_its_domain_and_gets_its_size_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("lead.db").display());
    let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    before().run(&pool).await.unwrap();
    sqlx::query(ACCOUNT).bind(uuid::Uuid::from_u128(7)).execute(&pool).await.unwrap();
    pool.close().await;
    check(url).await;
}

#[tokio::test]
async fn an_account_from_before_keeps_its_domain_and_gets_its_size_on_postgresql() {
    let database = testkit::postgres_database().await;
    let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
    before().run(&pool).await.unwrap();
    sqlx::query(ACCOUNT).bind(uuid::Uuid::from_u128(7)).execute(&pool).await.unwrap();
    pool.close().await;
    check(database.url.clone()).await;
}
