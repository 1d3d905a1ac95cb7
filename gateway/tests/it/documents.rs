//! Automatic persisted queries and trusted documents.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use pipewright_gateway::{Policy, TrustedDocuments, router};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    http::{Answer, RESPONSE, open, post, send},
    shop::Shop,
};

const ASK: &str = "query Who { me { name } }";

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn by_hash(hash: &str) -> Value {
    json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } })
}

async fn ask(router: &Router, body: &Value) -> Answer {
    send(router, post(&[("accept", RESPONSE)], body.to_string())).await
}

#[tokio::test]
async fn a_document_is_remembered_by_its_hash() {
    let router = open();
    let named = by_hash(&hash(ASK));
    let unknown = ask(&router, &named).await;
    assert_eq!((unknown.status, unknown.code().as_str()), (StatusCode::NOT_FOUND, "PERSISTED_QUERY_NOT_FOUND"));
    // Some clients know no codes.
    assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound");
    let lenient = send(&router, post(&[("accept", "application/json")], named.to_string())).await;
    assert_eq!(lenient.status, StatusCode::OK);
    let mut whole = named.clone();
    whole["query"] = json!(ASK);
    let expected = json!({ "data": { "me": { "name": "Ada" } } });
    assert_eq!(ask(&router, &whole).await.json(), expected);
    assert_eq!(ask(&router, &named).await.json(), expected);
    let extensions = named["extensions"].to_string().bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let get = Request::get(format!("/graphql?operationName=Who&extensions={extensions}")).body(Body::empty()).unwrap();
    assert_eq!(send(&router, get).await.json(), expected);
}

#[tokio::test]
async fn a_hash_stands_for_its_own_document_only() {
    let router = open();
    for (hash, version, message) in [
        (hash("{ other }"), 1, "provided sha does not match query"),
        ("nonsense".to_owned(), 1, "`sha256Hash` is 64 hexadecimal digits"),
        (hash(ASK), 2, "Unsupported persisted query version"),
    ] {
        let body =
            json!({ "query": ASK, "extensions": { "persistedQuery": { "version": version, "sha256Hash": hash } } });
        let answer = ask(&router, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["errors"][0]["message"], message);
    }
    assert_eq!(ask(&router, &by_hash(&hash(ASK))).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn a_mutation_by_its_hash_is_still_none_for_get() {
    let router = open();
    let act = "mutation { restock(upc: \"table\") { upc } }";
    let mut whole = by_hash(&hash(act));
    whole["query"] = json!(act);
    assert_eq!(ask(&router, &whole).await.status, StatusCode::OK);
    let extensions = whole["extensions"].to_string().bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let get = Request::get(format!("/graphql?extensions={extensions}")).body(Body::empty()).unwrap();
    assert_eq!(send(&router, get).await.code(), "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn only_so_many_documents_are_remembered() {
    let policy = Policy { persisted_queries: 4, ..Policy::default() };
    let router = router(Shop::builder().policy(policy).build().gateway);
    let text = |number: usize| format!("query Q{number} {{ whoami }}");
    for number in 0..12 {
        let mut whole = by_hash(&hash(&text(number)));
        whole["query"] = json!(text(number));
        assert_eq!(ask(&router, &whole).await.status, StatusCode::OK);
    }
    assert_eq!(ask(&router, &by_hash(&hash(&text(11)))).await.status, StatusCode::OK);
    assert_eq!(ask(&router, &by_hash(&hash(&text(0)))).await.status, StatusCode::NOT_FOUND);
    let off = Policy { persisted_queries: 0, ..Policy::default() };
    let router = pipewright_gateway::router(Shop::builder().policy(off).build().gateway);
    assert_eq!(ask(&router, &by_hash(&hash(ASK))).await.code(), "PERSISTED_QUERY_NOT_SUPPORTED");
}

#[tokio::test]
async fn only_the_documents_of_the_list_run_where_that_is_the_rule() {
    let manifest = json!({
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{ "id": "who-1", "name": "Who", "type": "query", "body": ASK }],
    });
    let trusted = Some(Arc::new(TrustedDocuments::parse(&manifest.to_string()).unwrap()));
    let policy = Policy { trusted: trusted.clone(), trusted_only: true, ..Policy::default() };
    let closed = router(Shop::builder().policy(policy).build().gateway);
    let expected = json!({ "data": { "me": { "name": "Ada" } } });
    // By its id or with its text.
    assert_eq!(ask(&closed, &by_hash("who-1")).await.json(), expected);
    assert_eq!(ask(&closed, &json!({ "query": ASK })).await.json(), expected);
    let mut registering = by_hash(&hash("{ whoami }"));
    registering["query"] = json!("{ whoami }");
    for other in
        [json!({ "query": "{ whoami }" }), json!({ "query": format!("{ASK} ") }), registering, by_hash("who-2")]
    {
        let answer = ask(&closed, &other).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::FORBIDDEN, "QUERY_NOT_IN_SAFELIST"),
            "{other}"
        );
    }
    // Otherwise the list only saves bytes.
    let open = router(Shop::builder().policy(Policy { trusted, ..Policy::default() }).build().gateway);
    assert_eq!(ask(&open, &by_hash("who-1")).await.json(), expected);
    assert_eq!(ask(&open, &json!({ "query": "{ whoami }" })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_rule_without_a_list_lets_nothing_run() {
    let policy = Policy { trusted_only: true, ..Policy::default() };
    let router = router(Shop::builder().policy(policy).build().gateway);
    assert_eq!(ask(&router, &json!({ "query": ASK })).await.code(), "QUERY_NOT_IN_SAFELIST");
}
