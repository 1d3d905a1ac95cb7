//! The fence that PostgreSQL holds: statements here have no workspace in their predicates.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use events::{Envelope, Event, examples, identity::ApiKeyRevoked};
use kernel::{Clock, WorkspaceId};
use pipewright_platform::{
    Db, EventHandler, HandleError, Handler, Outbox, Tx,
    bus::{Bus, Settle},
    db::Fence,
    execute,
    inbox::Inbox,
    with_db,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::PostgresServer;

use crate::{clock, migrations};

const TABLE: &str = "create table thing (workspace_id uuid not null, name text not null, primary key (name))";

struct Fixture {
    db: Db,
    ours: WorkspaceId,
    theirs: WorkspaceId,
}

/// A database with a thing of each of two workspaces.
async fn open(url: &str) -> Fixture {
    let db = Db::connect(url).await.unwrap();
    migrations(&[TABLE]).apply(&db).await.unwrap();
    let clock = clock();
    let (ours, theirs) = (clock.id(), clock.id());
    for (workspace, name) in [(ours, "ours"), (theirs, "theirs")] {
        let mut tx = db.of(workspace).begin().await.unwrap();
        insert(&mut tx, workspace, name).await.unwrap();
        tx.commit().await.unwrap();
    }
    Fixture { db, ours, theirs }
}

async fn insert(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<u64, sqlx::Error> {
    execute!(tx, sqlx::query("insert into thing (workspace_id, name) values ($1, $2)").bind(workspace).bind(name))
}

/// A database on a server of its own whose owner is an ordinary login; `as_root` is what the superuser does first.
async fn of_an_ordinary_login(server: &PostgresServer, attributes: &str) -> (testkit::TestDatabase, String) {
    let database = server.database().await;
    let mut root = PgConnection::connect(&database.url).await.unwrap();
    let sql = format!("create role ordinary login {attributes}; grant all on schema public to ordinary");
    root.execute(AssertSqlSafe(sql)).await.unwrap();
    let url = database.url.replace("postgres@", "ordinary@");
    assert_ne!(url, database.url);
    (database, url)
}

const NAMES: &str = "select name from thing order by name";

impl Fixture {
    async fn names_everywhere(&self) -> Vec<String> {
        with_db!(self.db.everywhere(), pool => sqlx::query_scalar(NAMES).fetch_all(pool).await.unwrap())
    }

    async fn one_workspace_neither_sees_nor_changes_the_other(&self) {
        let Self { db, ours, theirs } = self;
        assert_eq!(db.fence().await.unwrap(), Fence::Up);
        let seen: Vec<String> =
            with_db!(db.of(*ours), pool => sqlx::query_scalar(NAMES).fetch_all(pool).await.unwrap());
        assert_eq!(seen, ["ours"]);
        let one: Option<String> = with_db!(db.of(*theirs), pool => {
            sqlx::query_scalar("select name from thing where name = 'ours'").fetch_optional(pool).await.unwrap()
        });
        assert_eq!(one, None);

        let mut tx = db.of(*ours).begin().await.unwrap();
        assert_eq!(execute!(tx, sqlx::query("update thing set name = name || '!'")).unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(self.names_everywhere().await, ["ours!", "theirs"]);

        let mut tx = db.of(*ours).begin().await.unwrap();
        assert!(insert(&mut tx, *theirs, "smuggled").await.unwrap_err().to_string().contains("row-level security"));
        tx.rollback().await.unwrap();
        let mut tx = db.of(*ours).begin().await.unwrap();
        let given_away = execute!(tx, sqlx::query("update thing set workspace_id = $1").bind(*theirs));
        assert!(given_away.unwrap_err().to_string().contains("row-level security"));
        tx.rollback().await.unwrap();

        let mut tx = db.of(*ours).begin().await.unwrap();
        assert_eq!(execute!(tx, sqlx::query("delete from thing")).unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(self.names_everywhere().await, ["theirs"]);
    }

    /// Nor does what was said once stay with the connection.
    async fn who_does_not_say_whose_rows_has_none(&self) {
        for _ in 0..20 {
            assert_eq!(self.names_everywhere().await.len(), 2);
            let seen: Vec<String> = with_db!(self.db, pool => sqlx::query_scalar(NAMES).fetch_all(pool).await.unwrap());
            assert_eq!(seen, [""; 0]);
            let changed = with_db!(self.db, pool => {
                sqlx::query("update thing set name = 'x'").execute(pool).await.unwrap().rows_affected()
            });
            assert_eq!(changed, 0);
        }
    }
}

#[tokio::test]
async fn a_statement_without_its_predicate_stays_in_its_workspace() {
    let database = testkit::postgres_database().await;
    open(&database.url).await.one_workspace_neither_sees_nor_changes_the_other().await;
}

#[tokio::test]
async fn who_does_not_say_whose_rows_has_none() {
    let database = testkit::postgres_database().await;
    open(&database.url).await.who_does_not_say_whose_rows_has_none().await;
}

#[tokio::test]
async fn the_owner_of_the_tables_is_behind_the_fence_too() {
    let server = PostgresServer::start().await;
    let (_database, url) = of_an_ordinary_login(&server, "").await;
    let fixture = open(&url).await;
    fixture.who_does_not_say_whose_rows_has_none().await;
    fixture.one_workspace_neither_sees_nor_changes_the_other().await;
    // A later version's migrations come to a fence that is up, and change the rows of all.
    let later = [TABLE, "update thing set name = 'migrated'", "create table more (workspace_id uuid not null)"];
    assert_eq!(migrations(&later).apply(&fixture.db).await.unwrap(), 2);
    assert_eq!(fixture.names_everywhere().await, ["migrated"]);
    assert_eq!(fixture.db.fence().await.unwrap(), Fence::Up);
}

#[tokio::test]
async fn services_that_start_at_once_put_up_one_fence() {
    let server = PostgresServer::start().await;
    let (one, other) = (server.database().await, server.database().await);
    let start = async |url: &str| {
        let db = Db::connect(url).await.unwrap();
        migrations(&[TABLE]).apply(&db).await.unwrap();
        db.fence().await.unwrap()
    };
    let (one, other) = (&one.url, &other.url);
    let fences = futures::join!(start(one), start(other), start(one), start(other));
    assert_eq!(fences, (Fence::Up, Fence::Up, Fence::Up, Fence::Up));
}

#[tokio::test]
async fn a_fence_that_is_down_is_known() {
    let server = PostgresServer::start().await;
    let (database, url) = of_an_ordinary_login(&server, "bypassrls").await;
    let db = open(&url).await.db;
    assert_eq!(db.fence().await.unwrap(), Fence::Bypassed, "it cannot make the role that would bind it");
    let mut root = PgConnection::connect(&database.url).await.unwrap();
    root.execute("create role pipewright_service nologin; grant pipewright_service to ordinary").await.unwrap();
    let db = Db::connect(&url).await.unwrap();
    migrations(&[TABLE]).apply(&db).await.unwrap();
    assert_eq!(db.fence().await.unwrap(), Fence::Up);

    root.execute("alter table thing disable row level security").await.unwrap();
    assert_eq!(db.fence().await.unwrap(), Fence::Open(vec!["thing".to_owned()]));
    migrations(&[TABLE]).apply(&db).await.unwrap();
    assert_eq!(db.fence().await.unwrap(), Fence::Up);
    assert_eq!(Db::connect("sqlite::memory:").await.unwrap().fence().await.unwrap(), Fence::None);
}

/// Forgets its predicate.
struct Rename;

#[async_trait]
impl EventHandler for Rename {
    async fn handle(&self, tx: &mut Tx, _: &Envelope) -> Result<(), HandleError> {
        execute!(tx, sqlx::query("update thing set name = name || '!'"))?;
        Ok(())
    }
}

#[tokio::test]
async fn a_handler_stays_in_the_workspace_of_its_event() {
    let database = testkit::postgres_database().await;
    let Fixture { db, ours, theirs } = open(&database.url).await;
    let outbox = Outbox::new("test", db.clone(), clock());
    let handler = Handler { name: "rename", subjects: &["crm.identity.api_key.revoked.v1"], apply: Arc::new(Rename) };
    let inbox = Inbox::new(handler, db.clone(), outbox);
    let bus = Bus::connect("local::memory:", clock()).await.unwrap();
    let mut consumer = bus.consumer("rename", inbox.handler().subjects).await.unwrap();
    // One batch, first of us alone, then of both in turn.
    for workspaces in [vec![ours, ours], vec![ours, theirs, ours]] {
        let example = examples::all().into_iter().find(|event| event.r#type == ApiKeyRevoked::TYPE).unwrap();
        let clock = Clock::fixed(clock().now(), workspaces.len() as u64);
        let events: Vec<_> = workspaces
            .iter()
            .map(|workspace| Envelope { id: clock.id(), workspace: *workspace, ..example.clone() })
            .collect();
        bus.publish(&events).await.unwrap();
        let deliveries = consumer.fetch(10, Duration::ZERO).await.unwrap();
        assert_eq!(inbox.take(&deliveries).await.unwrap(), vec![Settle::Done; workspaces.len()]);
        consumer.settle(deliveries.into_iter().map(|delivery| (delivery, Settle::Done)).collect()).await.unwrap();
    }
    assert_eq!(Fixture { db, ours, theirs }.names_everywhere().await, ["ours!!!!", "theirs!"]);
}
