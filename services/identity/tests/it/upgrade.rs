//! A database of the first version is brought up to date with what is in it.

use std::borrow::Cow;

use pipewright_identity::SERVICE;
use platform::{Db, with_db};
use sqlx::migrate::{Migration, Migrator};

static ALL: Migrator = sqlx::migrate!("./migrations");

/// The service's migrations as they were in the first version.
fn first_version() -> Migrator {
    let first: Vec<Migration> = ALL.iter().filter(|migration| migration.version == 1).cloned().collect();
    Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT }
}

const WORKSPACE: &str =
    "insert into workspace (id, slug, name, created_at) values ($1, 'default', 'Acme', '2026-11-01T00:00:00+00:00')";
const USER: &str = "insert into workspace_user (id, workspace_id, version, name, email, role, active, created_at, updated_at) \
    values ($1, $1, 3, 'Grace', 'grace@example.com', 'rep', true, '2026-11-01T00:00:00+00:00', '2026-11-01T00:00:00+00:00')";

async fn check(url: &str) {
    let db = Db::connect(url).await.unwrap();
    assert!(SERVICE.migrations.apply(&db).await.unwrap() > 1);
    let user: (String, String, i64) = with_db!(db.everywhere(), pool => {
        sqlx::query_as("select role, kind, version from workspace_user").fetch_one(pool).await.unwrap()
    });
    assert_eq!(user, ("account_executive".into(), "person".into(), 3));
    assert_eq!(SERVICE.migrations.pending(&db).await.unwrap(), 0);
}

#[tokio::test]
async fn a_rep_of_the_first_version_is_an_account_executive_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("identity.db").display());
    let pool = sqlx::SqlitePool::connect(&format!("{url}?mode=rwc")).await.unwrap();
    first_version().run(&pool).await.unwrap();
    let id = uuid::Uuid::from_u128(7);
    for sql in [WORKSPACE, USER] {
        sqlx::query(sql).bind(id).execute(&pool).await.unwrap();
    }
    pool.close().await;
    check(&url).await;
}

#[tokio::test]
async fn a_rep_of_the_first_version_is_an_account_executive_on_postgresql() {
    let database = testkit::postgres_database().await;
    let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
    first_version().run(&pool).await.unwrap();
    let id = uuid::Uuid::from_u128(7);
    for sql in [WORKSPACE, USER] {
        sqlx::query(sql).bind(id).execute(&pool).await.unwrap();
    }
    pool.close().await;
    check(&database.url).await;
}
