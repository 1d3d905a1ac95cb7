//! `graphql-transport-ws` over real sockets.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use futures::{FutureExt, SinkExt, StreamExt, future::BoxFuture};
use kernel::Actor;
use pipewright_gateway::{Gateway, Limits, Policy, TrustedDocuments, router};
use platform::{
    auth::{AuthError, Authenticator},
    http::bind,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    http::{Keys, Revocable},
    shop::{Shop, clock, customer},
};

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(gateway: &Gateway) -> Self {
        Self::open_with(gateway, &[]).await.unwrap()
    }

    async fn open_with(gateway: &Gateway, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = format!("{}/graphql", served(gateway).await).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, response) = connect_async(request).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
        Ok(Self(socket))
    }

    /// With a client that is let in.
    async fn ready(gateway: &Gateway) -> Self {
        let mut socket = Self::open(gateway).await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    async fn hear(&mut self) -> Value {
        match self.0.next().await.unwrap().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The code that the server closes with, next.
    async fn closed(&mut self) -> u16 {
        match self.0.next().await.unwrap().unwrap() {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("{other:?}"),
        }
    }
}

/// Serves as our programs do, until the test ends.
#[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
async fn served(gateway: &Gateway) -> String {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(platform::http::serve(listener, router(gateway.clone()), CancellationToken::new()));
    url
}

const COUNT: &str = "subscription { n: countdown(from: 1) }";
const ENDLESS: &str = "subscription { stockChanged { upc title } }";

async fn subscribers(shop: &Shop, count: usize) {
    while shop.world.stock.receiver_count() != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn queries_mutations_and_subscriptions_share_a_connection() {
    let shop = Shop::in_process();
    let mut socket = Socket::ready(&shop.gateway).await;
    socket.subscribe("s", ENDLESS).await;
    subscribers(&shop, 1).await;
    socket.subscribe("q", "{ me { name } }").await;
    assert_eq!(
        socket.hear().await,
        json!({ "id": "q", "type": "next", "payload": { "data": { "me": { "name": "Ada" } } } })
    );
    assert_eq!(socket.hear().await, json!({ "id": "q", "type": "complete" }));
    let payload = json!({ "query": "mutation M($u: ID!) { restock(upc: $u) { upc } }", "variables": { "u": "table" }, "operationName": "M", "extensions": {} });
    socket.say(json!({ "id": "m", "type": "subscribe", "payload": payload })).await;
    let mut heard = [socket.hear().await, socket.hear().await, socket.hear().await];
    heard.sort_by_key(|message| (message["id"].to_string(), message["type"] == "complete"));
    assert_eq!(
        heard,
        [
            json!({ "id": "m", "type": "next", "payload": { "data": { "restock": { "upc": "table" } } } }),
            json!({ "id": "m", "type": "complete" }),
            json!({ "id": "s", "type": "next", "payload": { "data": { "stockChanged": { "upc": "table", "title": "Table" } } } }),
        ]
    );
}

#[tokio::test]
async fn an_operation_goes_on_after_the_event_that_it_names() {
    let mut socket = Socket::ready(&Shop::in_process().gateway).await;
    socket.subscribe("1", "subscription { deliveries }").await;
    let heard = [socket.hear().await, socket.hear().await, socket.hear().await];
    assert_eq!(socket.hear().await["type"], "complete");
    let id = &heard[1]["payload"]["extensions"]["eventId"];
    let payload = json!({ "query": "subscription { deliveries }", "extensions": { "resumeAfter": id } });
    socket.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
    assert_eq!(socket.hear().await, heard[2]);
    assert_eq!(socket.hear().await["type"], "complete");
}

#[tokio::test]
async fn either_side_completes_and_the_id_is_free_again() {
    let shop = Shop::in_process();
    let mut socket = Socket::ready(&shop.gateway).await;
    for _ in 0..2 {
        socket.subscribe("1", ENDLESS).await;
        subscribers(&shop, 1).await;
        socket.say(json!({ "id": "1", "type": "complete" })).await;
        subscribers(&shop, 0).await;
    }
    socket.subscribe("1", COUNT).await;
    for n in [1, 0] {
        assert_eq!(socket.hear().await, json!({ "id": "1", "type": "next", "payload": { "data": { "n": n } } }));
    }
    assert_eq!(socket.hear().await, json!({ "id": "1", "type": "complete" }));
    // Whoever hangs up is unsubscribed.
    socket.subscribe("1", ENDLESS).await;
    subscribers(&shop, 1).await;
    drop(socket);
    subscribers(&shop, 0).await;
}

#[tokio::test]
async fn what_cannot_run_is_an_error_of_its_operation_alone() {
    let limits = Limits { socket_operations: 1, ..Limits::default() };
    let shop = Shop::builder().limits(limits).build();
    let mut socket = Socket::ready(&shop.gateway).await;
    for (query, code) in [("{ me { shoes } }", "GRAPHQL_VALIDATION_FAILED"), ("subscription {", "GRAPHQL_PARSE_FAILED")]
    {
        socket.subscribe("1", query).await;
        let error = socket.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")), "{error}");
        assert_eq!(error["payload"][0]["extensions"]["code"], code);
    }
    socket.subscribe("1", ENDLESS).await;
    socket.subscribe("2", "{ whoami }").await;
    let error = socket.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("2")), "{error}");
    assert_eq!(error["payload"][0]["extensions"]["code"], "OVERLOADED");
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_carries() {
    let mut socket = Socket::open(&Shop::in_process().gateway).await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    socket.say(json!({ "type": "pong", "payload": {} })).await;
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong", "payload": { "n": 1 } }));
}

#[tokio::test]
async fn a_broken_rule_closes_the_connection_with_its_code() {
    let shop = Shop::in_process();
    let init = json!({ "type": "connection_init" });
    let query = json!({ "id": "1", "type": "subscribe", "payload": { "query": ENDLESS } });
    for (messages, code) in [
        (vec![json!({ "type": "hello" })], 4400),
        (vec![json!([])], 4400),
        (vec![json!({ "type": "ping", "payload": 1 })], 4400),
        (vec![init.clone(), json!({ "id": "1", "type": "subscribe", "payload": {} })], 4400),
        (vec![init.clone(), json!({ "id": "", "type": "subscribe", "payload": { "query": "{ whoami }" } })], 4400),
        (vec![query.clone()], 4401),
        (vec![init.clone(), query.clone(), query], 4409),
        (vec![init.clone(), init], 4429),
    ] {
        let mut socket = Socket::open(&shop.gateway).await;
        let said = format!("{messages:?}");
        if messages[0]["type"] == "connection_init" {
            socket.say(messages[0].clone()).await;
            assert_eq!(socket.hear().await["type"], "connection_ack");
        } else {
            socket.say(messages[0].clone()).await;
        }
        for message in &messages[1..] {
            socket.say(message.clone()).await;
        }
        assert_eq!(socket.closed().await, code, "{said}");
    }
    let mut socket = Socket::open(&shop.gateway).await;
    socket.0.send(Message::binary("{}".as_bytes().to_vec())).await.unwrap();
    assert_eq!(socket.closed().await, 4400);
    let twice =
        r#"{ "id": "1", "type": "subscribe", "payload": { "query": "{ whoami }", "variables": { "a": 1, "a": 2 } } }"#;
    let mut socket = Socket::ready(&shop.gateway).await;
    socket.0.send(Message::text(twice)).await.unwrap();
    assert_eq!(socket.closed().await, 4400);
}

#[tokio::test]
async fn a_message_over_the_limit_closes_the_connection_and_says_so() {
    let limits = Limits { body_bytes: 1_000, ..Limits::default() };
    let small = Shop::builder().limits(limits).build();
    let big = Shop::in_process();
    let ping = |length: usize| json!({ "type": "ping", "payload": { "n": "x".repeat(length) } });
    let mut socket = Socket::open(&small.gateway).await;
    socket.say(ping(900)).await;
    assert_eq!(socket.hear().await["type"], "pong");
    for (gateway, length) in [(&small.gateway, 1_000), (&big.gateway, 12 << 20)] {
        let mut socket = Socket::open(gateway).await;
        // It can be sent to its end, though more than the way between them holds: only then does the client listen.
        socket.say(ping(length)).await;
        assert_eq!(socket.closed().await, 1009, "{length}");
    }
}

#[tokio::test]
async fn a_goodbye_is_answered() {
    let mut socket = Socket::ready(&Shop::in_process().gateway).await;
    let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    socket.0.send(Message::Close(Some(frame))).await.unwrap();
    assert_eq!(socket.closed().await, 1000);
}

#[tokio::test]
async fn a_frame_that_is_none_closes_the_connection_and_says_so() {
    let gateway = Shop::in_process().gateway;
    // A masked frame of this first byte, with a mask that changes nothing.
    let masked = |first: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        let length = if length > 125 { vec![0x80 | 126, 0, length] } else { vec![0x80 | length] };
        [&[first][..], &length[..], &[0; 4][..], payload].concat()
    };
    for (what, frame, code) in [
        ("a text that is none", masked(0x81, &[0xff, 0xfe]), 1007),
        ("a goodbye whose reason is no text", masked(0x88, &[0x03, 0xe8, 0xff]), 1007),
        ("no mask", vec![0x81, 0x02, b'{', b'}'], 1002),
        ("a reserved kind of data", masked(0x83, &[]), 1002),
        ("a reserved kind of control", masked(0x8b, &[]), 1002),
        ("a reserved bit", masked(0xc1, b"{}"), 1002),
        ("the rest of nothing", masked(0x80, b"{}"), 1002),
        ("a ping that is too long", masked(0x89, &[0; 126]), 1002),
        ("a goodbye with a code that is never sent", masked(0x88, &[0x03, 0xed]), 1002),
        ("a goodbye with half a code", masked(0x88, &[0x03]), 1002),
    ] {
        let mut socket = Socket::open(&gateway).await;
        socket.0.get_mut().write_all(&frame).await.unwrap();
        assert_eq!(socket.closed().await, code, "{what}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_say_who_it_is_is_let_go() {
    let limits = Limits { socket_init: Duration::from_millis(20), ..Limits::default() };
    let mut socket = Socket::open(&Shop::builder().limits(limits).build().gateway).await;
    assert_eq!(socket.closed().await, 4408);
}

#[tokio::test]
async fn a_key_comes_in_the_payload_or_in_the_handshake() {
    let shop = Shop::builder().authenticator(Keys(Arc::default())).build();
    let good = [("x-api-key", "good")];
    for (headers, payload, expected) in [
        (&[][..], json!({ "Authorization": "Bearer good" }), None),
        (&[], json!({ "apiKey": "good" }), None),
        (&[], json!({ "X-Api-Key": "good" }), None),
        (&good, json!({}), None),
        (&[("authorization", "Bearer good")], Value::Null, None),
        (&[], json!({}), Some(4401)),
        (&[], json!({ "apiKey": "bad" }), Some(4401)),
        // What is said last counts.
        (&good, json!({ "apiKey": "bad" }), Some(4401)),
        (&[], json!({ "apiKey": "later" }), Some(1013)),
        (&[], json!("good"), Some(4400)),
    ] {
        let mut socket = Socket::open_with(&shop.gateway, headers).await.unwrap();
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        if let Some(code) = expected {
            assert_eq!(socket.closed().await, code, "{headers:?} {payload}");
            continue;
        }
        assert_eq!(socket.hear().await["type"], "connection_ack", "{headers:?} {payload}");
        socket.subscribe("1", "{ whoami }").await;
        assert_eq!(socket.hear().await["payload"], json!({ "data": { "whoami": "customer" } }));
    }
}

#[tokio::test]
async fn a_revoked_key_closes_its_connection() {
    let (revoked, clock) = (Arc::new(AtomicBool::new(false)), clock());
    let limits = Limits { reauthentication: Duration::from_millis(5), ..Limits::default() };
    let shop = Shop::builder().limits(limits).authenticator(Revocable(revoked.clone())).clock(clock.clone()).build();
    let mut socket = Socket::open_with(&shop.gateway, &[("x-api-key", "good")]).await.unwrap();
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    socket.subscribe("1", ENDLESS).await;
    subscribers(&shop, 1).await;
    revoked.store(true, Ordering::Relaxed);
    clock.advance(TimeDelta::seconds(6));
    assert_eq!(socket.closed().await, 4401);
    subscribers(&shop, 0).await;
}

#[tokio::test]
async fn draining_completes_subscriptions_and_says_goodbye() {
    let shop = Shop::in_process();
    let mut socket = Socket::ready(&shop.gateway).await;
    socket.subscribe("1", ENDLESS).await;
    subscribers(&shop, 1).await;
    shop.gateway.drain();
    assert_eq!(socket.hear().await, json!({ "id": "1", "type": "complete" }));
    assert_eq!(socket.closed().await, 1001);
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_connect_where_that_is_prevented() {
    let status = |refused: Result<Socket, Error>| match refused {
        Err(Error::Http(response)) => Some(response.status().as_u16()),
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    };
    let listed = vec!["https://app.example".to_owned()];
    let policy = Policy { csrf_prevention: true, cors_origins: listed, ..Policy::default() };
    let shop = Shop::builder().policy(policy).build();
    for (origin, expected) in [("https://app.example", None), ("https://evil.example", Some(403)), ("null", Some(403))]
    {
        assert_eq!(status(Socket::open_with(&shop.gateway, &[("origin", origin)]).await), expected, "{origin}");
    }
    // A page of our own, and what is no browser.
    let ours = [("host", "shop.example"), ("origin", "https://shop.example")];
    assert_eq!(status(Socket::open_with(&shop.gateway, &ours).await), None);
    assert_eq!(status(Socket::open_with(&shop.gateway, &[]).await), None);
    let careless = Shop::in_process();
    assert_eq!(status(Socket::open_with(&careless.gateway, &[("origin", "https://evil.example")]).await), None);
}

#[tokio::test]
async fn only_trusted_documents_run_over_a_socket_too() {
    let trusted = TrustedDocuments::parse(r#"{ "who": "{ whoami }" }"#).unwrap();
    let policy = Policy { trusted: Some(Arc::new(trusted)), trusted_only: true, ..Policy::default() };
    let shop = Shop::builder().policy(policy).build();
    let mut socket = Socket::ready(&shop.gateway).await;
    socket.subscribe("1", "{ me { name } }").await;
    let error = socket.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "QUERY_NOT_IN_SAFELIST");
    assert!(error["payload"][0]["extensions"]["requestId"].is_string());
    let persisted = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "who" } } });
    socket.say(json!({ "id": "2", "type": "subscribe", "payload": persisted })).await;
    assert_eq!(socket.hear().await["payload"], json!({ "data": { "whoami": null } }));
}

