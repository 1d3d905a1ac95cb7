//! All of a list, as a file, for who may export them. Reads page by page, as fast as the client does.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::Response,
};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use gateway::Place;
use kernel::{Action, Code};
use platform::door::Arrival;
use serde_json::{Map, Value, json};

use crate::{Rest, answer::result, format::Format, problem::Problem, resources::Resource};

/// Objects read at a time.
const PAGE: usize = 200;
/// How often in a row a busy gateway is asked again.
const PATIENCE: usize = 60;

/// An export under way.
pub(crate) struct Export {
    pub rest: Arc<Rest>,
    pub resource: &'static Resource,
    pub shown: Vec<(String, Option<Vec<String>>)>,
    pub format: Format,
    pub document: String,
    /// The filter and, from the second page on, the cursor.
    pub variables: Map<String, Value>,
    pub headers: HeaderMap,
    pub arrival: Option<Arrival>,
    #[expect(dead_code, reason = "held until the end, not read")]
    pub place: Place,
}

impl Export {
    /// Begins: what is refused is refused with its status, before anything is sent.
    pub async fn begin(mut self) -> Result<Response, Problem> {
        let first = PAGE.min(self.rest.gateway.limits().list_size);
        self.variables.insert("first".to_owned(), json!(first));
        let (resource, format) = (self.resource, self.format);
        let (lines, more) = self.page().await?;
        let first = format.head(&self.shown) + &lines;
        let first = stream::once(async { Ok(first) });
        let rest = if more { self.others() } else { stream::empty().boxed() };
        let mut response = Response::new(Body::from_stream(first.chain(rest)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        let file = format!("attachment; filename=\"{}{}\"", resource.path, format.suffix());
        if let Ok(file) = HeaderValue::from_str(&file) {
            headers.insert(CONTENT_DISPOSITION, file);
        }
        Ok(response)
    }

    /// The pages after the first. One that cannot be read breaks the connection off, so that half a list does not pass
    /// for all of it.
    fn others(self) -> BoxStream<'static, io::Result<String>> {
        stream::try_unfold(Some(self), |export| async {
            let Some(mut export) = export else { return Ok(None) };
            let (lines, more) = export.page().await.map_err(|problem| {
                tracing::warn!(code = &*problem.code, "an export ends early");
                io::Error::other(problem.detail)
            })?;
            Ok(Some((lines, more.then_some(export))))
        })
        .boxed()
    }

    /// The next page as lines, and whether another follows.
    async fn page(&mut self) -> Result<(String, bool), Problem> {
        let mut page = result(self.ask().await?, self.resource.list)?;
        let edges = page["edges"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let lines = edges.iter().map(|edge| self.format.line(&edge["node"], &self.shown)).collect();
        let more = page["pageInfo"]["hasNextPage"] == json!(true);
        self.variables.insert("after".to_owned(), page["pageInfo"]["endCursor"].take());
        Ok((lines, more))
    }

    /// Asks for a page. Whoever has spent their budget, or meets a busy gateway, waits their turn.
    async fn ask(&self) -> Result<Value, Problem> {
        let mut asked = 0;
        loop {
            let answer = self.execute().await?;
            asked += 1;
            let extensions = &answer["errors"][0]["extensions"];
            let busy = [Code::Overloaded, Code::RateLimited].map(|code| json!(code.as_str()));
            if asked > PATIENCE || !busy.contains(&extensions["code"]) || self.variables.get("after").is_none() {
                return Ok(answer);
            }
            let wait = extensions["retryAfterSeconds"].as_u64().unwrap_or(1);
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
    }

    /// On behalf of who asks now: a key that is revoked ends its exports.
    async fn execute(&self) -> Result<Value, Problem> {
        let gateway = &self.rest.gateway;
        let admission = gateway.authenticate(&self.headers).await.map_err(|error| Problem::coded(&error))?;
        let context = gateway.context_of(admission, self.arrival.as_ref());
        let context =
            context.reading_only(self.resource.object, Action::Export).map_err(|denied| Problem::coded(&denied))?;
        let request = gateway::Request::new(&*self.document).variables(Value::Object(self.variables.clone()));
        Ok(serde_json::to_value(gateway.run(request, context).await).unwrap_or_default())
    }
}
