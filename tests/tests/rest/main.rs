//! The REST view is the GraphQL API, seen otherwise: same objects, same rules.

mod description;
mod export;
mod objects;
mod problems;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use pipewright_tests::{Deployment, Topology};
use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// A platform with some of everything, as its REST clients see it.
struct View {
    platform: Deployment,
    client: reqwest::Client,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    async fn of(response: Response) -> Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        Ok(Self { status, headers, body })
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A problem of this kind, and complete.
    fn assert_problem(&self, status: u16, code: &str, field: Option<&str>) {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.body["field"].as_str(), field, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], json!(status));
        let id = self.header("x-request-id");
        assert!(!id.is_empty() && self.body["requestId"] == json!(id), "{}", self.body);
        assert_eq!(self.body["type"], json!(format!("urn:pipewright:error:{code}")));
        assert!(["title", "detail"].iter().all(|name| self.body[name].as_str().is_some_and(|text| !text.is_empty())));
    }
}

impl View {
    async fn open() -> Result<Self> {
        Self::open_with(&[]).await
    }

    async fn open_with(settings: &[(&str, &str)]) -> Result<Self> {
        let platform = Deployment::start_with(Topology::OneProcess, settings).await?;
        Ok(Self { platform, client: reqwest::Client::new() })
    }

    async fn with_data() -> Result<Self> {
        let view = Self::open().await?;
        for number in 0..3 {
            let account = json!({ "name": format!("Engines {number}"), "domain": format!("engines{number}.example") });
            let account = view.post("accounts", account).await?;
            view.known_to_pipeline(&account.body["id"]).await?;
            let lead = json!({ "email": format!("ada{number}@engines{number}.example"), "company": "Engines" });
            let lead = view.post("leads", lead).await?;
            let convert = "mutation($id: ID!) { convertLead(input: { id: $id }) { contact { id } errors { code } } }";
            view.platform.graphql(convert, json!({ "id": lead.body["id"] })).await?;
        }
        Ok(view)
    }

    /// What a user who reads everything and changes nothing sends as `Authorization`.
    async fn reader(&self) -> Result<String> {
        const READER: &str = "mutation { createUser(input: {
            name: \"Ada\", email: \"ada@pipewright.example\", role: READ_ONLY }) { user { id } } }";
        let user = self.platform.graphql(READER, json!({})).await?["createUser"]["user"]["id"].take();
        self.key_of(&user).await
    }

    async fn key_of(&self, user: &Value) -> Result<String> {
        const KEY: &str = "mutation($user: ID!) { createApiKey(input: { name: \"rest\", userId: $user }) { secret } }";
        let made = self.platform.graphql(KEY, json!({ "user": user })).await?;
        Ok(format!("Bearer {}", made["createApiKey"]["secret"].as_str().context("a key")?))
    }

    /// Waits until the pipeline service has heard of the account, which then has an opportunity.
    async fn known_to_pipeline(&self, account: &Value) -> Result<()> {
        let open = "mutation($input: CreateOpportunityInput!) { createOpportunity(input: $input) { errors { code } } }";
        let input = json!({ "name": "Looms", "accountId": account, "idempotencyKey": account });
        let opened = |data: &Value| data["createOpportunity"]["errors"] == json!([]);
        self.platform.until("the account known to the pipeline", open, json!({ "input": input }), opened).await?;
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Result<Answer> {
        let url = if path.starts_with('/') { path.to_owned() } else { format!("/rest/v1/{path}") };
        let mut request = self.client.request(method, format!("{}{url}", self.platform.url()));
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(self.platform.key());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await?).await
    }

    async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, &[], None).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value, etag: Option<&str>) -> Result<Answer> {
        let headers: Vec<(&str, &str)> = etag.map(|etag| ("if-match", etag)).into_iter().collect();
        self.send(Method::PATCH, path, &headers, Some(body)).await
    }
}

fn document() -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schema/openapi.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