#[tokio::test]
async fn another_protocol_is_turned_away() {
    let other = [("sec-websocket-protocol", "graphql-ws")];
    match Socket::open_with(&Shop::in_process().gateway, &other).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 400),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("let in"),
    }
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_later() {
    let shop = Shop::builder().limits(Limits { sockets: 1, ..Limits::default() }).build();
    let _first = Socket::ready(&shop.gateway).await;
    let mut second = Socket::open(&shop.gateway).await;
    second.say(json!({ "type": "connection_init" })).await;
    assert_eq!(second.closed().await, 1013);
}

#[tokio::test]
async fn however_many_say_nothing_who_speaks_is_let_in() {
    let shop = Shop::builder().limits(Limits { sockets: 20, ..Limits::default() }).build();
    let mut spoken = Socket::ready(&shop.gateway).await;
    let mut silent = Vec::new();
    for _ in 0..30 {
        silent.push(Socket::open(&shop.gateway).await);
    }
    let mut late = Socket::ready(&shop.gateway).await;
    // Ten may be silent; the others had to make room, the first of them first.
    for socket in &mut silent[..20] {
        assert_eq!(socket.closed().await, 1013);
    }
    for socket in [&mut spoken, &mut late, &mut silent[29]] {
        socket.say(json!({ "type": "ping" })).await;
        assert_eq!(socket.hear().await["type"], "pong");
    }
}

