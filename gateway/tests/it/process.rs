//! The thin binary, as an operator starts it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use pipewright_gateway::{SubgraphSdl, compose};
use platform::graphql::Subgraph;
use serde_json::{Value, json};

use crate::shop::{Shop, reqwest_client, serve};

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
async fn open(subgraph: std::sync::Arc<dyn Subgraph>) -> String {
    let answer = move |axum::Json(request): axum::Json<async_graphql::Request>| {
        let call = platform::graphql::SubgraphCall {
            query: request.query.into(),
            variables: request.variables,
            actor: None,
            request_id: "test".into(),
        };
        let answer = subgraph.execute(call);
        async move { axum::Json(answer.await.unwrap()) }
    };
    let url = serve(axum::Router::new().route("/graphql", axum::routing::post(answer))).await;
    format!("{url}/graphql")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_a_supergraph_from_a_file_and_stops_when_told() {
    let builder = Shop::builder();
    let mut sdls = Vec::new();
    for sdl in &builder.sdls {
        let url = open(builder.subgraph(&sdl.name)).await;
        sdls.push(SubgraphSdl { url, ..sdl.clone() });
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), compose(&sdls).unwrap()).unwrap();
    let mut gateway = Gateway::start(&["--auth", "none", "--supergraph", file.path().to_str().unwrap()]);
    let client = reqwest_client();
    let ready = client.get(format!("{}/ready", gateway.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let body = json!({ "query": "{ me { name reviews { product { title } } } }" });
    let answer = client.post(format!("{}/graphql", gateway.url)).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        answer,
        json!({ "data": { "me": { "name": "Ada", "reviews": [{ "product": { "title": "Table" } }, { "product": { "title": "Chair" } }] } } })
    );
    let metrics = client.get(format!("{}/metrics", gateway.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("gateway_operation_seconds"), "{metrics}");
    let stopped = Command::new("kill").args(["-TERM", &gateway.process.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(gateway.process.wait().unwrap().success());
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
}
