//! Another supergraph while requests run: nobody notices but who asks for what is new.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use futures::StreamExt;
use pipewright_gateway::{Gateway, Request, Source, SubgraphSdl, compose};
use platform::graphql::Subgraph;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    shop::{reqwest_client, serve},
    standin::{Standin, World},
};

/// Version `number` of a service: it says which, and has a field that no other has.
fn version(number: i64) -> Standin {
    Standin::new(
        "clock",
        &format!("type Query {{ version: Int! only{number}: Int! slow: Int! }} type Subscription {{ ticks: Int! }}"),
        json!({
            "Query": { "version": number, format!("only{number}"): number, "slow": number },
            "Subscription": { "ticks": [number, number, number] },
        }),
    )
}

fn supergraph(standin: &Standin) -> String {
    compose(&[SubgraphSdl { name: "clock".into(), url: "http://clock.invalid".into(), sdl: standin.sdl().to_owned() }])
        .unwrap()
}

fn subgraphs(standin: Standin) -> HashMap<String, Arc<dyn Subgraph>> {
    HashMap::from([("clock".to_owned(), Arc::new(standin) as Arc<dyn Subgraph>)])
}

fn reload(gateway: &Gateway, number: i64) {
    let standin = version(number);
    gateway.reload(&supergraph(&standin), subgraphs(standin), HashMap::new()).unwrap();
}

async fn ask(gateway: &Gateway, query: &str) -> Value {
    serde_json::to_value(gateway.execute(Request::new(query), None).await).unwrap()
}

#[tokio::test]
async fn the_next_request_sees_the_new_supergraph() {
    let world = World::of([version(1)]);
    world.check("{ version only1 }", json!({ "version": 1, "only1": 1 })).await;
    reload(&world.gateway, 2);
    assert_eq!(ask(&world.gateway, "{ version only2 }").await, json!({ "data": { "version": 2, "only2": 2 } }));
    let gone = ask(&world.gateway, "{ only1 }").await;
    assert_eq!(gone["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{gone}");
    // The same text, planned for the other supergraph.
    assert_eq!(ask(&world.gateway, "{ version }").await, json!({ "data": { "version": 2 } }));
}

#[tokio::test]
async fn a_supergraph_that_cannot_be_served_changes_nothing() {
    let world = World::of([version(1)]);
    let broken = supergraph(&version(2)).replace("Int!", "Nowhere!");
    for sdl in ["", "type Query { a: Int }", "type {", broken.as_str()] {
        assert!(world.gateway.reload(sdl, subgraphs(version(2)), HashMap::new()).is_err(), "{sdl}");
    }
    let nobody = world.gateway.reload(&supergraph(&version(2)), HashMap::new(), HashMap::new()).unwrap_err();
    assert!(nobody.to_string().contains("clock"), "{nobody}");
    world.check("{ version only1 }", json!({ "version": 1, "only1": 1 })).await;
}

#[tokio::test]
async fn an_open_subscription_ends_with_the_supergraph_it_began_with() {
    let world = World::of([version(1)]);
    let mut events = world.gateway.stream(Request::new("subscription { ticks }"), None).await;
    let first = serde_json::to_value(events.next().await.unwrap()).unwrap();
    reload(&world.gateway, 2);
    let rest: Vec<_> = events.map(|event| serde_json::to_value(event).unwrap()).collect().await;
    assert_eq!(first, json!({ "data": { "ticks": 1 } }));
    assert_eq!(rest, [json!({ "data": { "ticks": 1 } }), json!({ "data": { "ticks": 1 } })]);
    let mut events = world.gateway.stream(Request::new("subscription { ticks }"), None).await;
    assert_eq!(serde_json::to_value(events.next().await.unwrap()).unwrap(), json!({ "data": { "ticks": 2 } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_request_fails_while_it_reloads() {
    let world = World::of([version(0)]);
    let done = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let mut askers = JoinSet::new();
    for asker in 0..4 {
        let (gateway, done, answered) = (world.gateway.clone(), done.clone(), answered.clone());
        askers.spawn(async move {
            let mut last = 0;
            while !done.load(Ordering::SeqCst) {
                // A new text now and then, so that documents are parsed and planned in between.
                let number = answered.fetch_add(1, Ordering::SeqCst) / 20;
                let answer = ask(&gateway, &format!("{{ a{number}: version version slow }}")).await;
                let version = answer["data"]["version"].as_i64().unwrap_or_else(|| panic!("{asker}: {answer}"));
                assert_eq!(answer["data"][format!("a{number}")], version, "one supergraph a request");
                assert_eq!(answer["data"]["slow"], version);
                assert!(version >= last, "and never an older one");
                last = version;
                tokio::task::yield_now().await;
            }
        });
    }
    let reloads = async {
        for number in 1..=20 {
            let gateway = world.gateway.clone();
            tokio::task::spawn_blocking(move || reload(&gateway, number)).await.unwrap();
            // Each version answers a while.
            let seen = answered.load(Ordering::SeqCst);
            while answered.load(Ordering::SeqCst) < seen + 20 {
                tokio::task::yield_now().await;
                if let Some(ended) = askers.try_join_next() {
                    ended.unwrap();
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reloads).await.expect("answers between the reloads");
    done.store(true, Ordering::SeqCst);
    askers.join_all().await;
    assert!(answered.load(Ordering::SeqCst) >= 400);
}

#[tokio::test]
async fn a_file_is_read_when_it_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("supergraph.graphql");
    let mut source = Source::new(path.to_str().unwrap(), reqwest_client());
    let missing = source.changed().await.unwrap_err();
    assert!(missing.to_string().contains("supergraph.graphql"), "{missing}");
    let write = |text: &str, at: u64| {
        std::fs::write(&path, text).unwrap();
        let at = std::time::UNIX_EPOCH + Duration::from_secs(at);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    };
    write("one", 1);
    assert_eq!(source.changed().await.unwrap().as_deref(), Some("one"));
    assert_eq!(source.changed().await.unwrap(), None);
    write("one", 2);
    assert_eq!(source.changed().await.unwrap(), None, "touched, but the same");
    write("two", 3);
    assert_eq!(source.changed().await.unwrap().as_deref(), Some("two"));
    write("six", 3);
    assert_eq!(source.changed().await.unwrap(), None, "looks untouched");
    assert_eq!(source.read_again().await.unwrap().as_deref(), Some("six"));
    assert_eq!(source.read_again().await.unwrap(), None);
}

#[tokio::test]
async fn a_url_is_asked_with_the_tag_it_gave() {
    let (served, full) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(0)));
    let answer = {
        let (served, full) = (served.clone(), full.clone());
        move |headers: HeaderMap| async move {
            let tag = format!("\"{}\"", served.load(Ordering::SeqCst));
            if tag == "\"0\"" {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            full.fetch_add(1, Ordering::SeqCst);
            ([(header::ETAG, tag.clone())], format!("supergraph {tag}")).into_response()
        }
    };
    let url = serve(Router::new().route("/supergraph", get(answer))).await;
    let mut source = Source::new(&format!("{url}/supergraph"), reqwest_client());
    assert_eq!(source.changed().await.unwrap().as_deref(), Some("supergraph \"1\""));
    assert_eq!(source.changed().await.unwrap(), None);
    assert_eq!(full.load(Ordering::SeqCst), 1, "the second answer had no body");
    served.store(0, Ordering::SeqCst);
    assert!(source.changed().await.is_err());
    served.store(2, Ordering::SeqCst);
    assert_eq!(source.changed().await.unwrap().as_deref(), Some("supergraph \"2\""));
}
