//! What clients outside meet wherever something is served to them.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    extract::{ConnectInfo, Path},
    http::{HeaderMap, Request, Response, StatusCode, header},
    response::Html,
    routing::{get, post},
};
use futures::{StreamExt, channel::mpsc, poll, stream};
use kernel::Clock;
use pipewright_platform::{
    config::GatewayConfig,
    door::{Arrival, Door, Refusal, Rules, read_json, refusal_page},
    http::{bind, refusal, serve},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

fn door(change: impl FnOnce(&mut GatewayConfig)) -> Door {
    let mut config = GatewayConfig { csrf_prevention: true, ..GatewayConfig::default() };
    config.cors_origins = vec!["https://app.example".into()];
    config.client_address_header = "x-forwarded-for".into();
    change(&mut config);
    Door::new(Rules::read(&config).unwrap(), Clock::fixed(kernel::Timestamp::UNIX_EPOCH, 1))
}

fn guarded(router: Router, change: impl FnOnce(&mut GatewayConfig)) -> Router {
    door(change).guarded(router, "GET, POST", refusal)
}

fn greeting() -> Router {
    let named = |Extension(arrival): Extension<Arrival>| async move {
        format!("{} from {:?}", arrival.request_id, arrival.address)
    };
    Router::new().route("/", get(named).post(named))
}

async fn ask(router: &Router, method: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let request = Request::builder().method(method).uri("/");
    let request = request.extension(ConnectInfo("192.0.2.1:5".parse::<SocketAddr>().unwrap()));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_request_is_known_by_its_id_and_by_where_it_comes_from() {
    let router = guarded(greeting(), |_| {});
    let named = ask(&router, "GET", &[("x-request-id", "req-1"), ("x-forwarded-for", "10.0.0.1, 2001:db8::7")]).await;
    assert_eq!(named.headers()["x-request-id"], "req-1");
    assert_eq!(named.headers()["cache-control"], "no-store");
    assert_eq!(text(named).await, "req-1 from Some(2001:db8::7)");
    let unfit = ask(&router, "GET", &[("x-request-id", "two words"), ("x-forwarded-for", "nonsense")]).await;
    let id = unfit.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(id.len(), 24);
    assert_eq!(text(unfit).await, format!("{id} from Some(192.0.2.1)"));
    let direct = guarded(greeting(), |config| config.client_address_header = String::new());
    let told = text(ask(&direct, "GET", &[("x-request-id", "a"), ("x-forwarded-for", "10.0.0.1")]).await).await;
    assert_eq!(told, "a from Some(192.0.2.1)", "nobody else's word counts");
}

#[tokio::test]
async fn what_may_act_and_came_unasked_is_refused() {
    let router = guarded(greeting(), |_| {});
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (method, headers, expected) in [
        ("POST", vec![], 400),
        ("POST", vec![form], 400),
        ("POST", vec![form, ("x-pipewright-csrf", "1")], 200),
        ("POST", vec![("content-type", "application/json")], 200),
        ("GET", vec![], 200),
    ] {
        let response = ask(&router, method, &headers).await;
        assert_eq!(response.status().as_u16(), expected, "{method} {headers:?}");
        assert!(response.headers().contains_key("x-request-id"));
        if expected == 400 {
            assert!(text(response).await.contains("CSRF_PREVENTED"));
        }
    }
}

#[tokio::test]
async fn options_of_the_whole_server_says_that_it_is_there() {
    let door = door(|_| {});
    let router = door.guarded(greeting(), "GET, POST", refusal).merge(door.elsewhere(refusal));
    for (path, status) in [("*", 204), ("/nowhere", 404)] {
        let request = Request::builder().method("OPTIONS").uri(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn whoever_says_twice_who_they_are_or_what_they_want_is_refused() {
    let door = door(|_| {});
    let pages = Router::new().route("/page", get(|| async { "hello" }));
    let router = door.guarded(greeting(), "GET, POST", refusal).merge(door.unguarded(pages, refusal));
    for path in ["/", "/page"] {
        for name in ["authorization", "x-api-key", "idempotency-key"] {
            for (values, status) in [(&["a"][..], 200), (&["a", "b"][..], 400), (&["a", "a"][..], 400)] {
                let request = values.iter().fold(Request::get(path), |request, value| request.header(name, *value));
                let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
                assert_eq!(answer.status().as_u16(), status, "{path} {name} {values:?}");
                if status == 400 {
                    let error = error(answer).await;
                    assert_eq!(error["code"], "BAD_REQUEST", "{path} {name}");
                    assert!(error["requestId"].is_string(), "{path} {name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn pages_of_listed_origins_may_call() {
    let router = guarded(greeting(), |_| {});
    let asks = |origin| [("origin", origin), ("access-control-request-method", "POST")];
    let answer = ask(&router, "OPTIONS", &asks("https://app.example")).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
    assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, POST");
    let answer = ask(&router, "GET", &[("origin", "https://app.example")]).await;
    assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
    let other = ask(&router, "OPTIONS", &asks("https://evil.example")).await;
    assert!(!other.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    let closed = guarded(greeting(), |config| config.cors_origins.clear());
    let answer = ask(&closed, "OPTIONS", &asks("https://app.example")).await;
    assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_METHODS));
}

#[tokio::test]
async fn one_request_too_many_is_turned_away_with_a_time_to_come_back() {
    let (here, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (here, go) = (here.clone(), go.clone());
        move || async move {
            here.notify_one();
            go.notified().await;
            // A body that has no end keeps its place.
            Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>())
        }
    };
    let router = Router::new().route("/", get(|| async { "quick" })).route("/slow", post(slow));
    let router = guarded(router, |config| config.max_in_flight = 1);
    let request = Request::post("/slow").header("content-type", "application/json").body(Body::empty()).unwrap();
    let first = router.clone().oneshot(request);
    let turned_away = async {
        here.notified().await;
        let refused = ask(&router, "GET", &[]).await;
        go.notify_one();
        refused
    };
    let both = async { tokio::join!(first, turned_away) };
    let (first, refused) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert!(text(refused).await.contains("OVERLOADED"));
    assert_eq!(ask(&router, "GET", &[]).await.status(), 503, "it is still being sent");
    drop(first);
    assert_eq!(ask(&router, "GET", &[]).await.status(), 200);
}

/// Says how long the bodies are that it is sent, and has something that never ends.
fn reading(patience: Duration) -> Router {
    let length = move |headers: HeaderMap, body: Body| async move {
        match read_json(&headers, body, 100, patience).await {
            Ok(body) => Ok(body.len().to_string()),
            Err((code, why)) => Err(refusal(code, &why)),
        }
    };
    let endless = || async { Body::from_stream(stream::pending::<Result<Vec<u8>, io::Error>>()) };
    let router = Router::new().route("/", get(|| async { "quick" }).post(length)).route("/endless", get(endless));
    guarded(router, |config| config.max_in_flight = 1)
}

fn sending(body: Body) -> Request<Body> {
    Request::post("/").header("content-type", "application/json").body(body).unwrap()
}

#[tokio::test]
async fn whoever_is_waited_for_holds_no_place() {
    let router = reading(Duration::from_secs(60));
    let (send, body) = mpsc::unbounded::<Result<&str, io::Error>>();
    let mut half = pin!(router.clone().oneshot(sending(Body::from_stream(body))));
    for more in ["{", " "] {
        send.unbounded_send(Ok(more)).unwrap();
        assert!(poll!(half.as_mut()).is_pending());
        assert_eq!(ask(&router, "GET", &[]).await.status(), 200);
    }
    send.unbounded_send(Ok("}")).unwrap();
    drop(send);
    assert_eq!(text(half.await.unwrap()).await, "3");
}

#[tokio::test]
async fn a_body_whose_place_was_taken_meanwhile_is_turned_away_with_a_time_to_come_back() {
    let router = reading(Duration::from_secs(60));
    let (send, body) = mpsc::unbounded::<Result<&str, io::Error>>();
    let mut half = pin!(router.clone().oneshot(sending(Body::from_stream(body))));
    assert!(poll!(half.as_mut()).is_pending());
    let request = Request::get("/endless").body(Body::empty()).unwrap();
    let other = router.clone().oneshot(request).await.unwrap();
    send.unbounded_send(Ok("{}")).unwrap();
    drop(send);
    let refused = half.await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(error(refused).await["code"], "OVERLOADED");
    drop(other);
    assert_eq!(text(router.oneshot(sending(Body::from("{}"))).await.unwrap()).await, "2");
}

#[tokio::test]
async fn a_body_that_does_not_come_to_its_end_is_not_waited_for() {
    let router = reading(Duration::from_millis(20));
    let half = stream::iter([Ok::<_, io::Error>("{")]).chain(stream::pending());
    let refused = router.oneshot(sending(Body::from_stream(half))).await.unwrap();
    assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(error(refused).await["code"], "REQUEST_TIMEOUT");
}

#[tokio::test]
async fn a_body_that_is_broken_off_or_no_body_is_not_called_too_large() {
    let router = reading(Duration::from_secs(60));
    let length = |length: usize| format!("content-length: {length}\r\n\r\n");
    let chunks = |chunks: &str| format!("transfer-encoding: chunked\r\n\r\n{chunks}");
    // With the end of what the client sends, or without.
    let sent = [
        (length(100) + "{", true, "400", "BAD_REQUEST"),
        (chunks("0x1c\r\n{}"), false, "400", "BAD_REQUEST"),
        (chunks("-1\r\n{}"), false, "400", "BAD_REQUEST"),
        (chunks("\r\n{}"), false, "400", "BAD_REQUEST"),
        (chunks("fffffffffffffffff\r\n{}"), false, "400", "BAD_REQUEST"),
        (length(101) + "{", false, "413", "PAYLOAD_TOO_LARGE"),
        (chunks(&format!("65\r\n{}\r\n0\r\n\r\n", " ".repeat(101))), false, "413", "PAYLOAD_TOO_LARGE"),
        (chunks("2\r\n{}\r\n0\r\n\r\n"), false, "200", "\r\n\r\n2"),
    ];
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let asking = async {
        for (body, ends, status, says) in sent {
            let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            if ends {
                client.shutdown().await.unwrap();
            }
            let mut heard = String::new();
            client.read_to_string(&mut heard).await.unwrap();
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{body}: {heard}");
            assert!(heard.contains(says), "{body}: {heard}");
        }
        stop.cancel();
    };
    let both = async { tokio::join!(serve(listener, router, stop.clone()), asking) };
    tokio::time::timeout(Duration::from_secs(60), both).await.unwrap().0.unwrap();
}

/// The extensions of the one error.
async fn error(response: Response<Body>) -> Value {
    let mut body: Value = serde_json::from_str(&text(response).await).unwrap();
    body["errors"][0]["extensions"].take()
}

#[tokio::test]
async fn every_refusal_has_a_code_and_the_id_of_its_request() {
    let door = door(|_| {});
    let router = door.guarded(greeting(), "GET, POST", refusal).merge(door.elsewhere(refusal));
    for (method, path, status, code) in [
        ("PUT", "/", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/", 400, "CSRF_PREVENTED"),
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("DELETE", "/no/where", 404, "NOT_FOUND"),
    ] {
        let request = Request::builder().method(method).uri(path).header("x-request-id", "req-1");
        let request = if status == 405 { request.header("x-pipewright-csrf", "1") } else { request };
        let refused = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(refused.status().as_u16(), status, "{method} {path}");
        let told = |name: &str| refused.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(told("x-content-type-options").as_deref(), Some("nosniff"), "{method} {path}");
        assert_eq!(told("content-type").as_deref(), Some("application/json"), "{method} {path}");
        assert_eq!(told("allow").as_deref(), (status == 405).then_some("GET,HEAD,POST"), "{method} {path}");
        let error = error(refused).await;
        assert_eq!((&error["code"], &error["requestId"]), (&code.into(), &"req-1".into()), "{method} {path}");
    }
}

/// Refuses with a bare status, in a framework's plain text and in words of its own.
fn pages() -> Router {
    Router::new()
        .route("/page", get(|| async { "hello" }))
        .route("/page/{name}", get(|Path(name): Path<String>| async move { name }))
        .route("/gone", get(|| async { StatusCode::NOT_FOUND }))
        .route("/said", get(|| async { (StatusCode::BAD_REQUEST, "it is <this>") }))
        .route("/busy", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "7")]) }))
        .route("/mine", get(|| async { (StatusCode::NOT_FOUND, Html("mine")) }))
}

#[tokio::test]
async fn what_is_refused_without_a_word_is_told_in_the_form_of_its_door() {
    let door = door(|_| {});
    let forms: [(Refusal, &str, &str); 2] = [
        (refusal, "application/json", "it is <this>"),
        (refusal_page, "text/html; charset=utf-8", "it is &lt;this&gt;"),
    ];
    for (refuse, media, said) in forms {
        let router = door.unguarded(pages(), refuse);
        for (method, path, status, words, beside) in [
            ("POST", "/page", 405, ["METHOD_NOT_ALLOWED", "not the method"], Some(("allow", "GET,HEAD"))),
            ("GET", "/gone", 404, ["NOT_FOUND", "nothing at this path"], None),
            ("GET", "/page/%FF", 400, ["BAD_REQUEST", "UTF-8"], None),
            ("GET", "/said", 400, ["BAD_REQUEST", said], None),
            ("GET", "/busy", 503, ["OVERLOADED", "retry"], Some(("retry-after", "7"))),
        ] {
            let request = Request::builder().method(method).uri(path).header("x-request-id", "req-1");
            let request = request.header("origin", "https://app.example").body(Body::empty()).unwrap();
            let refused = router.clone().oneshot(request).await.unwrap();
            assert_eq!(refused.status().as_u16(), status, "{path}");
            let told = |name: &str| refused.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(told("content-type").as_deref(), Some(media), "{path}");
            assert_eq!(told("x-request-id").as_deref(), Some("req-1"), "{path}");
            assert_eq!(told("access-control-allow-origin"), None, "no page of another origin reads it");
            if let Some((name, value)) = beside {
                assert_eq!(told(name).as_deref(), Some(value), "{path}");
            }
            let length: usize = told("content-length").unwrap().parse().unwrap();
            let body = text(refused).await;
            assert_eq!(body.len(), length, "{path}");
            assert!(words.iter().all(|word| body.contains(word)), "{path}: {body}");
            assert_eq!(body.contains("\"requestId\":\"req-1\""), media == "application/json", "{path}: {body}");
        }
        let own = router.clone().oneshot(Request::get("/mine").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(text(own).await, "mine");
        let answered = router.oneshot(Request::get("/page").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!((answered.status(), text(answered).await.as_str()), (StatusCode::OK, "hello"));
    }
}

#[test]
fn only_who_asks_this_machine_by_its_own_name_and_through_no_proxy_is_here() {
    let door = door(|config| config.client_address_header = "x-client".into());
    let is_here = |peer: &str, headers: &[(&str, &str)]| {
        let request = Request::get("/").extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        door.rules().is_from_here(&request.body(()).unwrap().into_parts().0)
    };
    for peer in ["127.0.0.1:5", "[::1]:5", "[::ffff:127.0.0.1]:5"] {
        for host in ["localhost:4000", "LocalHost", "127.0.0.1", "[::1]:4000"] {
            assert!(is_here(peer, &[("host", host)]), "{peer} {host}");
        }
        assert!(!is_here(peer, &[]), "{peer}");
        for host in ["", "rebound.example:4000", "10.0.0.7", "localhost.evil.example", "evil@localhost"] {
            assert!(!is_here(peer, &[("host", host)]), "{peer} {host}");
        }
        for name in ["x-client", "forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-proto"] {
            assert!(!is_here(peer, &[("host", "localhost"), (name, "127.0.0.1")]), "{peer} {name}");
        }
    }
    assert!(!is_here("192.0.2.1:5", &[("host", "localhost")]));
}
