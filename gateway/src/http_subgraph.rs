//! A subgraph in another process.

use std::{sync::Arc, time::Duration};

use async_graphql::{Response, Value, Variables};
use axum::http::{
    StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use bytes::{Buf, BytesMut};
use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use platform::{
    auth::{ACTOR_HEADER, ActorTokens},
    graphql::{EVENT_ID, Subgraph, SubgraphCall, SubgraphError},
    http::LAST_EVENT_ID_HEADER,
};

use reqwest::Url;
use serde::Serialize;

use crate::{Limits, Probe};

const EVENT_STREAM: &str = "text/event-stream";

/// GraphQL over HTTP, subscriptions over server-sent events ("distinct connections mode" of graphql-sse). Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct HttpSubgraph(Arc<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    name: String,
    /// As it was given if it is no URL: then there is nobody to ask.
    url: Result<Url, String>,
    client: reqwest::Client,
    tokens: Option<ActorTokens>,
    timeout: Duration,
    max_bytes: usize,
}

/// A request of GraphQL over HTTP.
#[derive(Serialize)]
struct Body<'c> {
    query: &'c str,
    variables: &'c Variables,
}

impl HttpSubgraph {
    /// `tokens` sign on whose behalf a call is made; a foreign subgraph has none. `timeout` bounds a query or
    /// a mutation, a second attempt included; a subscription may stay open.
    pub fn new(
        name: impl Into<String>,
        url: impl Into<String>,
        client: reqwest::Client,
        tokens: Option<ActorTokens>,
        timeout: Duration,
    ) -> Self {
        let url = url.into();
        let url = Url::parse(&url).map_err(|_| url);
        let max_bytes = Limits::default().answer_bytes;
        Self(Arc::new(Parts { name: name.into(), url, client, tokens, timeout, max_bytes }))
    }

    /// Bounds what is read of an answer, and of one event of a subscription.
    #[must_use]
    pub fn limits(mut self, limits: &Limits) -> Self {
        Arc::make_mut(&mut self.0).max_bytes = limits.answer_bytes;
        self
    }

    /// Asks `/ready` of the process that serves the subgraph. One that has no such page, which is known by
    /// another answer than 200 or 503, is given the benefit of the doubt.
    pub fn probe(&self) -> Probe {
        let url = self.0.url.as_ref().ok().and_then(|url| url.join("/ready").ok());
        let client = self.0.client.clone();
        Arc::new(move || {
            let asked = url.clone().map(|url| client.get(url).send());
            async move {
                match asked {
                    Some(asked) => asked.await.is_ok_and(|answer| answer.status() != StatusCode::SERVICE_UNAVAILABLE),
                    None => false,
                }
            }
            .boxed()
        })
    }

    fn request(&self, call: &SubgraphCall, accept: &str) -> reqwest::RequestBuilder {
        let Parts { client, url, tokens, .. } = &*self.0;
        let request = match url {
            Ok(url) => client.post(url.clone()),
            Err(none) => client.post(none),
        };
        let body = Body { query: &call.query, variables: &call.variables };
        let request = request.header(ACCEPT, accept).header("x-request-id", &*call.request_id).json(&body);
        let request = match &call.resume_after {
            Some(id) => request.header(LAST_EVENT_ID_HEADER, &**id),
            None => request,
        };
        match (tokens, &call.actor) {
            (Some(tokens), Some(actor)) => request.header(ACTOR_HEADER, tokens.sign(actor)),
            _ => request,
        }
    }

    fn failure(&self, error: &reqwest::Error) -> SubgraphError {
        let service = self.0.name.clone();
        if error.is_timeout() {
            SubgraphError::Timeout { service }
        } else if error.is_decode() {
            SubgraphError::BadResponse { service }
        } else {
            SubgraphError::Unreachable { service }
        }
    }

    fn parse(&self, json: &[u8]) -> Result<Response, SubgraphError> {
        let response: Option<Response> = serde_json::from_slice(json).ok();
        response
            .filter(|response| response.data != Value::Null || !response.errors.is_empty())
            .ok_or_else(|| self.bad_response())
    }

    fn bad_response(&self) -> SubgraphError {
        SubgraphError::BadResponse { service: self.0.name.clone() }
    }

    async fn attempt(&self, call: &SubgraphCall) -> Result<Response, SubgraphError> {
        let request = self.request(call, "application/graphql-response+json, application/json;q=0.9");
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        let gone = [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT]
            .contains(&response.status());
        // Whatever the status: an answer in GraphQL says more than it.
        match self.read(response).await {
            Err(SubgraphError::BadResponse { service }) if gone => Err(SubgraphError::Unreachable { service }),
            answer => answer,
        }
    }

    /// Reads no more than allowed.
    async fn read(&self, mut response: reqwest::Response) -> Result<Response, SubgraphError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(&error))? {
            if body.len() + chunk.len() > self.0.max_bytes {
                return Err(self.bad_response());
            }
            body.extend_from_slice(&chunk);
        }
        self.parse(&body)
    }
}

