//! Whatever is sent, the gateway neither panics nor answers 500, and what it answers is GraphQL in JSON. The
//! inputs are made from seeds, which `testkit::fuzz` can shift and multiply; those that once found something, or might, lie
//! in `tests/corpus`.

mod generate;

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use futures::{FutureExt, SinkExt, StreamExt};
use pipewright_gateway::{Limits, Policy, router};
use serde_json::{Value, json};
use testkit::fuzz;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use tower::ServiceExt;

use self::generate::Generator;
use crate::{
    http::Keys,
    shop::{Shop, serve},
};

const DOCUMENTS: u64 = 1_500;
const BODIES: u64 = 1_500;
const SOCKETS: u64 = 60;

/// Far beyond what any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// As much of a stream as is looked at: some have no end.
const CHUNKS: usize = 10;

fn shop() -> Shop {
    let limits = Limits { batching: 3, cost: 100_000, cost_budget: u64::MAX, ..Limits::default() };
    Shop::builder().limits(limits).build()
}

/// The inputs of one folder, by name.
fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut inputs: Vec<(String, Vec<u8>)> = files
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    inputs
}

fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/graphql").header("content-type", "application/json").body(body.into()).unwrap()
}

/// Sends one request and looks at what comes back. `input` is told when something is wrong with it. Says whether
/// an operation ran.
async fn check(router: &Router, request: Request<Body>, input: &str) -> bool {
    let head = request.method() == Method::HEAD;
    let input = format!("{input}\n{request:?}");
    let answer = timeout(PATIENCE, router.clone().oneshot(request)).await;
    let (parts, body) = answer.unwrap_or_else(|_| panic!("no answer to {input}")).unwrap().into_parts();
    let mut chunks = body.into_data_stream().take(CHUNKS);
    let mut text = Vec::new();
    let reading = async {
        while let Some(chunk) = chunks.next().await {
            text.extend_from_slice(&chunk.unwrap());
        }
    };
    timeout(PATIENCE, reading).await.unwrap_or_else(|_| panic!("no end of the answer to {input}"));
    let text = String::from_utf8(text).unwrap_or_else(|_| panic!("no UTF-8 for {input}"));
    assert_ne!(parts.status, StatusCode::INTERNAL_SERVER_ERROR, "{text} for {input}");
    let media = parts.headers.get("content-type").map(|media| media.to_str().unwrap()).unwrap_or_default();
    if head || parts.status == StatusCode::NO_CONTENT || media.starts_with("text/event-stream") {
        for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
            graphql(&serde_json::from_str(data).unwrap(), &input);
        }
        return false;
    }
    assert!(media.starts_with("application/"), "{media} for {input}");
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text} for {input}"));
    match answer.as_array() {
        Some(answers) => answers.iter().for_each(|answer| graphql(answer, &input)),
        None => graphql(&answer, &input),
    }
    answer["data"].is_object()
}

/// A response as the GraphQL specification has it: data, or errors, or both.
fn graphql(answer: &Value, input: &str) {
    let errors = answer.get("errors").map(|errors| errors.as_array().unwrap());
    assert!(answer.get("data").is_some() || errors.is_some_and(|errors| !errors.is_empty()), "{answer} for {input}");
    for error in errors.into_iter().flatten() {
        assert!(error["message"].is_string() && error["extensions"]["code"].is_string(), "{answer} for {input}");
        // The shop's services break by themselves, which spoils their fields and no more.
        assert!(answer.get("data").is_some() || error["extensions"]["code"] != "INTERNAL", "{answer} for {input}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_document_breaks_the_gateway() {
    let router = router(shop().gateway);
    for (name, document) in corpus("documents") {
        let document = String::from_utf8_lossy(&document).into_owned();
        check(&router, post(json!({ "query": document }).to_string()), &name).await;
    }
    let mut ran = 0;
    let seeds = fuzz::seeds(DOCUMENTS);
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let mut generator = Generator::new(seed);
        let (query, variables) = (generator.document(), generator.variables());
        let body = json!({ "query": query, "variables": variables });
        ran += u64::from(check(&router, post(body.to_string()), &format!("seed {seed}: {body}")).await);
    }
    // Otherwise nothing but the parser was put to the test.
    assert!((count / 5..count).contains(&ran), "{ran} of {count} documents ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_breaks_the_gateway() {
    let open = router(shop().gateway);
    for (name, body) in corpus("bodies") {
        check(&open, post(body), &name).await;
    }
    // Every other one meets a gateway that asks for keys and is not as open.
    let policy = Policy { csrf_prevention: true, cors_origins: vec!["https://a.example".into()], ..Policy::default() };
    let locked = router(Shop::builder().authenticator(Keys(Arc::default())).policy(policy).build().gateway);
    for seed in fuzz::seeds(BODIES) {
        let (request, told) = Generator::new(seed).request();
        let router = if seed % 2 == 0 { &open } else { &locked };
        check(router, request, &format!("seed {seed}: {told}")).await;
    }
}

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(url: &str) -> Self {
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        Self(connect_async(request).await.unwrap().0)
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn hear(&mut self, input: &str) -> Option<Value> {
        let heard = timeout(PATIENCE, self.0.next()).await.unwrap_or_else(|_| panic!("silence after {input}"));
        match heard {
            Some(Ok(Message::Text(text))) => {
                let told: Value = serde_json::from_str(&text).unwrap();
                assert!(told["type"].is_string(), "{told} for {input}");
                Some(told)
            }
            Some(Ok(Message::Close(Some(frame)))) => {
                let code = u16::from(frame.code);
                assert!(matches!(code, 1000..=1010 | 1012..=1015 | 4400..=4499), "closed with {code} after {input}");
                None
            }
            Some(Ok(Message::Close(None)) | Err(_)) | None => None,
            Some(Ok(_)) => Some(Value::Null),
        }
    }

    /// Sends frames until the server has had enough, and hears whatever it says.
    async fn exchange(&mut self, frames: Vec<Message>, input: &str) {
        for frame in frames {
            if self.0.send(frame).await.is_err() {
                return;
            }
            while let Some(heard) = self.0.next().now_or_never() {
                match heard {
                    Some(Ok(Message::Text(text))) => drop(serde_json::from_str::<Value>(&text).unwrap()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                }
            }
        }
        // What was understood so far is answered, or the connection ends.
        if self.0.send(Message::text(json!({ "type": "ping", "payload": { "last": true } }).to_string())).await.is_ok()
        {
            while let Some(heard) = self.hear(input).await {
                if heard == json!({ "type": "pong", "payload": { "last": true } }) {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_breaks_the_gateway() {
    let url = serve(router(shop().gateway)).await.replace("http://", "ws://") + "/graphql";
    for (name, frames) in corpus("frames") {
        let frames = String::from_utf8_lossy(&frames).lines().map(Message::text).collect();
        Socket::open(&url).await.exchange(frames, &name).await;
    }
    for seed in fuzz::seeds(SOCKETS) {
        let frames = Generator::new(seed).frames();
        let told = format!("seed {seed}: {frames:?}");
        Socket::open(&url).await.exchange(frames, &told).await;
    }
    let mut socket = Socket::open(&url).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear("init").await.unwrap()["type"], "connection_ack");
    socket.say(json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ me { name } }" } })).await;
    assert_eq!(socket.hear("a query").await.unwrap()["payload"]["data"], json!({ "me": { "name": "Ada" } }));
}