/// Knows every key, each as another customer.
struct Anybody;

impl Authenticator for Anybody {
    fn authenticate(&self, credential: &str) -> BoxFuture<'static, Result<Arc<Actor>, AuthError>> {
        let subject = credential.to_owned();
        let actor = Arc::new(Actor { subject, credential: None, ..(*customer()).clone() });
        async { Ok(actor) }.boxed()
    }
}

#[tokio::test]
async fn one_client_cannot_have_all_connections_or_subscriptions() {
    let limits = Limits { sockets: 20, subscriptions: 20, ..Limits::default() };
    let shop = Shop::builder().limits(limits).authenticator(Anybody).build();
    let open = async |key: &str| {
        let mut socket = Socket::open_with(&shop.gateway, &[("x-api-key", key)]).await.unwrap();
        socket.say(json!({ "type": "connection_init" })).await;
        socket
    };
    let mut greedy = Vec::new();
    for _ in 0..10 {
        let mut socket = open("greedy").await;
        assert_eq!(socket.hear().await["type"], "connection_ack");
        greedy.push(socket);
    }
    assert_eq!(open("greedy").await.closed().await, 1013);
    let mut modest = open("modest").await;
    assert_eq!(modest.hear().await["type"], "connection_ack");

    for id in 0..10 {
        greedy[0].subscribe(&id.to_string(), ENDLESS).await;
    }
    subscribers(&shop, 10).await;
    greedy[1].subscribe("more", ENDLESS).await;
    let refused = greedy[1].hear().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("more")), "{refused}");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "OVERLOADED");
    modest.subscribe("1", ENDLESS).await;
    subscribers(&shop, 11).await;
}
