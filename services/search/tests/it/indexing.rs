use std::path::Path;

use events::lead::{AccountCreated, AccountUpdated, Contact, ContactUpdated, LeadConverted, LeadStatus, LeadUpdated};
use kernel::Clock;
use pipewright_search::{
    SERVICE,
    app::{App, Search},
    store,
};
use platform::Db;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::objects::{account, found, hear_account, hear_contact, hear_lead, search};

/// A service's data without its surroundings, so that a test can stop it anywhere.
struct Bench {
    db: Db,
    clock: Clock,
    actor: kernel::Actor,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let db = Db::connect("sqlite::memory:").await.unwrap();
        SERVICE.migrations.apply(&db).await.unwrap();
        let clock = Clock::fixed(testkit::start_of_test(), 7);
        Self { db, actor: kernel::Actor::system(clock.id(), "test"), clock, folder: tempfile::tempdir().unwrap() }
    }

    async fn open(&self) -> App {
        App::open(self.db.clone(), &self.clock, &self.url()).await.unwrap()
    }

    fn url(&self) -> String {
        format!("tantivy:{}", self.folder.path().display())
    }

    fn index_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("index")
    }

    async fn hear(&self, name: &str) {
        let event = AccountCreated { current: account(&self.clock, name, "") };
        let envelope =
            events::Envelope::wrap("lead", self.clock.id(), self.clock.now(), &self.actor, None, &event).unwrap();
        assert_eq!(pipewright_search::replay(&self.db, &[envelope]).await.unwrap(), 1);
    }

    async fn found(&self, app: &App, query: &str) -> Vec<String> {
        let input = Search { query: query.to_owned(), kinds: Vec::new(), first: None, after: None };
        let found = app.search(&self.actor, input).await.unwrap();
        found.hits.into_iter().map(|(_, hit)| hit.texts.name).collect()
    }
}

async fn work(app: &App) {
    while app.index_pending().await.unwrap() {}
}

on_both_engines!(SERVICE, an_object_is_found_as_it_is_now);

async fn an_object_is_found_as_it_is_now(test: ServiceTest) {
    let previous = hear_lead(&test, "Ada Byron", "ada@one.example", "").await;
    let mut current = previous.clone();
    current.version = 2;
    current.last_name = Some(kernel::PersonName::new("Lovelace"));
    test.deliver(&LeadUpdated { previous: previous.clone(), current: current.clone() }).await;
    assert_eq!(found(&test, "lovelace").await, ["Ada <mark>Lovelace</mark>"]);
    assert!(found(&test, "byron").await.is_empty());
    assert_eq!(search(&test, "ada").await["totalCount"], json!(1));

    let converted = events::lead::Lead { version: 3, status: LeadStatus::Converted, ..current.clone() };
    let (contact, account) = (test.clock.id(), test.clock.id());
    test.deliver(&LeadConverted {
        previous: current,
        current: converted,
        contact,
        account,
        opportunity: None,
        owner: None,
    })
    .await;
    assert_eq!(search(&test, "ada").await["totalCount"], json!(1));
}

on_both_engines!(SERVICE, a_contact_is_found_by_what_it_says_now);
async fn a_contact_is_found_by_what_it_says_now(test: ServiceTest) {
    let previous = hear_contact(&test, "Ada Lovelace", "ada@engines.example", "Countess").await;
    let current = Contact { version: 2, title: Some("Programmer".to_owned()), ..previous.clone() };
    test.deliver(&ContactUpdated { previous, current }).await;
    assert_eq!(found(&test, "programmer").await, ["<mark>Programmer</mark>"]);
    assert_eq!(search(&test, "countess").await["totalCount"], json!(0));
}

on_both_engines!(SERVICE, a_stale_event_changes_nothing);

async fn a_stale_event_changes_nothing(test: ServiceTest) {
    let first = account(&test.clock, "Old Name", "");
    let second = events::lead::Account { version: 2, name: "Middle Name".to_owned(), ..first.clone() };
    let third = events::lead::Account { version: 3, name: "New Name".to_owned(), ..first.clone() };
    test.deliver(&AccountUpdated { previous: second.clone(), current: third.clone() }).await;
    test.deliver(&AccountUpdated { previous: first.clone(), current: second }).await;
    test.deliver(&AccountCreated { current: first }).await;
    test.deliver(&AccountUpdated {
        previous: third.clone(),
        current: events::lead::Account { name: "Same Version".to_owned(), ..third },
    })
    .await;
    assert_eq!(found(&test, "name").await, ["New <mark>Name</mark>"]);
    assert!(found(&test, "same version").await.is_empty());
}

on_both_engines!(SERVICE, a_change_while_the_index_is_written_is_not_lost);

async fn a_change_while_the_index_is_written_is_not_lost(test: ServiceTest) {
    let previous = hear_account(&test, "Before", "").await;
    let db = &test.service.context.db;
    store::mark_all_dirty(db).await.unwrap();
    let taken = store::dirty(db, 10).await.unwrap();
    let current = events::lead::Account { version: 2, name: "After".to_owned(), ..previous.clone() };
    let actor = kernel::Actor::system(test.actor.workspace, "lead");
    let event = AccountUpdated { previous, current };
    let envelope = events::Envelope::wrap("lead", test.clock.id(), test.clock.now(), &actor, None, &event).unwrap();
    pipewright_search::replay(db, &[envelope]).await.unwrap();
    // The writer of the old state comes last, and must not mark the new one.
    store::mark_indexed(db, &taken).await.unwrap();
    assert!(store::state(db).await.unwrap().has_dirty);
    test.settle().await;
    assert!(!store::state(db).await.unwrap().has_dirty);
    assert_eq!(found(&test, "after").await, ["<mark>After</mark>"]);
    assert!(found(&test, "before").await.is_empty());
}