impl Subgraph for HttpSubgraph {
    /// A read that was not answered is asked once more; what may have acted is not.
    fn execute(&self, call: SubgraphCall) -> BoxFuture<'static, Result<Response, SubgraphError>> {
        let this = self.clone();
        async move {
            let asked = async {
                match this.attempt(&call).await {
                    Err(SubgraphError::Unreachable { .. }) if reads(&call) => {
                        metrics::counter!("gateway_subgraph_retries_total", "service" => this.0.name.clone())
                            .increment(1);
                        tokio::time::sleep(pause(&call)).await;
                        this.attempt(&call).await
                    }
                    answer => answer,
                }
            };
            let late = || Err(SubgraphError::Timeout { service: this.0.name.clone() });
            tokio::time::timeout(this.0.timeout, asked).await.unwrap_or_else(|_| late())
        }
        .boxed()
    }

    fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<Response, SubgraphError>> {
        let this = self.clone();
        stream::once(async move {
            let opened = this.request(&call, EVENT_STREAM).send().await;
            match opened {
                Ok(response) => this.events(response),
                Err(error) => one(Err(this.failure(&error))),
            }
        })
        .flatten()
        .boxed()
    }
}

impl HttpSubgraph {
    fn events(self, response: reqwest::Response) -> BoxStream<'static, Result<Response, SubgraphError>> {
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.starts_with(EVENT_STREAM)) {
            // Refused before it began: an ordinary answer.
            return stream::once(async move { self.read(response).await }).boxed();
        }
        let state = (self, response.bytes_stream().boxed(), Frames::default(), false);
        stream::unfold(state, |(this, mut bytes, mut frames, ended)| async move {
            if ended {
                return None;
            }
            loop {
                if let Some(frame) = frames.next() {
                    match frame.event.as_str() {
                        "complete" => return None,
                        "next" => {
                            let event = this.parse(frame.data.as_bytes()).map(|event| frame.name(event));
                            return Some((event, (this, bytes, frames, false)));
                        }
                        _ => continue,
                    }
                }
                if frames.held() > this.0.max_bytes {
                    return Some((Err(this.bad_response()), (this, bytes, frames, true)));
                }
                match bytes.next().await {
                    Some(Ok(chunk)) => frames.feed(&chunk),
                    // Neither an error nor an end without `complete` is a proper end.
                    Some(Err(_)) | None => {
                        let lost = SubgraphError::Unreachable { service: this.0.name.clone() };
                        return Some((Err(lost), (this, bytes, frames, true)));
                    }
                }
            }
        })
        .boxed()
    }
}

/// A document of the planner begins with its operation.
fn reads(call: &SubgraphCall) -> bool {
    call.query.starts_with('{') || call.query.starts_with("query")
}

/// Before the second attempt: 50 to 100 ms, so that requests which failed together do not come back together.
fn pause(call: &SubgraphCall) -> Duration {
    let spread = call.request_id.bytes().fold(0u64, |sum, byte| (sum * 31 + u64::from(byte)) % 50);
    Duration::from_millis(50 + spread)
}

fn one<T: Send + 'static>(item: T) -> BoxStream<'static, T> {
    stream::once(async move { item }).boxed()
}

/// Cuts a byte stream into server-sent events.
#[derive(Debug, Default)]
struct Frames {
    buffer: BytesMut,
    /// How much of the buffer has no end of a line.
    searched: usize,
    current: Frame,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Frame {
    id: String,
    event: String,
    data: String,
}

impl Frame {
    /// The response with the id of its event, if the subgraph gives it one.
    fn name(&self, response: Response) -> Response {
        if self.id.is_empty() { response } else { response.extension(EVENT_ID, Value::from(self.id.as_str())) }
    }
}

impl Frames {
    fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes of what is not whole yet.
    fn held(&self) -> usize {
        self.buffer.len() + self.current.id.len() + self.current.event.len() + self.current.data.len()
    }

    fn end_of_line(&mut self) -> Option<usize> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let end = found.map(|at| self.searched + at);
        self.searched = if found.is_some() { 0 } else { self.buffer.len() };
        end
    }

    /// The next whole event. Comments keep a connection alive and mean nothing.
    fn next(&mut self) -> Option<Frame> {
        while let Some(end) = self.end_of_line() {
            let line = self.buffer.split_to(end);
            self.buffer.advance(1);
            let line = String::from_utf8_lossy(&line);
            let line = line.strip_suffix('\r').unwrap_or(&line);
            if line.is_empty() {
                let frame = std::mem::take(&mut self.current);
                if frame != Frame::default() {
                    return Some(frame);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => value.clone_into(&mut self.current.id),
                "event" => value.clone_into(&mut self.current.event),
                "data" => {
                    if !self.current.data.is_empty() {
                        self.current.data.push('\n');
                    }
                    self.current.data.push_str(value);
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_the_bytes_arrive() {
        let text = ":\n\nid: 7\nevent: next\ndata: {\"a\":1}\n\n: ping\n\nevent: complete\r\ndata:\r\n\r\n";
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for byte in text.as_bytes() {
            frames.feed(&[*byte]);
            found.extend(frames.next());
        }
        let frame = |id: &str, event: &str, data: &str| Frame { id: id.into(), event: event.into(), data: data.into() };
        assert_eq!(found, [frame("7", "next", "{\"a\":1}"), frame("", "complete", "")]);
    }
}
