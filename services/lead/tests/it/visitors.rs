//! Who comes to forms and pages, without a key.

use std::net::SocketAddr;

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode},
};
use serde_json::{Value, json};
use testkit::ServiceTest;
use tower::ServiceExt;

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}: {}", self.status, self.body))
    }
}

pub async fn call(test: &ServiceTest, request: Request<Body>) -> Answer {
    let response = test.service.parts.http.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// What a browser sends, from an address of its own.
pub async fn browse(test: &ServiceTest, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send(test, method, path, headers, body.to_owned().into_bytes()).await
}

pub async fn send(test: &ServiceTest, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("host", "crm.example");
    let given = |name: &str| headers.iter().any(|(known, _)| *known == name);
    if !given("accept") {
        request = request.header("accept", "text/html,application/xhtml+xml");
    }
    if !given("content-type") {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body)).unwrap();
    let address: SocketAddr = "192.0.2.7:4242".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(address));
    call(test, request).await
}

/// What a program sends.
pub async fn post_json(test: &ServiceTest, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("accept", "application/json"), ("content-type", "application/json")];
    all.extend_from_slice(headers);
    send(test, "POST", path, &all, body.to_string().into_bytes()).await
}

/// A form with what `more` says beside the usual; its id, and the path that it is submitted to.
pub async fn form(test: &ServiceTest, more: Value) -> (Value, String) {
    const CREATE: &str = "mutation($input: CreateFormInput!) { createForm(input: $input) {
        form { id url } errors { code field message } } }";
    let mut input = json!({
        "name": "Demo", "source": "Website",
        "fields": [
            { "slug": "email", "label": "E-mail", "kind": "EMAIL", "required": true, "leadField": "EMAIL" },
            { "slug": "name", "label": "First name", "leadField": "FIRST_NAME" },
            { "slug": "company", "label": "Company", "leadField": "COMPANY" },
            { "slug": "text", "label": "What for?", "kind": "LONG_TEXT", "leadField": "MESSAGE" },
            { "slug": "size", "label": "How big?", "kind": "CHOICE", "options": ["Small", "Large"] },
        ],
        "consent": { "purpose": "newsletter", "text": "Write to me." },
    });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    let mut made = test.graphql(CREATE, json!({ "input": input })).await["createForm"].take();
    assert_eq!(made["errors"], json!([]));
    let url = made["form"]["url"].as_str().unwrap().to_owned();
    (made["form"]["id"].take(), url)
}

/// Every lead with what forms took in for it, by its address.
pub async fn leads(test: &ServiceTest) -> Value {
    const LEADS: &str = "{ leads(first: 50) { edges { node { email firstName company message source captures {
        at utm { source medium campaign term content } consent { purpose text version page confirmedAt }
        answers { label value } form { name } page { slug } variant } } } } }";
    let data = test.graphql(LEADS, json!({})).await;
    let edges = data["leads"]["edges"].as_array().unwrap().clone();
    let by_email = |mut edge: Value| {
        let node = edge["node"].take();
        (node["email"].as_str().unwrap().to_owned(), node)
    };
    Value::Object(edges.into_iter().map(by_email).collect())
}
