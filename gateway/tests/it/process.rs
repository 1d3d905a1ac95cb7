//! The thin binary, as an operator starts it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::routing::post;
use events::{Envelope, identity::ApiKeyRevoked};
use kernel::Clock;
use pipewright_gateway::{SubgraphSdl, compose};
use platform::{bus::Bus, graphql::Subgraph};
use serde_json::{Value, json};
use testkit::NatsServer;

use crate::shop::{Shop, customer, reqwest_client, serve};

const SECRET: &str = "secret-of-the-test-0123456789abcdef";

struct Gateway {
    process: Child,
    url: String,
}

impl Gateway {
    fn start(args: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_pipewright-gateway"))
            .args(["--listen", "127.0.0.1:0"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { process, url }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A subgraph that asks nobody who they are.
async fn open(subgraph: Arc<dyn Subgraph>) -> String {
    let answer = move |axum::Json(request): axum::Json<async_graphql::Request>| {
        let call = platform::graphql::SubgraphCall {
            query: request.query.into(),
            variables: request.variables,
            actor: None,
            request_id: "test".into(),
            resume_after: None,
        };
        let answer = subgraph.execute(call);
        async move { axum::Json(answer.await.unwrap()) }
    };
    let url = serve(axum::Router::new().route("/graphql", post(answer))).await;
    format!("{url}/graphql")
}

/// The shop, open to everybody, as a supergraph in a file.
async fn open_shop() -> tempfile::NamedTempFile {
    let builder = Shop::builder();
    let mut sdls = Vec::new();
    for sdl in &builder.sdls {
        let url = open(builder.subgraph(&sdl.name)).await;
        sdls.push(SubgraphSdl { url, ..sdl.clone() });
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), compose(&sdls).unwrap()).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_a_supergraph_from_a_file_and_stops_when_told() {
    let file = open_shop().await;
    let mut gateway = Gateway::start(&["--auth", "none", "--supergraph", file.path().to_str().unwrap()]);
    let client = reqwest_client();
    let ready = client.get(format!("{}/ready", gateway.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let body = json!({ "query": "{ me { name reviews { product { title } } } }" });
    let answer = client.post(format!("{}/graphql", gateway.url)).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        answer["data"],
        json!({ "me": { "name": "Ada", "reviews": [{ "product": { "title": "Table" } }, { "product": { "title": "Chair" } }] } })
    );
    // The settings are those of the other programs.
    assert_eq!(answer["extensions"]["cost"]["limit"], 200_000);
    let metrics = client.get(format!("{}/metrics", gateway.url)).send().await.unwrap().text().await.unwrap();
    for metric in [
        "gateway_operation_seconds",
        "gateway_plans_total{from=\"planner\"} 1",
        "gateway_cached_plans 1",
        "gateway_cached_documents 1",
        "gateway_planning_seconds{quantile=\"0.99\"}",
        "gateway_subgraph_seconds{service=\"reviews\",quantile=\"0.99\"}",
        "gateway_circuit_state{service=\"reviews\"} 0",
    ] {
        assert!(metrics.contains(metric), "{metric} in {metrics}");
    }
    let stopped = Command::new("kill").args(["-TERM", &gateway.process.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(gateway.process.wait().unwrap().success());
}

/// By its age alone, what is remembered would be asked for again so often in no less than 90 seconds.
const CHANGES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_without_its_bus_and_asks_again_at_each_change_of_rights_once_that_is_there() {
    let mut nats = NatsServer::start().await;
    nats.kill();
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = asked.clone();
    let authenticate = move || {
        counting.fetch_add(1, Ordering::Relaxed);
        std::future::ready(axum::Json(customer()))
    };
    let identity = serve(axum::Router::new().route("/internal/authenticate", post(authenticate))).await;
    let file = open_shop().await;
    let (place, bus) = (file.path().to_str().unwrap(), nats.url());
    let gateway =
        Gateway::start(&["--supergraph", place, "--identity", &identity, "--actor-secret", SECRET, "--bus", &bus]);
    let client = reqwest_client();
    let read = async || {
        let request = client.post(format!("{}/graphql", gateway.url)).header("x-api-key", "good");
        let answer = request.json(&json!({ "query": "{ me { name } }" })).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["data"], json!({ "me": { "name": "Ada" } }), "{answer}");
    };
    let ready = client.get(format!("{}/ready", gateway.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    read().await;

    nats.restart();
    let clock = Clock::system();
    let bus = Bus::connect(&bus, clock.clone()).await.unwrap();
    let changes = async {
        for _ in 0..CHANGES {
            let (event, before) = (ApiKeyRevoked { key: clock.id() }, asked.load(Ordering::Relaxed));
            let told = Envelope::wrap("identity", clock.id(), clock.now(), &customer(), None, &event).unwrap();
            bus.publish(&[told]).await.unwrap();
            while asked.load(Ordering::Relaxed) == before {
                read().await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), changes).await.expect("it hears of each");
}

#[test]
fn it_says_what_is_missing() {
    let output = Command::new(env!("CARGO_BIN_EXE_pipewright-gateway"))
        .args(["--supergraph", "nowhere.graphql", "--auth", "none"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read the supergraph from nowhere.graphql"));
    let output = Command::new(env!("CARGO_BIN_EXE_pipewright-gateway"))
        .args(["--supergraph", "x", "--identity", "http://localhost"])
        .env_remove("PIPEWRIGHT__GATEWAY__ACTOR_SECRET")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("PIPEWRIGHT__GATEWAY__ACTOR_SECRET"));
    // That of another process cannot be heard.
    let output = Command::new(env!("CARGO_BIN_EXE_pipewright-gateway"))
        .args(["--supergraph", "x", "--identity", "http://x", "--actor-secret", SECRET, "--bus", "local:bus.db"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("PIPEWRIGHT__BUS__URL"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_another_supergraph_when_the_file_changes_or_it_is_told_to_look() {
    let service = |number: i32| {
        let sdl = format!("type Query {{ version: Int! only{number}: Int }}");
        let answer = move || std::future::ready(axum::Json(json!({ "data": { "version": number } })));
        async move {
            let url = serve(axum::Router::new().fallback(answer)).await;
            compose(&[SubgraphSdl { name: "clock".into(), url, sdl }]).unwrap()
        }
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    // The time of a file is coarse, so each version has one of its own.
    let write = |text: &str, at: u64| {
        std::fs::write(file.path(), text).unwrap();
        let at = std::time::UNIX_EPOCH + Duration::from_secs(at);
        std::fs::File::options().write(true).open(file.path()).unwrap().set_modified(at).unwrap();
    };
    write(&service(1).await, 1);
    let place = file.path().to_str().unwrap();
    let looks = Gateway::start(&["--auth", "none", "--reload-seconds", "1", "--supergraph", place]);
    let waits = Gateway::start(&["--auth", "none", "--reload-seconds", "0", "--supergraph", place]);
    let client = reqwest_client();
    let version = async |gateway: &Gateway| {
        let request = client.post(format!("{}/graphql", gateway.url)).json(&json!({ "query": "{ version }" }));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["data"]["version"].as_i64().unwrap_or_else(|| panic!("{answer}"))
    };
    let becomes = async |gateway: &Gateway, wanted: i64| {
        let changed = async { while version(gateway).await != wanted {} };
        tokio::time::timeout(Duration::from_secs(20), changed).await.expect("the other version");
    };
    assert_eq!((version(&looks).await, version(&waits).await), (1, 1));
    write(&service(2).await, 2);
    becomes(&looks, 2).await;
    assert_eq!(version(&waits).await, 1);
    let told = Command::new("kill").args(["-HUP", &waits.process.id().to_string()]).status().unwrap();
    assert!(told.success());
    becomes(&waits, 2).await;
    // What cannot be served is refused, and what comes after it is not.
    write("type {", 3);
    let told = Command::new("kill").args(["-HUP", &waits.process.id().to_string()]).status().unwrap();
    assert!(told.success());
    write(&service(3).await, 4);
    becomes(&looks, 3).await;
}

#[test]
fn it_says_which_setting_is_wrong() {
    let supergraph = tempfile::NamedTempFile::new().unwrap();
    let builder = Shop::builder();
    std::fs::write(supergraph.path(), compose(&builder.sdls).unwrap()).unwrap();
    for (name, value, told) in [
        ("PIPEWRIGHT__GATEWAY__PROFILE", "staging", "staging"),
        ("PIPEWRIGHT__GATEWAY__MAX_DPETH", "3", "max_dpeth"),
        ("PIPEWRIGHT__GATEWAY__TRUSTED_DOCUMENTS", "nowhere.json", "nowhere.json cannot be read"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_pipewright-gateway"))
            .args(["--supergraph", supergraph.path().to_str().unwrap(), "--auth", "none", "--listen", "127.0.0.1:0"])
            .env(name, value)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{name}");
    }
}
