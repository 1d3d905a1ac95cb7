use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use chrono::TimeDelta;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use kernel::Actor;
use pipewright_gateway::{HttpAuthenticator, HttpSubgraph, Limits, Policy, Probe, router};
use platform::{
    auth::{ACTOR_HEADER, AuthError, Authenticator},
    config::Secret,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::shop::{Shop, clock, customer, reqwest_client, serve, tokens};

pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(body.to_vec()).unwrap() }
}

pub fn post(headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body.into()).unwrap()
}

pub fn query(query: &str) -> String {
    json!({ "query": query }).to_string()
}

pub fn open() -> Router {
    router(Shop::in_process().gateway)
}

pub const RESPONSE: &str = "application/graphql-response+json";

#[tokio::test]
async fn an_answer_comes_in_the_type_that_was_asked_for() {
    let router = open();
    for (accept, media) in [
        (RESPONSE, "application/graphql-response+json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
    ] {
        let answer = send(&router, post(&[("accept", accept)], query("{ me { name } }"))).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), media);
        assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
        assert_eq!(answer.json(), json!({ "data": { "me": { "name": "Ada" } } }));
    }
    let answer = send(&router, post(&[("accept", "text/html")], query("{ me { name } }"))).await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_refusal_has_the_status_that_its_media_type_promises() {
    let router = open();
    for broken in ["{ me { name }", "{ me { shoes } }"] {
        let id = ("x-request-id", "same");
        let strict = send(&router, post(&[("accept", RESPONSE), id], query(broken))).await;
        assert_eq!(strict.status, StatusCode::BAD_REQUEST, "{broken}");
        let lenient = send(&router, post(&[("accept", "application/json"), id], query(broken))).await;
        assert_eq!(lenient.status, StatusCode::OK, "{broken}");
        assert_eq!(strict.json(), lenient.json());
    }
    for (body, accept) in [("{", RESPONSE), ("{}", "application/json"), ("7", RESPONSE), ("{\"query\": 1}", "*/*")] {
        let answer = send(&router, post(&[("accept", accept)], body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.code(), "BAD_REQUEST");
    }
    let partial = send(&router, post(&[("accept", RESPONSE)], query("{ broken me { name } }"))).await;
    assert_eq!(partial.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let router = open();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"] {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, content_type);
        let answer = send(&router, request.body(Body::from(query("{ whoami }"))).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_declared_or_not() {
    let limits = Limits { body_bytes: 100, ..Limits::default() };
    let router = router(Shop::builder().limits(limits).build().gateway);
    let large = query(&format!("{{ whoami }} # {}", "x".repeat(100)));
    let declared = post(&[("content-length", &large.len().to_string())], large.clone());
    let chunks: Vec<Result<String, std::io::Error>> =
        large.as_bytes().chunks(40).map(|chunk| Ok(String::from_utf8_lossy(chunk).into_owned())).collect();
    let streamed = post(&[], Body::from_stream(futures::stream::iter(chunks)));
    for request in [declared, streamed] {
        let answer = send(&router, request).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.code(), "PAYLOAD_TOO_LARGE");
    }
    assert_eq!(send(&router, post(&[], query("{ whoami }"))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_query_may_come_by_get_and_a_mutation_may_not() {
    let router = open();
    let get = |query: &str| Request::get(format!("/graphql?{query}")).body(Body::empty()).unwrap();
    let ask = "query=query(%24u%3AID!)%7Bproduct(upc%3A%24u)%7Btitle%7D%7D&variables=%7B%22u%22%3A%22chair%22%7D";
    let answer = send(&router, get(ask)).await;
    assert_eq!(answer.json(), json!({ "data": { "product": { "title": "Chair" } } }));
    for accept in [RESPONSE, "application/json"] {
        let act = "/graphql?query=mutation%7Brestock(upc%3A%22table%22)%7Bupc%7D%7D";
        let answer = send(&router, Request::get(act).header("accept", accept).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "POST");
        assert_eq!(answer.code(), "METHOD_NOT_ALLOWED");
    }
    assert_eq!(send(&router, get("variables=%7B%7D")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send(&router, get("query=%7Bwhoami%7D&variables=nonsense")).await.status, StatusCode::BAD_REQUEST);
    let put = send(&router, Request::put("/graphql").body(Body::empty()).unwrap()).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(put.header("allow"), "GET, HEAD, POST, OPTIONS");
}

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let router = open();
    let answer = send(&router, post(&[("x-request-id", "page-7.a")], query("{ whoami }"))).await;
    assert_eq!(answer.header("x-request-id"), "page-7.a");
    for unfit in ["", "has space", &"x".repeat(200)] {
        let answer = send(&router, post(&[("x-request-id", unfit)], query("{ whoami }"))).await;
        assert_eq!(answer.header("x-request-id").len(), 24, "{unfit}");
    }
}

#[tokio::test]
async fn any_operation_can_come_as_server_sent_events() {
    let router = open();
    let events = |text: &str| post(&[("accept", "text/event-stream")], query(text));
    let answer = send(&router, events("{ me { name } }")).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let expected = ":\n\nevent: next\ndata: {\"data\":{\"me\":{\"name\":\"Ada\"}}}\n\nevent: complete\ndata:\n\n";
    assert_eq!(answer.text, expected);
    let answer = send(&router, events("subscription { countdown(from: 1) }")).await;
    assert_eq!(answer.text.matches("event: next").count(), 2, "{}", answer.text);
    let answer = send(&router, post(&[], query("subscription { countdown(from: 1) }"))).await;
    assert_eq!(answer.code(), "BAD_REQUEST");
}

#[tokio::test]
async fn a_stream_that_does_not_begin_has_the_status_of_its_refusal() {
    let router = open();
    let events = ("accept", "text/event-stream");
    for (asked, status, code) in [
        ("{ shoes }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", 400, "GRAPHQL_PARSE_FAILED"),
        ("subscription { shoes }", 400, "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let answer = send(&router, post(&[events], query(asked))).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{asked}");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    }
    let persisted = json!({ "version": 1, "sha256Hash": "0".repeat(64) });
    let unknown = json!({ "extensions": { "persistedQuery": persisted } }).to_string();
    assert_eq!(send(&router, post(&[events], unknown)).await.status, StatusCode::NOT_FOUND);
    let act = "/graphql?query=mutation%7Brestock(upc%3A%22table%22)%7Bupc%7D%7D";
    let answer = send(&router, Request::get(act).header(events.0, events.1).body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"));
    assert_eq!(answer.code(), "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn what_is_nowhere_is_said_in_the_same_words() {
    let nowhere = Request::get("/nowhere").header("x-request-id", "req-1").body(Body::empty()).unwrap();
    let answer = send(&open(), nowhere).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
    assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], "req-1");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn pages_and_probes_say_why_they_refuse() {
    let router = open();
    let (json, html) = ("application/json", "text/html; charset=utf-8");
    for (method, path, status, code, media) in [
        ("POST", "/live", 405, "METHOD_NOT_ALLOWED", json),
        ("DELETE", "/ready", 405, "METHOD_NOT_ALLOWED", json),
        ("PUT", "/metrics", 405, "METHOD_NOT_ALLOWED", json),
        ("GET", "/metrics", 403, "FORBIDDEN", json),
        ("POST", "/", 405, "METHOD_NOT_ALLOWED", html),
        ("PATCH", "/assets/nothing.js", 405, "METHOD_NOT_ALLOWED", html),
        ("GET", "/assets/nothing.js", 404, "NOT_FOUND", html),
        ("GET", "/assets/%FF", 400, "BAD_REQUEST", html),
    ] {
        let request = Request::builder().method(method).uri(path).header("x-request-id", "req-1");
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, media), "{method} {path}");
        assert!(answer.text.contains(code), "{method} {path}: {}", answer.text);
        assert_eq!(answer.header("allow"), if status == 405 { "GET,HEAD" } else { "" }, "{method} {path}");
        assert_eq!(answer.header("x-request-id"), "req-1", "{method} {path}");
        if media == json {
            assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], "req-1", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_request_is_told_so_before_it_matters_where_it_comes_from() {
    let policy = Policy { csrf_prevention: true, ..Policy::default() };
    let router = router(Shop::builder().authenticator(Keys(Arc::default())).policy(policy).build().gateway);
    let asks = "/graphql?query=%7Bwhoami%7D";
    for (method, uri, status, code) in [
        ("PUT", "/graphql", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", asks, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/graphql", 400, "BAD_REQUEST"),
        ("GET", "/graphql?query=", 400, "BAD_REQUEST"),
        ("GET", "/graphql?query=%7Bwhoami%7D&variables=nonsense", 400, "BAD_REQUEST"),
        ("GET", asks, 400, "CSRF_PREVENTED"),
        ("POST", "/graphql", 400, "CSRF_PREVENTED"),
    ] {
        let answer = send(&router, Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{method} {uri}");
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{method} {uri}");
    }
    // A method that opens no WebSocket is told so too.
    let upgrade = Request::put("/graphql").header("upgrade", "websocket").body(Body::empty()).unwrap();
    assert_eq!(send(&router, upgrade).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

/// Knows a key that opens everything, and counts how often it was asked.
pub struct Keys(pub Arc<AtomicUsize>);

impl Authenticator for Keys {
    fn authenticate(&self, credential: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let answer = match credential {
            "good" => Ok(customer()),
            "later" => Err(AuthError::Unavailable),
            _ => Err(AuthError::BadCredential),
        };
        async { answer }.boxed()
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_key() {
    let router = router(Shop::builder().authenticator(Keys(Arc::default())).build().gateway);
    for headers in
        [&[][..], &[("authorization", "Bearer bad")], &[("authorization", "Basic good")], &[("x-api-key", "")]]
    {
        let answer = send(&router, post(headers, query("{ whoami }"))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{headers:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.code(), "UNAUTHENTICATED");
        assert_eq!(answer.json().get("data"), None);
    }
    for headers in [[("authorization", "Bearer good")], [("x-api-key", "good")], [("authorization", "bearer good")]] {
        let answer = send(&router, post(&headers, query("{ whoami }"))).await;
        assert_eq!(answer.json(), json!({ "data": { "whoami": "customer" } }), "{headers:?}");
    }
    let answer = send(&router, post(&[("x-api-key", "later")], query("{ whoami }"))).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    // The page asks for a key; it is itself open.
    assert_eq!(send(&router, Request::get("/").body(Body::empty()).unwrap()).await.status, StatusCode::OK);
}

/// Asks for the metrics from this address.
fn scrape(peer: [u8; 4], headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::get("/metrics").extension(ConnectInfo(SocketAddr::from((peer, 5))));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Body::empty()).unwrap()
}

const HERE: [u8; 4] = [127, 0, 0, 1];
const AWAY: [u8; 4] = [192, 0, 2, 1];
const BY_NAME: (&str, &str) = ("host", "localhost:4000");

#[tokio::test]
async fn without_a_token_the_metrics_are_for_this_machine_and_no_key_opens_them() {
    let policy = Policy { client_address_header: Some("x-client".parse().unwrap()), ..Policy::default() };
    let router = router(Shop::builder().authenticator(Keys(Arc::default())).policy(policy).build().gateway);
    assert_eq!(send(&router, scrape(HERE, &[BY_NAME])).await.text, "shop_metric 1\n");
    let key = ("x-api-key", "good");
    for (peer, headers) in [
        (AWAY, vec![BY_NAME]),
        (AWAY, vec![BY_NAME, key]),
        // A proxy on this machine speaks for others, and so does a page that has its own name lead here.
        (HERE, vec![BY_NAME, key, ("x-forwarded-for", "127.0.0.1")]),
        (HERE, vec![BY_NAME, key, ("x-client", "127.0.0.1")]),
        (HERE, vec![("host", "rebound.example:4000"), key]),
    ] {
        let answer = send(&router, scrape(peer, &headers)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "FORBIDDEN"), "{peer:?} {headers:?}");
    }
    let nowhere = Request::get("/metrics").header("host", "localhost").body(Body::empty()).unwrap();
    assert_eq!(send(&router, nowhere).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_scraper_has_a_token_of_its_own_and_nothing_else_opens_the_metrics_then() {
    let policy = Policy { metrics_token: Some(Secret::new("scraper")), ..Policy::default() };
    let router = router(Shop::builder().authenticator(Keys(Arc::default())).policy(policy).build().gateway);
    assert_eq!(send(&router, scrape(AWAY, &[("authorization", "Bearer scraper")])).await.text, "shop_metric 1\n");
    for key in ["", "Bearer ", "Bearer scrape", "Bearer good", "Bearer later"] {
        let answer = send(&router, scrape(HERE, &[BY_NAME, ("authorization", key)])).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"), "{key}");
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{key}");
    }
}

#[tokio::test]
async fn a_key_is_remembered_for_five_seconds_and_a_refusal_not_at_all() {
    let (asked, clock) = (Arc::new(AtomicUsize::new(0)), clock());
    let shop = Shop::builder().authenticator(Keys(asked.clone())).clock(clock.clone()).build();
    let router = router(shop.gateway);
    for (key, after, expected) in [("good", 0, 1), ("good", 4, 1), ("good", 1, 2), ("bad", 0, 3), ("bad", 0, 4)] {
        clock.advance(TimeDelta::seconds(after));
        send(&router, post(&[("x-api-key", key)], query("{ whoami }"))).await;
        assert_eq!(asked.load(Ordering::Relaxed), expected, "{key} after {after}");
    }
}

#[tokio::test]
async fn no_mutation_is_let_in_by_what_is_remembered() {
    let asked = Arc::new(AtomicUsize::new(0));
    let shop = Shop::builder().authenticator(Keys(asked.clone())).build();
    let router = router(shop.gateway);
    let act = "mutation { restock(upc: \"table\") { upc } }";
    // Before the operation is known, the credential opens the door, which is remembered.
    for (document, expected) in [("{ whoami }", 1), ("{ whoami }", 1), (act, 2), (act, 3), ("{ whoami }", 3)] {
        let answer = send(&router, post(&[("x-api-key", "good")], query(document))).await;
        assert_eq!(answer.json().get("errors"), None);
        assert_eq!(asked.load(Ordering::Relaxed), expected, "{document}");
    }
}

#[tokio::test]
async fn a_key_that_is_lost_while_the_body_comes_is_told_as_one_that_is_bad() {
    let act = "mutation { restock(upc: \"table\") { upc } }";
    for accept in [RESPONSE, "application/json", "text/event-stream"] {
        let revoked = Arc::new(AtomicBool::new(false));
        let shop = Shop::builder().authenticator(Revocable(revoked.clone())).build();
        let body = stream::once(async move {
            revoked.store(true, Ordering::Relaxed);
            Ok::<_, std::io::Error>(query(act))
        });
        let request = post(&[("x-api-key", "good"), ("accept", accept)], Body::from_stream(body));
        let answer = send(&router(shop.gateway), request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "UNAUTHENTICATED"), "{accept}");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{accept}");
        assert!(shop.world.notes().is_empty(), "{accept}");
    }
}

/// A key that ends; counts who asks.
struct Ending(Arc<AtomicUsize>, kernel::Timestamp);

impl Authenticator for Ending {
    fn authenticate(&self, _: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let actor = Actor { expires_at: Some(self.1), ..(*customer()).clone() };
        async { Ok(Arc::new(actor)) }.boxed()
    }
}

#[tokio::test]
async fn a_key_is_not_remembered_past_its_own_end() {
    let (asked, clock) = (Arc::new(AtomicUsize::new(0)), clock());
    let ending = Ending(asked.clone(), clock.now() + TimeDelta::seconds(2));
    let router = router(Shop::builder().authenticator(ending).clock(clock.clone()).build().gateway);
    // From then on it is asked for at the door and before the operation.
    for (after, expected) in [(0, 1), (1, 1), (1, 3)] {
        clock.advance(TimeDelta::seconds(after));
        send(&router, post(&[("x-api-key", "good")], query("{ whoami }"))).await;
        assert_eq!(asked.load(Ordering::Relaxed), expected, "after {after}");
    }
}

#[tokio::test]
async fn nothing_is_remembered_over_a_change_of_rights() {
    let revoked = Arc::new(AtomicBool::new(false));
    let shop = Shop::builder().authenticator(Revocable(revoked.clone())).build();
    let router = router(shop.gateway.clone());
    let asks = || post(&[("x-api-key", "good")], query("{ whoami }"));
    assert_eq!(send(&router, asks()).await.status, StatusCode::OK);
    revoked.store(true, Ordering::Relaxed);
    assert_eq!(send(&router, asks()).await.status, StatusCode::OK, "nobody has said so");
    shop.gateway.forget_credentials(Some(customer().workspace));
    assert_eq!(send(&router, asks()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_identity_service_is_asked_over_http() {
    let answer = |headers: header::HeaderMap, axum::Json(body): axum::Json<Value>| async move {
        let token = headers.get(ACTOR_HEADER).unwrap().to_str().unwrap();
        assert_eq!(tokens().verify(token).unwrap().kind, kernel::ActorKind::Gateway);
        match body["credential"].as_str() {
            Some("good") => Ok(axum::Json(customer())),
            Some("odd") => Err(StatusCode::IM_A_TEAPOT),
            _ => Err(StatusCode::UNAUTHORIZED),
        }
    };
    let url = serve(Router::new().route("/internal/authenticate", axum::routing::post(answer))).await;
    let authenticator = HttpAuthenticator::new(reqwest_client(), &format!("{url}/"), tokens());
    assert_eq!(authenticator.authenticate("good").await, Ok(customer()));
    assert_eq!(authenticator.authenticate("bad").await, Err(AuthError::BadCredential));
    assert_eq!(authenticator.authenticate("odd").await, Err(AuthError::Unavailable));
    let nobody = HttpAuthenticator::new(reqwest_client(), "http://127.0.0.1:1", tokens());
    assert_eq!(nobody.authenticate("good").await, Err(AuthError::Unavailable));
}

#[tokio::test]
async fn overload_says_when_to_come_back() {
    let limits = Limits { operations: 0, subscriptions: 0, ..Limits::default() };
    let router = router(Shop::builder().limits(limits).build().gateway);
    for accept in [RESPONSE, "application/json", "text/event-stream"] {
        let answer = send(&router, post(&[("accept", accept)], query("{ whoami }"))).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.code(), "OVERLOADED");
        assert_eq!(answer.json()["errors"][0]["extensions"]["retryAfterSeconds"], 1);
    }
    // A stream that does not begin is an answer like any other.
    for (limits, asked) in [
        (Limits { operations: 0, ..Limits::default() }, "{ whoami }"),
        (Limits { subscriptions: 0, ..Limits::default() }, "subscription { countdown(from: 1) }"),
    ] {
        let router = pipewright_gateway::router(Shop::builder().limits(limits).build().gateway);
        let answer = send(&router, post(&[("accept", "text/event-stream")], query(asked))).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{asked}");
        assert_eq!((answer.header("retry-after"), answer.code().as_str()), ("1", "OVERLOADED"));
    }
}

#[tokio::test]
async fn probes_tell_who_is_missing() {
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let router = open();
    assert_eq!(send(&router, get("/live")).await.status, StatusCode::OK);
    assert_eq!(send(&router, get("/ready")).await.status, StatusCode::OK);
    let lame = pipewright_gateway::router(Shop::builder().without("reviews").build().gateway);
    let answer = send(&lame, get("/ready")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["subgraphs"][3], json!({ "name": "reviews", "ready": false, "circuit": "closed" }));
    assert_eq!(answer.json()["subgraphs"][0], json!({ "name": "accounts", "ready": true, "circuit": "closed" }));
    assert_eq!(send(&lame, get("/live")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits { body_time: Duration::from_millis(20), ..Limits::default() };
    let router = router(Shop::builder().limits(limits).build().gateway);
    let begun = stream::iter([Ok::<_, std::io::Error>("{\"query\":")]).chain(stream::pending());
    let answer = send(&router, post(&[], Body::from_stream(begun))).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(answer.code(), "REQUEST_TIMEOUT");
}

#[tokio::test]
async fn a_body_that_does_not_come_holds_no_place() {
    let router = router(Shop::builder().limits(Limits { operations: 1, ..Limits::default() }).build().gateway);
    let begun = stream::iter([Ok::<_, std::io::Error>("{\"query\":")]).chain(stream::pending());
    let mut waiting = std::pin::pin!(send(&router, post(&[], Body::from_stream(begun))));
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    assert_eq!(send(&router, post(&[], query("{ whoami }"))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_subgraph_is_ready_when_its_probe_says_so_too() {
    let get = || Request::get("/ready").body(Body::empty()).unwrap();
    let ready = Arc::new(AtomicBool::new(true));
    let probe: Probe = Arc::new({
        let ready = ready.clone();
        move || std::future::ready(ready.load(Ordering::Relaxed)).boxed()
    });
    let clock = clock();
    let router = router(Shop::builder().probe("reviews", probe).clock(clock.clone()).build().gateway);
    assert_eq!(send(&router, get()).await.status, StatusCode::OK);
    ready.store(false, Ordering::Relaxed);
    clock.advance(TimeDelta::seconds(1));
    let answer = send(&router, get()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["subgraphs"][3], json!({ "name": "reviews", "ready": false, "circuit": "closed" }));
    assert_eq!(answer.json()["subgraphs"][0], json!({ "name": "accounts", "ready": true, "circuit": "closed" }));
}

#[tokio::test]
async fn however_many_ask_whether_it_is_ready_the_subgraphs_are_asked_once_a_second() {
    let (asked, clock) = (Arc::new(AtomicUsize::new(0)), clock());
    let probe: Probe = Arc::new({
        let asked = asked.clone();
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::task::yield_now().await;
                true
            }
            .boxed()
        }
    });
    let router = router(Shop::builder().probe("reviews", probe).clock(clock.clone()).build().gateway);
    for (after, expected) in [(0, 1), (0, 1), (999, 1), (1, 2)] {
        clock.advance(TimeDelta::milliseconds(after));
        let at_once = (0..5).map(|_| send(&router, Request::get("/ready").body(Body::empty()).unwrap()));
        let answers = futures::future::join_all(at_once).await;
        assert!(answers.iter().all(|answer| answer.json()["ready"] == true));
        assert_eq!(asked.load(Ordering::Relaxed), expected, "after {after}");
    }
}

#[tokio::test]
async fn a_subgraph_over_http_is_asked_for_its_own_readiness() {
    for (status, expected) in [
        (StatusCode::OK, true),
        (StatusCode::SERVICE_UNAVAILABLE, false),
        // It has no such page.
        (StatusCode::NOT_FOUND, true),
    ] {
        let url = serve(Router::new().route("/ready", axum::routing::get(move || async move { status }))).await;
        let subgraph =
            HttpSubgraph::new("away", format!("{url}/api/graphql"), reqwest_client(), None, Duration::from_secs(5));
        assert_eq!(subgraph.probe()().await, expected, "{status}");
    }
    let nobody =
        HttpSubgraph::new("away", "http://127.0.0.1:1/graphql", reqwest_client(), None, Duration::from_secs(5));
    assert!(!nobody.probe()().await);
}

#[tokio::test]
async fn a_revoked_key_closes_its_subscriptions() {
    let revoked = Arc::new(AtomicBool::new(false));
    let keys = Revocable(revoked.clone());
    let shop = Shop::builder().over_http().await.authenticator(keys).build();
    let url = serve(router(shop.gateway.clone())).await;
    let request = reqwest_client()
        .post(format!("{url}/graphql"))
        .header("accept", "text/event-stream")
        .header("x-api-key", "good")
        .json(&json!({ "query": "subscription { stockChanged { upc } }" }));
    let mut bytes = request.send().await.unwrap().bytes_stream();
    assert_eq!(bytes.next().await.unwrap().unwrap(), ":\n\n");
    let (event, ()) = tokio::join!(bytes.next(), async {
        while shop.world.stock.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
        shop.world.stock.send("chair".into()).unwrap();
    });
    assert!(event.unwrap().unwrap().starts_with(b"event: next\ndata: {\"data\":{\"stockChanged\""));
    revoked.store(true, Ordering::Relaxed);
    shop.gateway.forget_credentials(Some(customer().workspace));
    let rest: Vec<u8> = bytes.map(|chunk| chunk.unwrap().to_vec()).collect::<Vec<_>>().await.concat();
    let rest = String::from_utf8(rest).unwrap();
    let (error, complete) = rest.split_once("\n\n").unwrap();
    let error: Value = serde_json::from_str(error.strip_prefix("event: next\ndata: ").unwrap()).unwrap();
    assert_eq!(error["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(complete, "event: complete\ndata:\n\n");
}

/// Lets everybody in until told otherwise.
pub struct Revocable(pub Arc<AtomicBool>);

impl Authenticator for Revocable {
    fn authenticate(&self, _: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        let answer = if self.0.load(Ordering::Relaxed) { Err(AuthError::BadCredential) } else { Ok(customer()) };
        async { answer }.boxed()
    }
}

#[tokio::test]
async fn a_subscription_crosses_two_hops_of_server_sent_events() {
    let shop = Shop::builder().over_http().await.authenticator(Keys(Arc::default())).build();
    let url = serve(router(shop.gateway.clone())).await;
    let request = reqwest_client()
        .post(format!("{url}/graphql"))
        .header("accept", "text/event-stream")
        .header("x-api-key", "good")
        .json(&json!({ "query": "subscription { stockChanged { upc title reviews { author { name } } } }" }));
    let response = request.send().await.unwrap();
    let mut bytes = response.bytes_stream();
    assert_eq!(bytes.next().await.unwrap().unwrap(), ":\n\n");
    let (event, ()) = tokio::join!(bytes.next(), async {
        while shop.world.stock.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
        shop.world.stock.send("chair".into()).unwrap();
    });
    let event = String::from_utf8(event.unwrap().unwrap().to_vec()).unwrap();
    let data = event.strip_prefix("event: next\ndata: ").unwrap_or_else(|| panic!("{event}"));
    let expected = json!({ "data": { "stockChanged": { "upc": "chair", "title": "Chair", "reviews": [{ "author": { "name": "Ada" } }] } } });
    assert_eq!(serde_json::from_str::<Value>(data.trim()).unwrap(), expected);
    drop(bytes);
    // Whoever hangs up is unsubscribed, all the way down.
    while shop.world.stock.receiver_count() > 0 {
        shop.world.stock.send("chair".into()).ok();
        tokio::task::yield_now().await;
    }
}
