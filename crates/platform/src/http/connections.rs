//! Connections: how many there are at once, how long a client may take to say what it wants, and how they end.

mod heads;
mod parting;

use std::{net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, serve::Listener};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::parting::{Parted, Parting};

/// How long a connection stays open without a request: longer than a load balancer in front keeps one that it may use
/// again.
const IDLE: Duration = Duration::from_secs(75);

/// How long our own clients keep one: shorter, or what they send just when it is closed would be lost.
pub const REUSED_WITHIN: Duration = Duration::from_secs(45);

/// What one address puts up with.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Time for the head of a request, and for a connection to stay open without one.
    head: Duration,
    /// Time for a client to take some of what is sent.
    stall: Duration,
    /// How it is parted from a client that may not have ended yet.
    parting: Parting,
    /// Connections at once; whoever comes then waits to be taken. WebSockets are counted elsewhere.
    open: usize,
    /// How long a stop waits for running requests: an open stream of events or a client that stalls never ends.
    grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            head: IDLE,
            stall: Duration::from_secs(30),
            parting: Parting { bytes: 16 << 20, time: Duration::from_secs(5) },
            open: 10_000,
            grace: Duration::from_secs(10),
        }
    }
}

/// Serves until `stop`, then lets running requests finish, within limits.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> anyhow::Result<()> {
    serve_within(Bounds::default(), listener, router, stop).await;
    Ok(())
}

