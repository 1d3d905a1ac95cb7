//! A service that runs alone, at its own address.

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
    routing::{get, post},
};
use pipewright_platform::{
    Parts, ServiceContext, ServiceDef,
    auth::ActorTokens,
    bus::Bus,
    config::{Config, DatabaseConfig, Secret},
    db::Migrations,
    door::{Door, Rules},
    graphql::InProcess,
    service::{Service, standalone::router},
};
use sqlx::migrate::Migrator;
use tower::ServiceExt;

use crate::clock;

struct Query;

#[Object]
impl Query {
    async fn greeting(&self) -> &'static str {
        "hello"
    }
}

fn schema() -> Schema<Query, EmptyMutation, EmptySubscription> {
    Schema::new(Query, EmptyMutation, EmptySubscription)
}

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;

const SERVICE: ServiceDef = ServiceDef {
    name: "greeting",
    migrations: Migrations::new(&NO_MIGRATIONS),
    port: 0,
    build: |context| Box::pin(build(context)),
    sdl: || schema().sdl(),
};

async fn build(_: ServiceContext) -> anyhow::Result<Parts> {
    let mut parts = Parts::new(Arc::new(InProcess::new(schema())));
    parts.api = Router::new().route("/api", post(|| async { "for clients" }));
    parts.http = Router::new().route("/page", get(|| async { "for people" }));
    parts.internal = Router::new().route("/internal", post(|| async { "for gateways" }));
    Ok(parts)
}

#[tokio::test]
async fn whatever_a_service_by_itself_refuses_says_why() {
    let database = DatabaseConfig { url: Secret::new("sqlite::memory:") };
    let (config, clock) = (Config { database, ..Config::default() }, clock());
    let bus = Bus::connect("local::memory:", clock.clone()).await.unwrap();
    let tokens = ActorTokens::new(b"test", clock.clone());
    let door = Door::new(Rules::read(&config.gateway).unwrap(), clock.clone());
    let service = Service::open(SERVICE, bus, clock, Arc::new(config), tokens).await.unwrap();
    let router = router(&service, &door);
    let ask = async |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("x-request-id", "req-1");
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let told = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let head = (answer.status().as_u16(), told("content-type"), told("allow"), told("x-request-id"));
        let text = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (head, String::from_utf8(text.to_vec()).unwrap())
    };
    let (json, html) = ("application/json", "text/html; charset=utf-8");
    for (method, path, status, media, allow, code) in [
        ("POST", "/graphql", 401, json, "", "UNAUTHENTICATED"),
        ("GET", "/graphql", 405, json, "POST", "METHOD_NOT_ALLOWED"),
        ("POST", "/live", 405, json, "GET,HEAD", "METHOD_NOT_ALLOWED"),
        ("PUT", "/ready", 405, json, "GET,HEAD", "METHOD_NOT_ALLOWED"),
        ("DELETE", "/metrics", 405, json, "GET,HEAD", "METHOD_NOT_ALLOWED"),
        ("GET", "/internal", 405, json, "POST", "METHOD_NOT_ALLOWED"),
        ("GET", "/api", 405, json, "POST", "METHOD_NOT_ALLOWED"),
        ("POST", "/page", 405, html, "GET,HEAD", "METHOD_NOT_ALLOWED"),
        ("GET", "/nowhere", 404, json, "", "NOT_FOUND"),
    ] {
        let (head, text) = ask(method, path).await;
        assert_eq!(head, (status, media.to_owned(), allow.to_owned(), "req-1".to_owned()), "{method} {path}");
        assert!(text.contains(code), "{method} {path}: {text}");
        assert_eq!(text.contains("\"requestId\":\"req-1\""), media == json, "{method} {path}: {text}");
    }
    for (method, path, answer) in
        [("POST", "/api", "for clients"), ("GET", "/page", "for people"), ("POST", "/internal", "for gateways")]
    {
        let ((status, ..), text) = ask(method, path).await;
        assert_eq!((status, text.as_str()), (200, answer), "{path}");
    }
}
