//! WebSockets, the protocol `graphql-transport-ws`: many operations of any kind over one connection.

use std::{collections::HashMap, convert::Infallible, net::IpAddr, time::Duration};

use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    http::HeaderMap,
    response::Response as HttpResponse,
};
use futures::{
    FutureExt, SinkExt, StreamExt,
    future::{self, AbortHandle, BoxFuture},
    stream::{self, BoxStream, SelectAll},
};
use kernel::Code;
use platform::{
    auth::{AuthError, bearer},
    config::Secret,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::{
    sync::oneshot,
    time::{Instant, interval_at, sleep, timeout},
};
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

use crate::{
    Gateway, Request, RequestContext, Response,
    auth::{Admission, credential},
    places::Place,
};

const PROTOCOL: &str = "graphql-transport-ws";

/// How often the client is asked for a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a client may take no message from us.
const PATIENCE: Duration = Duration::from_secs(30);

const CROWDED: &str = "Too many connections: try again later";

/// Takes the connection over, if the client speaks our protocol and may come from where it does. Whether there is room
/// is known when it has said who it is.
pub(super) fn upgrade(
    gateway: &Gateway,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<HttpResponse, Response> {
    let refuse = |code: Code, message: String| Err(Response::refused_because(code, message));
    let limits = gateway.limits();
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.max_message_size(limits.body_bytes).max_frame_size(limits.body_bytes),
        Err(rejected) => return refuse(Code::BadRequest, rejected.body_text()),
    };
    let upgrade = upgrade.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return refuse(Code::BadRequest, format!("the subprotocol is {PROTOCOL}"));
    }
    if !gateway.door().rules().may_connect(headers) {
        return refuse(Code::Forbidden, "pages of this origin may not connect".to_owned());
    }
    let connection = Connection::new(gateway.clone(), credential(headers).map(Secret::new), address);
    Ok(upgrade.on_upgrade(|socket| connection.run(socket)))
}

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Pong {},
    Subscribe {
        id: String,
        payload: Request,
    },
    Complete {
        id: String,
    },
}

/// What the client is told.
#[derive(Serialize)]
struct Told<'a, P> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

/// Why the connection ends: a code of the protocol and a reason, or nothing that can be told.
type End = Option<(u16, String)>;

fn end(code: u16, reason: impl Into<String>) -> End {
    Some((code, reason.into()))
}

/// What the client did wrong is told apart from a connection that broke (RFC 6455, 7.4.1).
fn broken(error: axum::Error) -> End {
    match error.into_inner().downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => end(1009, "Message too big"),
        Some(tungstenite::Error::Utf8(_)) => end(1007, "Not UTF-8"),
        Some(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => None,
        Some(tungstenite::Error::Protocol(_)) => end(1002, "Protocol error"),
        _ => None,
    }
}

struct Connection {
    gateway: Gateway,
    /// The credential of the handshake, for a client that can set headers.
    presented: Option<Secret>,
    /// Where it comes from.
    address: Option<IpAddr>,
    /// Tells a newcomer to make room for others.
    unwanted: oneshot::Receiver<()>,
    /// That of a client that was let in.
    place: Option<Place>,
    admission: Option<Admission>,
    /// Done when the credential is no longer good.
    lost: BoxFuture<'static, AuthError>,
    running: HashMap<String, AbortHandle>,
    /// `None` is the end of an operation.
    responses: SelectAll<BoxStream<'static, (String, Option<Response>)>>,
}

impl Connection {
    fn new(gateway: Gateway, presented: Option<Secret>, address: Option<IpAddr>) -> Self {
        Self {
            unwanted: gateway.newcomer(),
            gateway,
            presented,
            address,
            place: None,
            admission: None,
            lost: future::pending().boxed(),
            running: HashMap::new(),
            responses: SelectAll::new(),
        }
    }

    async fn run(mut self, mut socket: WebSocket) {
        let Err(end) = self.talk(&mut socket).await;
        if let Some((code, reason)) = end {
            let frame = CloseFrame { code, reason: reason.into() };
            // Whoever is gone needs no goodbye. Whoever still sends reads it: `platform::http` hears them out.
            let _ = timeout(PATIENCE, socket.send(Message::Close(Some(frame)))).await;
        }
    }