async fn serve_within(bounds: Bounds, mut listener: TcpListener, router: Router, stop: CancellationToken) {
    // Turns handlers into routes once, and not for every request.
    let router = router.with_state(());
    let mut connections = JoinSet::new();
    let (over, mut parted) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            (socket, peer) = Listener::accept(&mut listener), if connections.len() < bounds.open => {
                let socket = Parted::new(socket, over.clone());
                connections.spawn(talk(bounds, socket, peer, router.clone(), stop.clone()));
            }
            Some(socket) = parted.recv() => {
                connections.spawn(bounds.parting.hear_out(socket));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    // Whoever still comes is refused, and not kept waiting.
    drop(listener);
    let finished = async {
        loop {
            tokio::select! {
                // A connection hands its socket over before it is over itself.
                biased;
                Some(socket) = parted.recv() => {
                    connections.spawn(bounds.parting.hear_out(socket));
                }
                ended = connections.join_next() => {
                    if ended.is_none() {
                        break;
                    }
                }
            }
        }
    };
    if tokio::time::timeout(bounds.grace, finished).await.is_err() {
        tracing::info!("connections that are still open are cut");
    }
}

/// Answers what comes over one connection, until it ends, becomes something else or shall stop.
async fn talk(bounds: Bounds, socket: Parted, peer: SocketAddr, router: Router, stop: CancellationToken) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        // Some routes ask where a request comes from.
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            match heads::refused(&mut request) {
                Some(refusal) => Ok(refusal),
                None => router.oneshot(request).await,
            }
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head);
    let mut socket = TimeoutStream::new(socket);
    // Whoever does not read what they asked for lets it go, and with it all that it holds.
    socket.set_write_timeout(Some(bounds.stall));
    let mut connection = pin!(http.serve_connection(TokioIo::new(Box::pin(socket)), service).with_upgrades());
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::{
        extract::ws::{WebSocket, WebSocketUpgrade},
        response::{
            Sse,
            sse::{Event, KeepAlive},
        },
        routing::get,
    };
    use futures::stream;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::broadcast,
        time::timeout,
    };

    use super::*;

    pub(super) const LONG: Duration = Duration::from_secs(30);
    /// Long enough for a client of the test to say what it wants.
    pub(super) const SHORT: Duration = Duration::from_millis(250);
    pub(super) const PATIENT: Bounds =
        Bounds { head: LONG, stall: LONG, parting: Parting { bytes: 16 << 20, time: LONG }, open: 100, grace: LONG };

    /// Runs until the test's runtime ends.
    #[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
    pub(super) async fn served(bounds: Bounds, router: Router) -> SocketAddr {
        let listener = crate::http::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve_within(bounds, listener, router, CancellationToken::new()));
        address
    }

    pub(super) async fn says(address: SocketAddr, text: &str) -> TcpStream {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(text.as_bytes()).await.unwrap();
        client
    }

    /// All that comes before `end`, and it.
    async fn hears(client: &mut TcpStream, end: &str) -> String {
        let mut heard = Vec::new();
        while !heard.ends_with(end.as_bytes()) {
            heard.push(timeout(LONG, client.read_u8()).await.expect("an answer").expect("more of it"));
        }
        String::from_utf8(heard).unwrap()
    }

    /// All that comes until the server closes.
    pub(super) async fn closed(mut client: TcpStream) -> String {
        let mut heard = String::new();
        timeout(LONG, client.read_to_string(&mut heard)).await.expect("it is closed").unwrap();
        heard
    }

    const ASKS: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    fn greeting() -> Router {
        Router::new().route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { format!("{peer}!") }))
    }

    fn endless() -> Router {
        Router::new().route("/", get(|| async { Sse::new(stream::pending::<Result<Event, Infallible>>()) }))
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_to_its_end_is_not_waited_for() {
        let address = served(Bounds { head: SHORT, ..PATIENT }, greeting()).await;
        for half in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n"] {
            assert_eq!(closed(says(address, half).await).await, "", "{half}");
        }
        // Nor is the next request, on a connection that has had one.
        let client = says(address, ASKS).await;
        let peer = client.local_addr().unwrap();
        let heard = closed(client).await;
        assert!(heard.starts_with("HTTP/1.1 200 OK\r\n") && heard.ends_with(&format!("{peer}!")), "{heard}");
    }

    #[tokio::test]
    async fn a_stream_of_events_and_a_socket_outlive_the_time_for_a_head() {
        let (news, _) = broadcast::channel::<&'static str>(4);
        let told = news.clone();
        let events = move || {
            let news = told.subscribe();
            async move {
                let events = stream::unfold(news, |mut news| async move {
                    let data = news.recv().await.ok()?;
                    Some((Ok::<_, Infallible>(Event::default().data(data)), news))
                });
                Sse::new(events).keep_alive(KeepAlive::new().interval(LONG))
            }
        };
        let echo = |upgrade: WebSocketUpgrade| async move {
            upgrade.on_upgrade(|mut socket: WebSocket| async move {
                while let Some(Ok(message)) = socket.recv().await {
                    if socket.send(message).await.is_err() {
                        break;
                    }
                }
            })
        };
        let router = Router::new().route("/events", get(events)).route("/socket", get(echo));
        let address = served(Bounds { head: SHORT, ..PATIENT }, router).await;
        let mut listener = says(address, "GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await;
        hears(&mut listener, "\r\n\r\n").await;
        let upgrade = "GET /socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let mut socket = says(address, upgrade).await;
        assert!(hears(&mut socket, "\r\n\r\n").await.starts_with("HTTP/1.1 101 "));
        // Who came later has been given up by now.
        closed(says(address, "GET").await).await;
        news.send("still here").unwrap();
        hears(&mut listener, "data: still here\n\n").await;
        // A text frame, masked with zeros as a client's are; the server's are not masked.
        socket.write_all(b"\x81\x82\0\0\0\0hi").await.unwrap();
        let mut echoed = [0; 4];
        timeout(LONG, socket.read_exact(&mut echoed)).await.expect("an echo").unwrap();
        assert_eq!(&echoed, b"\x81\x02hi");
    }

    #[tokio::test]
    async fn who_does_not_read_is_given_up() {
        let (gone, mut left) = tokio::sync::mpsc::channel::<()>(1);
        let gone = std::sync::Arc::new(std::sync::Mutex::new(Some(gone)));
        let flood = move || async move {
            let gone = gone.lock().unwrap().take();
            Body::from_stream(stream::repeat_with(move || {
                // Dropped with the stream.
                let _gone = &gone;
                Ok::<_, Infallible>("x".repeat(64 * 1024))
            }))
        };
        let address = served(Bounds { stall: SHORT, ..PATIENT }, Router::new().route("/", get(flood))).await;
        let client = says(address, ASKS).await;
        assert_eq!(timeout(LONG, left.recv()).await.expect("it is given up"), None);
        drop(client);
    }

    #[tokio::test]
    async fn one_connection_too_many_waits_until_another_ends() {
        let address = served(Bounds { open: 1, ..PATIENT }, endless()).await;
        let mut first = says(address, ASKS).await;
        hears(&mut first, "\r\n\r\n").await;
        let mut second = says(address, ASKS).await;
        assert!(timeout(SHORT, second.read_u8()).await.is_err(), "it waits");
        drop(first);
        assert!(hears(&mut second, "\r\n\r\n").await.starts_with("HTTP/1.1 200 OK\r\n"));
    }

    #[tokio::test]
    async fn an_open_stream_of_events_does_not_keep_the_process() {
        let listener = crate::http::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = serve_within(Bounds { grace: SHORT, ..PATIENT }, listener, endless(), stop.clone());
        let client = async {
            let mut client = says(address, ASKS).await;
            hears(&mut client, "\r\n\r\n").await;
            stop.cancel();
            client
        };
        let stopped = async { tokio::join!(serving, client) };
        timeout(LONG, stopped).await.expect("it stops");
    }

    #[tokio::test]
    async fn a_running_request_is_answered_after_the_stop_and_a_resting_connection_is_closed() {
        let listener = crate::http::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stops = stop.clone();
        let stopping = move || async move {
            stops.cancel();
            tokio::task::yield_now().await;
            "answered"
        };
        let router = greeting().route("/last", get(stopping));
        let serving = serve_within(PATIENT, listener, router, stop);
        let clients = async {
            let mut resting = says(address, ASKS).await;
            hears(&mut resting, "!").await;
            let running = says(address, "GET /last HTTP/1.1\r\nhost: x\r\n\r\n").await;
            assert!(closed(running).await.ends_with("answered"));
            assert_eq!(closed(resting).await, "");
        };
        timeout(LONG, async { tokio::join!(serving, clients) }).await.expect("it stops");
    }
}
