//! Subgraphs that falter: asked again, left alone for a while, and asked once where once is enough.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_graphql::{Response, Variables};
use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, State},
    http::StatusCode,
    response::IntoResponse,
    routing::post,
};
use chrono::TimeDelta;
use futures::{FutureExt, StreamExt, future::BoxFuture, poll, stream::BoxStream};
use kernel::{Actor, Clock};
use pipewright_gateway::{
    Gateway, GatewayParts, HttpSubgraph, Limits, Policy, Request, Resilience, SubgraphSdl, compose, router,
};
use platform::graphql::{Subgraph, SubgraphCall, SubgraphError};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify};

use crate::shop::{clock, customer, reqwest_client, serve};

/// A server that gives prepared statuses, then answers, and counts.
#[derive(Clone, Default)]
struct Flaky {
    statuses: Arc<Mutex<Vec<StatusCode>>>,
    asked: Arc<AtomicUsize>,
    /// Ports that asked.
    connections: Arc<Mutex<Vec<u16>>>,
}

impl Flaky {
    fn of(statuses: &[StatusCode]) -> Self {
        let statuses = statuses.iter().rev().copied().collect();
        Self { statuses: Arc::new(Mutex::new(statuses)), ..Self::default() }
    }

    async fn subgraph(&self) -> HttpSubgraph {
        let answer = async |State(flaky): State<Self>, ConnectInfo(peer): ConnectInfo<SocketAddr>, body: Bytes| {
            flaky.asked.fetch_add(1, Ordering::SeqCst);
            flaky.connections.lock().unwrap().push(peer.port());
            assert!(!body.is_empty());
            match flaky.statuses.lock().unwrap().pop() {
                Some(status) => (status, "<h1>try again</h1>").into_response(),
                None => axum::Json(json!({ "data": { "one": 1 } })).into_response(),
            }
        };
        let service = Router::new().route("/", post(answer)).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        #[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
        tokio::spawn(async move { axum::serve(listener, service).await });
        HttpSubgraph::new("flaky", url, reqwest_client(), None, Duration::from_secs(5))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn call(query: &str) -> SubgraphCall {
    SubgraphCall {
        query: query.into(),
        variables: Variables::default(),
        actor: None,
        request_id: "test".into(),
        resume_after: None,
    }
}

fn unreachable() -> SubgraphError {
    SubgraphError::Unreachable { service: "flaky".into() }
}

#[tokio::test]
async fn a_read_is_asked_again_when_nobody_was_there() {
    for status in [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT] {
        let flaky = Flaky::of(&[status]);
        let answer = flaky.subgraph().await.execute(call("query Q { one }")).await.unwrap();
        assert_eq!(answer.data.into_json().unwrap(), json!({ "one": 1 }));
        assert_eq!(flaky.asked(), 2);
    }
    let flaky = Flaky::of(&[StatusCode::BAD_GATEWAY; 3]);
    assert_eq!(flaky.subgraph().await.execute(call("{ one }")).await.unwrap_err(), unreachable());
    assert_eq!(flaky.asked(), 2, "and no more than once");
}

#[tokio::test]
async fn what_was_answered_is_not_asked_again() {
    let flaky = Flaky::of(&[StatusCode::INTERNAL_SERVER_ERROR]);
    let error = flaky.subgraph().await.execute(call("{ one }")).await.unwrap_err();
    assert_eq!(error, SubgraphError::BadResponse { service: "flaky".into() });
    assert_eq!(flaky.asked(), 1);
}

#[tokio::test]
async fn what_may_have_acted_is_not_asked_again() {
    let flaky = Flaky::of(&[StatusCode::SERVICE_UNAVAILABLE]);
    assert_eq!(flaky.subgraph().await.execute(call("mutation { one }")).await.unwrap_err(), unreachable());
    assert_eq!(flaky.asked(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let subgraph = HttpSubgraph::new("flaky", url, reqwest_client(), None, Duration::from_secs(5));
    let answered = subgraph.execute(call("{ one }"));
    let served = async {
        // Hangs up on the first, and on whatever the client's pool tries by itself; then serves.
        let (stream, _) = listener.accept().await.unwrap();
        drop(stream);
        let service = Router::new().route("/", post(async || axum::Json(json!({ "data": { "one": 1 } }))));
        axum::serve(listener, service).await.unwrap();
    };
    let answer = tokio::select! {
        answer = answered => answer,
        () = served => unreachable!("serves until the answer"),
    };
    assert_eq!(answer.unwrap().data.into_json().unwrap(), json!({ "one": 1 }));
}

#[tokio::test]
async fn connections_are_used_again() {
    let flaky = Flaky::default();
    let subgraph = flaky.subgraph().await;
    for _ in 0..10 {
        subgraph.execute(call("{ one }")).await.unwrap();
    }
    let mut ports = flaky.connections.lock().unwrap().clone();
    ports.dedup();
    assert_eq!((flaky.asked(), ports.len()), (10, 1));
}

#[tokio::test]
async fn both_attempts_share_the_time_of_one() {
    let silent = serve(Router::new().fallback(std::future::pending::<()>)).await;
    let subgraph = HttpSubgraph::new("flaky", silent, reqwest_client(), None, Duration::from_millis(40));
    let late = subgraph.execute(call("{ one }")).await.unwrap_err();
    assert_eq!(late, SubgraphError::Timeout { service: "flaky".into() });
}

/// A subgraph in the hands of the test.
#[derive(Clone, Default)]
struct Puppet {
    asked: Arc<AtomicUsize>,
    down: Arc<Mutex<bool>>,
    /// If set, answers wait for it.
    hold: Arc<Mutex<Option<Arc<Notify>>>>,
}

impl Puppet {
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }

    fn is_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    fn gateway(&self, resilience: Resilience, clock: Clock) -> Gateway {
        let sdl = "type Query { one: Int again: Int who: Node } type Node { id: Int } type Mutation { set: Int } \
            type Subscription { tick: Int }";
        let sdl = SubgraphSdl { name: "puppet".into(), url: "http://puppet.invalid".into(), sdl: sdl.into() };
        let subgraphs = HashMap::from([("puppet".to_owned(), Arc::new(self.clone()) as Arc<dyn Subgraph>)]);
        let parts = GatewayParts {
            supergraph_sdl: &compose(&[sdl]).unwrap(),
            subgraphs,
            probes: HashMap::new(),
            authenticator: None,
            metrics: Arc::new(String::new),
            limits: Limits::default(),
            policy: Policy::default(),
            clock,
        };
        Gateway::resilient(parts, resilience).unwrap()
    }
}

impl Subgraph for Puppet {
    fn execute(&self, call: SubgraphCall) -> BoxFuture<'static, Result<Response, SubgraphError>> {
        let this = self.clone();
        async move {
            this.asked.fetch_add(1, Ordering::SeqCst);
            let hold = this.hold.lock().unwrap().clone();
            if let Some(hold) = hold
                && !call.query.starts_with("mutation")
            {
                hold.notified().await;
            }
            if *this.down.lock().unwrap() {
                return Err(SubgraphError::Unreachable { service: "puppet".into() });
            }
            let data = json!({ "one": 1, "again": 2, "who": { "id": 3 }, "set": 4, "tick": 5, "__typename": "Query" });
            Ok(serde_json::from_value(json!({ "data": data })).unwrap())
        }
        .boxed()
    }

    fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<Response, SubgraphError>> {
        futures::stream::once(self.execute(call)).boxed()
    }
}

async fn ask(gateway: &Gateway, query: &str) -> Value {
    serde_json::to_value(gateway.execute(Request::new(query), None).await).unwrap()
}

async fn readiness(gateway: &Gateway) -> (StatusCode, Value) {
    use tower::ServiceExt;
    let request = axum::http::Request::get("/ready").body(axum::body::Body::empty()).unwrap();
    let answer = router(gateway.clone()).oneshot(request).await.unwrap();
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_circuit_opens_tries_again_and_closes() {
    let (puppet, clock) = (Puppet::default(), clock());
    let resilience = Resilience { failures: 3, cool_down: Duration::from_secs(5), ..Resilience::default() };
    let gateway = puppet.gateway(resilience, clock.clone());
    puppet.is_down(true);
    let unavailable = |answer: &Value| {
        assert_eq!(answer["data"], json!({ "one": null }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "SUBGRAPH_UNAVAILABLE", "{answer}");
    };
    for _ in 0..3 {
        unavailable(&ask(&gateway, "{ one }").await);
    }
    assert_eq!(puppet.asked(), 3);
    // Open: nobody is asked, and the answer is the same.
    for _ in 0..10 {
        unavailable(&ask(&gateway, "{ one }").await);
    }
    assert_eq!(puppet.asked(), 0);
    let (status, ready) = readiness(&gateway).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready["subgraphs"], json!([{ "name": "puppet", "ready": false, "circuit": "open" }]));
    puppet.asked();
    // Half open: one finds out that nothing is better, and it is open again.
    clock.advance(TimeDelta::seconds(5));
    unavailable(&ask(&gateway, "{ one }").await);
    unavailable(&ask(&gateway, "{ one }").await);
    assert_eq!(puppet.asked(), 1);
    // Back: one finds out, and everybody is let through.
    puppet.is_down(false);
    clock.advance(TimeDelta::seconds(5));
    for _ in 0..3 {
        assert_eq!(ask(&gateway, "{ one }").await, json!({ "data": { "one": 1 } }));
    }
    assert_eq!(puppet.asked(), 3);
    assert_eq!(readiness(&gateway).await.1["subgraphs"][0]["circuit"], "closed");
}

#[tokio::test]
async fn failures_that_are_not_in_a_row_open_nothing() {
    let puppet = Puppet::default();
    let gateway = puppet.gateway(Resilience { failures: 2, ..Resilience::default() }, clock());
    for down in [true, false, true, false, true, false] {
        puppet.is_down(down);
        ask(&gateway, "{ one }").await;
    }
    assert_eq!(puppet.asked(), 6);
}

#[tokio::test]
async fn a_trial_that_is_given_up_leaves_the_next_to_try() {
    let (puppet, clock) = (Puppet::default(), clock());
    let gateway = puppet.gateway(Resilience { failures: 1, shared_reads: 0, ..Resilience::default() }, clock.clone());
    ask(&gateway, "{ one }").await;
    puppet.is_down(true);
    ask(&gateway, "{ one }").await;
    puppet.is_down(false);
    clock.advance(TimeDelta::seconds(6));
    puppet.asked();
    let hold = Arc::new(Notify::new());
    *puppet.hold.lock().unwrap() = Some(hold);
    {
        let mut trial = Box::pin(ask(&gateway, "{ one }"));
        assert!(poll!(&mut trial).is_pending());
        assert_eq!(puppet.asked(), 1);
    }
    *puppet.hold.lock().unwrap() = None;
    assert_eq!(ask(&gateway, "{ one }").await, json!({ "data": { "one": 1 } }));
}

#[tokio::test]
async fn a_subscription_that_waits_for_its_first_event_keeps_nobody_out() {
    let (puppet, clock) = (Puppet::default(), clock());
    let gateway = puppet.gateway(Resilience { failures: 1, ..Resilience::default() }, clock.clone());
    ask(&gateway, "{ one }").await;
    gateway.stream(Request::new("subscription { tick }"), None).await.collect::<Vec<_>>().await;
    puppet.is_down(true);
    ask(&gateway, "{ one }").await;
    puppet.is_down(false);
    let refused = gateway.stream(Request::new("subscription { tick }"), None).await.next().await.unwrap();
    assert_eq!(serde_json::to_value(refused).unwrap()["errors"][0]["extensions"]["code"], "SUBGRAPH_UNAVAILABLE");
    clock.advance(TimeDelta::seconds(6));
    let hold = Arc::new(Notify::new());
    *puppet.hold.lock().unwrap() = Some(hold.clone());
    let mut events = gateway.stream(Request::new("subscription { tick }"), None).await;
    let mut first = events.next();
    assert!(poll!(&mut first).is_pending());
    *puppet.hold.lock().unwrap() = None;
    assert_eq!(ask(&gateway, "{ one }").await, json!({ "data": { "one": 1 } }));
    hold.notify_waiters();
    let event = serde_json::to_value(first.await.unwrap()).unwrap();
    assert_eq!(event, json!({ "data": { "tick": 5 } }));
}

/// Two requests that wait for the same subgraph at once.
async fn at_once(gateway: &Gateway, puppet: &Puppet, asks: [(&str, Option<Arc<Actor>>); 2]) -> (usize, [Value; 2]) {
    // With plans at hand, one poll reaches the subgraph.
    for (query, actor) in &asks {
        gateway.execute(Request::new(*query), actor.clone()).await;
    }
    puppet.asked();
    let hold = Arc::new(Notify::new());
    *puppet.hold.lock().unwrap() = Some(hold.clone());
    let [one, two] = asks.map(|(query, actor)| Box::pin(gateway.execute(Request::new(query), actor)));
    let (mut one, mut two) = (one, two);
    assert!(poll!(&mut one).is_pending());
    assert!(poll!(&mut two).is_pending());
    let asked = puppet.asked();
    *puppet.hold.lock().unwrap() = None;
    hold.notify_waiters();
    let answers = [one.await, two.await].map(|answer| serde_json::to_value(answer).unwrap());
    (asked, answers)
}

#[tokio::test]
async fn one_actors_same_reads_are_asked_once() {
    let puppet = Puppet::default();
    let gateway = puppet.gateway(Resilience::default(), clock());
    let other = Arc::new(Actor { subject: "another".into(), ..(*customer()).clone() });
    let expected = json!({ "data": { "one": 1 } });
    let (asked, answers) =
        at_once(&gateway, &puppet, [("{ one }", Some(customer())), ("{ one }", Some(customer()))]).await;
    assert_eq!((asked, answers), (1, [expected.clone(), expected.clone()]));
    let (asked, answers) = at_once(&gateway, &puppet, [("{ one }", Some(customer())), ("{ one }", Some(other))]).await;
    assert_eq!((asked, answers), (2, [expected.clone(), expected.clone()]), "another sees other things");
    let (asked, _) = at_once(&gateway, &puppet, [("{ one }", Some(customer())), ("{ again }", Some(customer()))]).await;
    assert_eq!(asked, 2, "another question");
}

#[tokio::test]
async fn whoever_leaves_does_not_take_the_answer_along() {
    let puppet = Puppet::default();
    let gateway = puppet.gateway(Resilience::default(), clock());
    ask(&gateway, "{ one }").await;
    puppet.asked();
    let hold = Arc::new(Notify::new());
    *puppet.hold.lock().unwrap() = Some(hold.clone());
    let mut first = Box::pin(ask(&gateway, "{ one }"));
    let mut second = Box::pin(ask(&gateway, "{ one }"));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    drop(first);
    *puppet.hold.lock().unwrap() = None;
    hold.notify_waiters();
    assert_eq!(second.await, json!({ "data": { "one": 1 } }));
    assert_eq!(puppet.asked(), 1);
}

#[tokio::test]
async fn a_write_parts_what_was_read_before_it_from_what_is_read_after() {
    let puppet = Puppet::default();
    let gateway = puppet.gateway(Resilience::default(), clock());
    ask(&gateway, "{ one }").await;
    ask(&gateway, "mutation { set }").await;
    puppet.asked();
    let hold = Arc::new(Notify::new());
    *puppet.hold.lock().unwrap() = Some(hold.clone());
    let mut before = Box::pin(ask(&gateway, "{ one }"));
    assert!(poll!(&mut before).is_pending());
    ask(&gateway, "mutation { set }").await;
    let mut after = Box::pin(ask(&gateway, "{ one }"));
    assert!(poll!(&mut after).is_pending());
    assert_eq!(puppet.asked(), 3, "the second read does not join the first");
    *puppet.hold.lock().unwrap() = None;
    hold.notify_waiters();
    assert_eq!((before.await, after.await), (json!({ "data": { "one": 1 } }), json!({ "data": { "one": 1 } })));
}

#[tokio::test]
async fn mutations_are_never_shared() {
    let puppet = Puppet::default();
    let gateway = puppet.gateway(Resilience::default(), clock());
    let (one, two) = (ask(&gateway, "mutation { set }"), ask(&gateway, "mutation { set }"));
    futures::future::join(one, two).await;
    assert_eq!(puppet.asked(), 2);
}

#[tokio::test]
async fn an_error_is_shared_as_it_is() {
    let puppet = Puppet::default();
    let gateway = puppet.gateway(Resilience::default(), clock());
    ask(&gateway, "{ one }").await;
    puppet.is_down(true);
    let (asked, [one, two]) = at_once(&gateway, &puppet, [("{ one }", None), ("{ one }", None)]).await;
    assert_eq!(asked, 1);
    for answer in [one, two] {
        assert_eq!(answer["errors"][0]["path"], json!(["one"]));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "SUBGRAPH_UNAVAILABLE");
    }
}