    /// Returns only with a reason to end.
    async fn talk(&mut self, socket: &mut WebSocket) -> Result<Infallible, End> {
        let draining = self.gateway.draining().clone();
        let mut too_late = Box::pin(sleep(self.gateway.limits().socket_init));
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut heard = true;
        loop {
            // Subscriptions end by themselves; what else runs may finish.
            if draining.is_cancelled() && self.running.is_empty() {
                return Err(end(1001, "Going away"));
            }
            tokio::select! {
                // First what bounds the connection, so that no flood of messages puts it off.
                biased;
                error = &mut self.lost => return Err(end(4401, error.to_string())),
                () = &mut too_late, if self.place.is_none() => {
                    return Err(end(4408, "Connection initialisation timeout"));
                }
                _ = &mut self.unwanted, if self.place.is_none() => return Err(end(1013, CROWDED)),
                _ = heartbeat.tick() => {
                    if !heard {
                        return Err(None);
                    }
                    heard = false;
                    send(socket, Message::Ping(bytes::Bytes::new())).await?;
                }
                message = socket.recv() => {
                    heard = true;
                    match message {
                        Some(Ok(Message::Text(text))) => self.said(socket, &text).await?,
                        Some(Ok(Message::Binary(_))) => return Err(end(4400, "Invalid message")),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Err(error)) => return Err(broken(error)),
                        Some(Ok(Message::Close(_))) => {
                            // The answer to it is made, and not sent yet.
                            let _ = timeout(PATIENCE, socket.flush()).await;
                            return Err(None);
                        }
                        None => return Err(None),
                    }
                }
                Some((id, response)) = self.responses.next() => self.answered(socket, &id, response).await?,
                () = draining.cancelled(), if !draining.is_cancelled() => {}
            }
        }
    }

    async fn said(&mut self, socket: &mut WebSocket, text: &str) -> Result<(), End> {
        let said =
            serde_json::from_str(text).map_err(|error| end(4400, reason(&format!("Invalid message: {error}"))))?;
        match said {
            Said::ConnectionInit { payload } => {
                if self.place.is_some() {
                    return Err(end(4429, "Too many initialisation requests"));
                }
                self.admit(&payload.unwrap_or_default()).await?;
                tell(socket, None, "connection_ack", None::<()>).await
            }
            Said::Ping { payload } => tell(socket, None, "pong", payload).await,
            Said::Pong {} => Ok(()),
            Said::Subscribe { id, payload } => self.subscribe(socket, id, payload).await,
            Said::Complete { id } => {
                if let Some(operation) = self.running.remove(&id) {
                    operation.abort();
                }
                Ok(())
            }
        }
    }

    async fn admit(&mut self, payload: &Map<String, Value>) -> Result<(), End> {
        if let Some(credentials) = self.gateway.credentials() {
            let presented = self.presented.take();
            let given = named(payload).or(presented.as_ref().map(Secret::expose));
            let admission = credentials.admit(given).await.map_err(|error| match error {
                AuthError::Unavailable => end(1013, error.to_string()),
                _ => end(4401, error.to_string()),
            })?;
            self.admission = Some(admission.clone());
            self.lost = admission.lost(self.gateway.limits().reauthentication).boxed();
        }
        let actor = self.admission.as_ref().map(|admission| &*admission.actor);
        self.place = Some(self.gateway.socket(actor).ok_or_else(|| end(1013, CROWDED))?);
        self.unwanted.close();
        Ok(())
    }

    async fn subscribe(&mut self, socket: &mut WebSocket, id: String, request: Request) -> Result<(), End> {
        if self.place.is_none() {
            return Err(end(4401, "Unauthorized"));
        }
        if id.is_empty() {
            return Err(end(4400, "Invalid message: an operation has an id"));
        }
        if self.running.contains_key(&id) {
            return Err(end(4409, reason(&format!("Subscriber for {id} already exists"))));
        }
        let gateway = self.gateway.clone();
        let request_id = gateway.new_request_id();
        let limit = gateway.limits().socket_operations;
        let request = if self.running.len() >= limit || gateway.draining().is_cancelled() {
            Err(Response::refused_because(Code::Overloaded, "too much work at once; retry in a second"))
        } else {
            gateway.resolve(request)
        };
        let request = match request {
            Ok(request) => request,
            Err(mut refused) => {
                refused.identify(&request_id);
                return tell(socket, Some(&id), "error", Some(refused.errors)).await;
            }
        };
        let context = RequestContext {
            actor: self.admission.as_ref().map(|admission| admission.actor.clone()),
            admission: self.admission.clone(),
            request_id,
            address: self.address,
            read_only: false,
        };
        // The connection itself watches over its credential.
        let responses = async move { gateway.run_stream(request, context, None).await };
        let (of, done) = (id.clone(), id.clone());
        let responses = stream::once(responses)
            .flatten()
            .map(move |response| (of.clone(), Some(response)))
            .chain(stream::once(async move { (done, None) }));
        let (responses, operation) = stream::abortable(responses);
        self.running.insert(id, operation);
        self.responses.push(responses.boxed());
        Ok(())
    }

    async fn answered(&mut self, socket: &mut WebSocket, id: &str, response: Option<Response>) -> Result<(), End> {
        match response {
            Some(Response { data: None, errors, .. }) => {
                if let Some(operation) = self.running.remove(id) {
                    operation.abort();
                }
                tell(socket, Some(id), "error", Some(errors)).await
            }
            Some(response) => tell(socket, Some(id), "next", Some(response)).await,
            None => {
                self.running.remove(id);
                tell(socket, Some(id), "complete", None::<()>).await
            }
        }
    }
}

/// The credential in the payload of `connection_init`.
fn named(payload: &Map<String, Value>) -> Option<&str> {
    let find = |name: &str| payload.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str();
    find("authorization").and_then(bearer).or_else(|| find("apiKey")).or_else(|| find("x-api-key"))
}

async fn tell<P: Serialize>(
    socket: &mut WebSocket,
    id: Option<&str>,
    kind: &'static str,
    payload: Option<P>,
) -> Result<(), End> {
    let json = serde_json::to_string(&Told { id, kind, payload }).unwrap_or_default();
    send(socket, Message::text(json)).await
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(PATIENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

/// A close frame has room for 123 bytes.
fn reason(text: &str) -> String {
    let end = (0..=text.len().min(120)).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or_default()].to_owned()
}
