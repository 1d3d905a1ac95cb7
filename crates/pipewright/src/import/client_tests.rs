use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::*;

/// A server on a free port that answers every POST to `/graphql` alike; it lives as long as the set.
async fn answering(status: u16, body: &'static str) -> (String, JoinSet<()>) {
    let handler = move |_: HeaderMap, _: Bytes| async move { (StatusCode::from_u16(status).unwrap(), body) };
    serve(Router::new().route("/graphql", post(handler))).await
}

async fn serve(router: Router) -> (String, JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(async move {
        axum::serve(listener, router).await.unwrap();
    });
    (url, server)
}

async fn execute(url: &str) -> Result<Value, CliError> {
    let client = Client::new(url, Key("pk_secret".to_owned()))?;
    client.execute("query($a: Int) { b(a: $a) }", json!({ "a": 1 })).await
}

async fn failure(status: u16, body: &'static str) -> (String, u8) {
    let (url, _server) = answering(status, body).await;
    let error = execute(&url).await.unwrap_err();
    assert!(!error.to_string().contains("pk_secret"), "{error}");
    (error.code.to_string(), error.exit_code())
}

#[tokio::test]
async fn a_request_carries_key_query_and_variables() {
    let handler = |headers: HeaderMap, body: Bytes| async move {
        assert_eq!(headers["authorization"], "Bearer pk_secret");
        assert_eq!(headers["content-type"], "application/json");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body, json!({ "query": "query($a: Int) { b(a: $a) }", "variables": { "a": 1 } }));
        r#"{"data":{"b":2}}"#
    };
    let (url, _server) = serve(Router::new().route("/graphql", post(handler))).await;
    for url in [url.clone(), format!("{url}/"), format!("{url}/graphql")] {
        assert_eq!(execute(&url).await, Ok(json!({ "b": 2 })));
    }
}

#[tokio::test]
async fn errors_of_the_server_keep_their_code_and_choose_the_exit_code() {
    let body = r#"{"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
    assert_eq!(failure(401, body).await, ("UNAUTHENTICATED".into(), 4));
    let body = r#"{"data":null,"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}"#;
    assert_eq!(failure(200, body).await, ("FORBIDDEN".into(), 4));
    let body = r#"{"data":null,"errors":[{"message":"down","extensions":{"code":"SUBGRAPH_UNAVAILABLE"}}]}"#;
    assert_eq!(failure(200, body).await, ("SUBGRAPH_UNAVAILABLE".into(), 3));
    let body = r#"{"errors":[{"message":"bad","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#;
    assert_eq!(failure(400, body).await, ("GRAPHQL_VALIDATION_FAILED".into(), 2));
    assert_eq!(failure(500, r#"{"errors":[{"message":"oops"}]}"#).await, ("INTERNAL".into(), 1));
}

#[tokio::test]
async fn what_is_not_pipewright_is_told_apart() {
    assert_eq!(failure(200, "<html>").await, ("INTERNAL".into(), 1));
    assert_eq!(failure(200, "{}").await, ("INTERNAL".into(), 1));
    assert_eq!(failure(401, "no").await, ("UNAUTHENTICATED".into(), 4));
    assert_eq!(failure(403, "no").await, ("FORBIDDEN".into(), 4));
    assert_eq!(failure(413, "big").await, ("PAYLOAD_TOO_LARGE".into(), 2));
    assert_eq!(failure(502, "bad gateway").await, ("UNREACHABLE".into(), 3));
    let (url, _server) = answering(200, "{}").await;
    assert_eq!(execute(&format!("{url}/elsewhere")).await.unwrap_err().exit_code(), 1);
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = execute(&url).await.unwrap_err();
    assert_eq!((error.code.as_ref(), error.exit_code()), ("UNREACHABLE", 3));
    assert!(error.message.contains("refused"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_a_usage_error() {
    for url in ["", "localhost:4000", "ftp://x.example", "not a url"] {
        assert_eq!(execute(url).await.unwrap_err().exit_code(), 2, "{url}");
    }
}

#[test]
fn a_key_does_not_print_itself() {
    assert_eq!(format!("{:?}", Key("pk_secret".to_owned())), "Key(…)");
}
