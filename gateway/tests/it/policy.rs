//! What can be switched off, other origins, and the two profiles.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use kernel::Code;
use pipewright_gateway::{Policy, router};
use platform::config::{Layers, Profile};
use serde_json::{Value, json};

use crate::{
    http::{Answer, open, post, query, send},
    shop::Shop,
};

fn with(policy: Policy) -> Router {
    router(Shop::builder().policy(policy).build().gateway)
}

async fn request(router: &Router, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let request = Request::builder().method(method).uri(uri);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(router, request.body(Body::from(body.to_owned())).unwrap()).await
}

const GET: &str = "/graphql?query=%7Bwhoami%7D";

#[tokio::test]
async fn what_a_foreign_page_could_send_unasked_is_refused() {
    let router = with(Policy { csrf_prevention: true, ..Policy::default() });
    let body = query("{ whoami }");
    for (method, uri, headers) in [
        ("GET", GET, vec![]),
        ("GET", GET, vec![("accept", "application/json")]),
        ("GET", GET, vec![("content-type", "text/plain")]),
        ("GET", GET, vec![("x-pipewright-csrf", "")]),
        ("HEAD", GET, vec![]),
        ("POST", "/graphql", vec![]),
        ("POST", "/graphql", vec![("content-type", "text/plain; application/json")]),
        ("POST", "/graphql", vec![("content-type", "application/x-www-form-urlencoded")]),
    ] {
        let answer = request(&router, method, uri, &headers, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {headers:?}");
        if method != "HEAD" {
            assert_eq!(answer.code(), "CSRF_PREVENTED", "{method} {headers:?}");
        }
    }
    for (method, uri, headers) in [
        ("GET", GET, vec![("x-pipewright-csrf", "1")]),
        ("GET", GET, vec![("apollo-require-preflight", "true")]),
        ("GET", GET, vec![("content-type", "application/json")]),
        ("GET", GET, vec![("x-api-key", "any")]),
        ("POST", "/graphql", vec![("content-type", "application/json")]),
    ] {
        let answer = request(&router, method, uri, &headers, &body).await;
        assert_eq!(answer.json(), json!({ "data": { "whoami": null } }), "{method} {headers:?}");
    }
}

#[tokio::test]
async fn pages_of_listed_origins_may_call() {
    let router = with(Policy { cors_origins: vec!["https://app.example".into()], ..Policy::default() });
    let preflight = |origin| vec![("origin", origin), ("access-control-request-method", "POST")];
    let answer = request(&router, "OPTIONS", "/graphql", &preflight("https://app.example"), "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(answer.header("access-control-allow-methods"), "GET, POST");
    for name in ["authorization", "content-type", "x-api-key", "x-pipewright-csrf"] {
        assert!(answer.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert_eq!(answer.header("vary"), "origin");
    let origin = ("origin", "https://app.example");
    let json_type = ("content-type", "application/json");
    for body in [query("{ whoami }"), "{".to_owned()] {
        let answer = request(&router, "POST", "/graphql", &[origin, json_type], &body).await;
        assert_eq!(answer.header("access-control-allow-origin"), "https://app.example", "{body}");
        assert_eq!(answer.header("access-control-expose-headers"), "etag, link, location, retry-after, x-request-id");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    for other in ["https://evil.example", "http://app.example", "https://app.example.evil", "null"] {
        let answer = request(&router, "OPTIONS", "/graphql", &preflight(other), "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{other}");
        assert_eq!(answer.header("vary"), "origin");
    }
}

#[tokio::test]
async fn without_a_list_no_page_of_another_origin_may_call_and_a_star_is_everybody() {
    let headers = [("origin", "https://app.example"), ("access-control-request-method", "POST")];
    let answer = request(&open(), "OPTIONS", "/graphql", &headers, "").await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::NO_CONTENT, "GET, HEAD, POST, OPTIONS"));
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{:?}", answer.headers);
    let all = with(Policy { cors_origins: vec!["*".into()], ..Policy::default() });
    let answer = request(&all, "OPTIONS", "/graphql", &headers, "").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let router = with(Policy { introspection: false, ..Policy::default() });
    for ask in [
        "{ __schema { queryType { name } } }",
        "{ a: __type(name: \"User\") { name } whoami }",
        "{ ...f } fragment f on Query { ... { __schema { description } } }",
        "query ($x: Boolean = false) { __schema @include(if: $x) { description } }",
    ] {
        let answer = send(&router, post(&[], query(ask))).await;
        assert_eq!(answer.code(), "INTROSPECTION_DISABLED", "{ask}");
    }
    let answer = send(&router, post(&[], query("{ __typename me { __typename } }"))).await;
    assert_eq!(answer.json(), json!({ "data": { "__typename": "Query", "me": { "__typename": "User" } } }));
}

#[tokio::test]
async fn the_playground_can_be_switched_off() {
    let router = with(Policy { playground: false, ..Policy::default() });
    assert_eq!(request(&router, "GET", "/", &[], "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(request(&router, "GET", "/live", &[], "").await.status, StatusCode::OK);
    assert_eq!(request(&open(), "GET", "/", &[], "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_error_suggests_names_only_where_the_schema_is_no_secret() {
    let quiet = with(Policy { suggestions: false, ..Policy::default() });
    for (ask, suggestion) in [
        ("{ me { nmae } }", "Did you mean `name`?"),
        ("{ product(ucp: 1) { title } }", "Did you mean `upc`?"),
        ("{ products(filter: { limti: 1 }) { title } }", "Did you mean `limit`?"),
        ("{ me { ... on Usr { id } } }", "Did you mean `User`?"),
    ] {
        let told = |answer: Answer| answer.json()["errors"].to_string();
        let helpful = told(send(&open(), post(&[], query(ask))).await);
        assert!(helpful.contains(suggestion), "{ask}: {helpful}");
        let quiet = told(send(&quiet, post(&[], query(ask))).await);
        assert!(!quiet.contains("Did you mean"), "{ask}: {quiet}");
    }
    let far = send(&open(), post(&[], query("{ me { shoes } }"))).await;
    assert!(!far.text.contains("Did you mean"), "{}", far.text);
}

/// Every setting of the gateway with its default, but for the secret.
fn defaults(profile: Profile) -> BTreeMap<String, String> {
    let settings = Layers::defaults().flag("test", "gateway.profile", profile).explain().unwrap();
    let of_gateway = settings.into_iter().filter(|setting| setting.key.starts_with("gateway."));
    of_gateway.map(|setting| (setting.key, setting.value)).filter(|(key, _)| key != "gateway.actor_secret").collect()
}

#[test]
fn the_document_has_the_defaults_of_both_profiles() {
    let document = include_str!("../../../docs/gateway.md");
    let table: BTreeMap<&str, (&str, &str)> = document
        .lines()
        .filter(|line| line.starts_with("| `gateway."))
        .map(|line| {
            let cells: Vec<&str> =
                line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            assert!(cells.len() == 4 && !cells[3].is_empty(), "{line}");
            (cells[0], (cells[1], cells[2]))
        })
        .collect();
    let (development, production) = (defaults(Profile::Development), defaults(Profile::Production));
    let expected: BTreeMap<&str, (&str, &str)> = development
        .iter()
        .map(|(key, value)| (key.as_str(), (value.trim_matches('"'), production[key].trim_matches('"'))))
        .collect();
    assert_eq!(table, expected);
}

#[tokio::test]
async fn production_shows_less_than_development() {
    let of = |profile| {
        let layers = Layers::defaults().flag("test", "gateway.profile", profile);
        let config = layers.config().unwrap().gateway;
        let builder = Shop::builder().limits((&config).into()).policy(Policy::read(&config).unwrap());
        router(builder.build().gateway)
    };
    let introspect = query("{ __schema { queryType { name } } }");
    let open = of(Profile::Development);
    assert!(send(&open, post(&[], introspect.clone())).await.json()["data"].is_object());
    assert_eq!(send(&open, post(&[], query("{ whoami }"))).await.json()["extensions"]["cost"]["requested"], 1);
    let closed = of(Profile::Production);
    assert_eq!(send(&closed, post(&[], introspect)).await.code(), Code::IntrospectionDisabled.as_str());
    let cost = send(&closed, post(&[], query("{ whoami }"))).await.json()["extensions"]["cost"].clone();
    assert_ne!(cost["remaining"], Value::Null, "{cost}");
    assert_eq!(request(&closed, "GET", GET, &[], "").await.code(), "CSRF_PREVENTED");
}
