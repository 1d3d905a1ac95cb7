//! A subgraph in another process.

use std::{sync::Arc, time::Duration};

use async_graphql::{Response, Value};
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
    graphql::{Subgraph, SubgraphCall, SubgraphError},
};

use crate::{Limits, Probe};

const EVENT_STREAM: &str = "text/event-stream";

/// GraphQL over HTTP, subscriptions over server-sent events ("distinct connections mode" of graphql-sse).
#[derive(Debug, Clone)]
pub struct HttpSubgraph {
    name: String,
    url: String,
    client: reqwest::Client,
    tokens: Option<ActorTokens>,
    timeout: Duration,
    max_bytes: usize,
}

impl HttpSubgraph {
    /// `tokens` sign on whose behalf a call is made; a foreign subgraph has none. `timeout` bounds a query or
    /// a mutation; a subscription may stay open.
    pub fn new(
        name: impl Into<String>,
        url: impl Into<String>,
        client: reqwest::Client,
        tokens: Option<ActorTokens>,
        timeout: Duration,
    ) -> Self {
        let max_bytes = Limits::default().answer_bytes;
        Self { name: name.into(), url: url.into(), client, tokens, timeout, max_bytes }
    }

    /// Bounds what is read of an answer, and of one event of a subscription.
    #[must_use]
    pub fn limits(self, limits: &Limits) -> Self {
        Self { max_bytes: limits.answer_bytes, ..self }
    }

    /// Asks `/ready` of the process that serves the subgraph. One that has no such page, which is known by
    /// another answer than 200 or 503, is given the benefit of the doubt.
    pub fn probe(&self) -> Probe {
        let url = reqwest::Url::parse(&self.url).and_then(|url| url.join("/ready"));
        let client = self.client.clone();
        Arc::new(move || {
            let asked = url.clone().ok().map(|url| client.get(url).send());
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
        let body = serde_json::json!({ "query": &*call.query, "variables": &call.variables });
        let request =
            self.client.post(&self.url).header(ACCEPT, accept).header("x-request-id", &*call.request_id).json(&body);
        match (&self.tokens, &call.actor) {
            (Some(tokens), Some(actor)) => request.header(ACTOR_HEADER, tokens.sign(actor)),
            _ => request,
        }
    }

    fn failure(&self, error: &reqwest::Error) -> SubgraphError {
        let service = self.name.clone();
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
        SubgraphError::BadResponse { service: self.name.clone() }
    }

    /// Reads no more than allowed.
    async fn read(&self, mut response: reqwest::Response) -> Result<Response, SubgraphError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(&error))? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(self.bad_response());
            }
            body.extend_from_slice(&chunk);
        }
        self.parse(&body)
    }
}

impl Subgraph for HttpSubgraph {
    fn execute(&self, call: SubgraphCall) -> BoxFuture<'static, Result<Response, SubgraphError>> {
        let this = self.clone();
        async move {
            let accept = "application/graphql-response+json, application/json;q=0.9";
            let request = this.request(&call, accept).timeout(this.timeout);
            let response = request.send().await.map_err(|error| this.failure(&error))?;
            // Whatever the status: an answer in GraphQL says more than it.
            this.read(response).await
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
                            let event = this.parse(frame.data.as_bytes());
                            return Some((event, (this, bytes, frames, false)));
                        }
                        _ => continue,
                    }
                }
                if frames.held() > this.max_bytes {
                    return Some((Err(this.bad_response()), (this, bytes, frames, true)));
                }
                match bytes.next().await {
                    Some(Ok(chunk)) => frames.feed(&chunk),
                    // Neither an error nor an end without `complete` is a proper end.
                    Some(Err(_)) | None => {
                        let lost = SubgraphError::Unreachable { service: this.name.clone() };
                        return Some((Err(lost), (this, bytes, frames, true)));
                    }
                }
            }
        })
        .boxed()
    }
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
    event: String,
    data: String,
}

impl Frames {
    fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes of what is not whole yet.
    fn held(&self) -> usize {
        self.buffer.len() + self.current.event.len() + self.current.data.len()
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
        let text = ":\n\nevent: next\ndata: {\"a\":1}\n\n: ping\n\nevent: complete\r\ndata:\r\n\r\n";
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for byte in text.as_bytes() {
            frames.feed(&[*byte]);
            found.extend(frames.next());
        }
        let frame = |event: &str, data: &str| Frame { event: event.into(), data: data.into() };
        assert_eq!(found, [frame("next", "{\"a\":1}"), frame("complete", "")]);
    }
}