#[tokio::test]
async fn an_idle_indexer_costs_one_statement() {
    let test = ServiceTest::sqlite(SERVICE).await;
    test.settle().await;
    let job = &test.service.parts.jobs[0];
    let (statements, worked) = test.statements(async { (job.run)().await.unwrap() }).await;
    assert_eq!((statements, worked), (1, false));
}

#[tokio::test]
async fn a_crash_between_the_index_and_the_mark_is_harmless() {
    let bench = Bench::new().await;
    let app = bench.open().await;
    work(&app).await;
    bench.hear("Acme").await;
    bench.hear("Acme Germany").await;
    let written = store::dirty(&bench.db, 10).await.unwrap();
    app.index.write(&written).unwrap();
    assert_eq!(bench.found(&app, "acme").await, ["Acme", "Acme Germany"]);
    drop(app);

    let app = bench.open().await;
    assert!(store::state(&bench.db).await.unwrap().has_dirty);
    assert_eq!(bench.found(&app, "acme").await, ["Acme", "Acme Germany"]);
    work(&app).await;
    assert_eq!(bench.found(&app, "acme").await, ["Acme", "Acme Germany"]);
}

#[tokio::test]
async fn an_index_survives_a_restart_without_work() {
    let bench = Bench::new().await;
    let app = bench.open().await;
    bench.hear("Acme").await;
    work(&app).await;
    drop(app);
    let app = bench.open().await;
    assert!(!app.index_pending().await.unwrap());
    assert_eq!(bench.found(&app, "acme").await, ["Acme"]);
}

#[tokio::test]
async fn a_lost_or_broken_index_is_made_anew() {
    let broken: [fn(&Path); 5] = [
        |index| std::fs::remove_dir_all(index).unwrap(),
        |index| std::fs::write(index.join("meta.json"), "{").unwrap(),
        |index| {
            for entry in std::fs::read_dir(index).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension != "json" && extension != "lock") {
                    std::fs::write(path, "broken").unwrap();
                }
            }
        },
        // Of the right length, with one letter changed.
        |index| {
            for entry in std::fs::read_dir(index).unwrap() {
                let path = entry.unwrap().path();
                let mut bytes = std::fs::read(&path).unwrap();
                if path.extension().is_some_and(|extension| extension == "store") {
                    bytes[3] ^= 1;
                    std::fs::remove_file(&path).unwrap();
                    std::fs::write(&path, bytes).unwrap();
                }
            }
        },
        // Of another format: other fields, no generation.
        |index| {
            std::fs::remove_dir_all(index).unwrap();
            std::fs::create_dir(index).unwrap();
            let mut schema = tantivy::schema::Schema::builder();
            schema.add_u64_field("other", tantivy::schema::STORED);
            tantivy::Index::create_in_dir(index, schema.build()).unwrap();
        },
    ];
    for damage in broken {
        let bench = Bench::new().await;
        let app = bench.open().await;
        bench.hear("Acme").await;
        work(&app).await;
        drop(app);
        damage(&bench.index_folder());
        let app = bench.open().await;
        work(&app).await;
        assert_eq!(bench.found(&app, "acme").await, ["Acme"]);
    }
}

#[tokio::test]
async fn an_index_of_another_database_is_not_believed() {
    let (one, mut other) = (Bench::new().await, Bench::new().await);
    let app = one.open().await;
    one.hear("Ghost").await;
    work(&app).await;
    drop(app);
    other.clock = Clock::fixed(testkit::start_of_test(), 8);
    other.actor = one.actor.clone();
    let app = App::open(other.db.clone(), &other.clock, &one.url()).await.unwrap();
    work(&app).await;
    assert!(other.found(&app, "ghost").await.is_empty());
}

#[tokio::test]
async fn a_folder_in_use_is_refused_and_left_alone() {
    let bench = Bench::new().await;
    let app = bench.open().await;
    bench.hear("Acme").await;
    work(&app).await;
    let error = App::open(bench.db.clone(), &bench.clock, &bench.url()).await.err().unwrap();
    assert!(format!("{error:#}").contains("another process"), "{error:#}");
    assert_eq!(bench.found(&app, "acme").await, ["Acme"]);
}

#[tokio::test]
async fn other_engines_are_refused_by_name() {
    let bench = Bench::new().await;
    for (url, says) in [
        ("http://meili:7700", "Meilisearch"),
        ("https://meili", "Meilisearch"),
        ("elastic:x", "tantivy:FOLDER"),
        ("tantivy:", "tantivy:FOLDER"),
        ("", "tantivy:FOLDER"),
    ] {
        let error = App::open(bench.db.clone(), &bench.clock, url).await.err().unwrap();
        assert!(format!("{error:#}").contains(says), "{url}: {error:#}");
    }
}
