use std::{os::unix::fs::PermissionsExt, sync::Arc};

use events::identity::{Role, UserCreated};
use pipewright_identity::{SERVICE, domain::api_key::KeyHash};
use platform::{
    auth::{ActorTokens, AuthError},
    bus::Bus,
    config::{Config, KEY_FILE, Secret},
    service::Service,
    with_db,
};
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::{admin_key, as_admin, authenticate, me, on_disk, start_again};

const CHOSEN: &str = "a-key-of-the-operators-choice";

type Configure = fn(&mut Config);

fn chosen(config: &mut Config) {
    config.identity.bootstrap_key = Secret::new(CHOSEN);
}

on_both_engines!(SERVICE, a_first_start_makes_a_workspace_an_admin_and_the_team);
async fn a_first_start_makes_a_workspace_an_admin_and_the_team(test: ServiceTest) {
    let test = as_admin(test).await;
    let me = me(&test).await;
    assert_eq!(me["kind"], "API_KEY");
    assert_eq!(me["permissions"], json!(["READ", "WRITE", "ADMIN"]));
    assert_eq!(me["user"]["name"], "Administrator");
    assert_eq!(me["user"]["email"], "admin@pipewright.example");
    assert_eq!(me["user"]["role"], "ADMIN");
    assert_eq!(me["id"], me["user"]["id"]);

    let data =
        test.graphql("{ workspace { id name } users { edges { node { email role active } } } }", json!({})).await;
    assert_eq!(data["workspace"]["id"], test.actor.workspace.to_string());
    assert_eq!(data["users"]["edges"].as_array().unwrap().len(), 5);

    let published = test.published::<UserCreated>().await;
    assert_eq!(published.len(), 5);
    assert_eq!(published.iter().filter(|event| event.current.role == Role::Rep).count(), 4);
    assert!(published.iter().any(|event| event.current.name == "Lucía Fernández"));
}

#[tokio::test]
async fn the_generated_key_is_for_its_owner_alone_and_the_database_knows_only_its_hash() {
    let test = on_disk().await;
    let key = admin_key(&test);
    assert_eq!((key.len(), &key[..3]), (46, "pw_"));
    let file = test.service.context.config.data_dir.join(KEY_FILE);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let hash: String =
        with_db!(test.service.context.db.everywhere(), pool => sqlx::query_scalar("select hash from api_key").fetch_one(pool).await)
            .unwrap();
    assert_eq!(hash, KeyHash::of(&key).as_str());
    for entry in std::fs::read_dir(file.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let holds_it = std::fs::read(&path).unwrap().windows(key.len()).any(|window| window == key.as_bytes());
        assert_eq!(holds_it, path == file, "{}", path.display());
    }
}

#[tokio::test]
async fn a_second_start_changes_nothing() {
    let test = on_disk().await;
    let key = admin_key(&test);
    let again = start_again(&test, |_| {}).await.unwrap();
    assert_eq!(admin_key(&test), key);
    assert_eq!(authenticate(&again, &key).await.unwrap(), authenticate(&test.service, &key).await.unwrap());
    assert_eq!(test.published::<UserCreated>().await.len(), 5);
}

#[tokio::test]
async fn a_chosen_key_opens_and_none_is_generated() {
    let test = ServiceTest::configured(SERVICE, chosen).await;
    assert_eq!(authenticate(&test.service, CHOSEN).await.unwrap().permissions.len(), 3);
    assert!(!test.service.context.config.data_dir.join(KEY_FILE).exists());
}

on_both_engines!(SERVICE, a_key_chosen_later_is_put_in_force_at_every_start);
async fn a_key_chosen_later_is_put_in_force_at_every_start(test: ServiceTest) {
    // The in-memory database cannot be opened twice.
    let test =
        if matches!(test.service.context.db.engine(), platform::db::Engine::Sqlite) { on_disk().await } else { test };
    let test = as_admin(test).await;
    assert_eq!(authenticate(&test.service, CHOSEN).await, Err(AuthError::BadCredential));
    let again = start_again(&test, chosen).await.unwrap();
    assert_eq!(authenticate(&again, CHOSEN).await.unwrap().subject, test.actor.subject);

    let keys = test.graphql("{ apiKeys { edges { node { id prefix } } } }", json!({})).await;
    let keys = keys["apiKeys"]["edges"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    let id = &keys.iter().find(|key| key["node"]["prefix"] == "a-key-o").unwrap()["node"]["id"];
    test.graphql("mutation($id: ID!) { revokeApiKey(input: { id: $id }) { errors { code } } }", json!({ "id": id }))
        .await;
    assert_eq!(authenticate(&again, CHOSEN).await, Err(AuthError::BadCredential));
    let third = start_again(&test, chosen).await.unwrap();
    assert!(authenticate(&third, CHOSEN).await.is_ok());
    assert!(authenticate(&third, &admin_key(&test)).await.is_ok(), "the other key stays");
}

#[tokio::test]
async fn two_processes_that_start_at_once_make_one_workspace() {
    let database = testkit::postgres_database().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = kernel::Clock::system();
    let start = || async {
        let mut config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        config.database.url = Secret::new(database.url.clone());
        let bus = Bus::connect("local::memory:", clock.clone()).await?;
        Service::open(SERVICE, bus, clock.clone(), Arc::new(config), ActorTokens::new(b"test", clock.clone())).await
    };
    let (a, b, c) = tokio::join!(start(), start(), start());
    let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
    const COUNTS: &str = "select (select count(*) from workspace) * 100 + (select count(*) from workspace_user) * 10 + (select count(*) from api_key)";
    let counts: i64 =
        with_db!(a.context.db.everywhere(), pool => sqlx::query_scalar(COUNTS).fetch_one(pool).await).unwrap();
    assert_eq!(counts, 151, "one workspace, five users, one key");
    let key = std::fs::read_to_string(folder.path().join(KEY_FILE)).unwrap();
    for service in [&a, &b, &c] {
        assert!(authenticate(service, key.trim_end()).await.is_ok());
    }
    for service in [a, b, c] {
        service.context.db.close().await;
    }
}

#[tokio::test]
async fn with_postgresql_no_data_directory_is_made() {
    let test = ServiceTest::postgres(SERVICE).await;
    let database = testkit::postgres_database().await;
    let folder = test.service.context.config.data_dir.join("not-wanted");
    let fresh = |config: &mut Config| {
        config.data_dir = folder.clone();
        config.database.url = Secret::new(database.url.clone());
    };
    let service = start_again(&test, fresh).await.unwrap();
    assert!(!folder.exists());
    service.context.db.close().await;
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused_at_the_start() {
    let test = on_disk().await;
    let refusals: [(Configure, &str); 3] = [
        (
            |config| config.identity.bootstrap_key = Secret::new("too-short"),
            "identity.bootstrap_key is not fit for a key: an API key has at least 20 characters",
        ),
        (
            |config| config.identity.starter_team = vec!["Ada <ada@example.com>".into(), "grace@example.com".into()],
            "entry 2 of identity.starter_team cannot be read",
        ),
        (
            |config| config.identity.starter_team = vec!["Ada <Admin@pipewright.example>".into()],
            "entry 1 of identity.starter_team has an address that is taken",
        ),
    ];
    for (configure, expected) in refusals {
        let Err(error) = start_again(&test, configure).await else { panic!("started in spite of: {expected}") };
        let text = format!("{error:#}");
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("too-short") && !text.contains('@'), "{text}");
    }
}
