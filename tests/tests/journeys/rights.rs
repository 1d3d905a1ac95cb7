//! What was taken away through another gateway opens nothing at this one, which hears of it on the bus.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use gateway::HttpAuthenticator;
use kernel::{Actor, Clock};
use pipewright_tests::{Deployment, Topology};
use platform::auth::{ACTOR_HEADER, ActorTokens, Authenticator};
use serde_json::{Value, json};

const SECRET: &str = "secret-of-two-gateways-0123456789abcdef";
/// Keys, one after the other. By itself a gateway asks about an open stream after 15 seconds: all would take 75.
const KEYS: usize = 5;
const SOONER: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_key_revoked_through_another_gateway_ends_its_streams_and_opens_nothing_here() -> Result<()> {
    const CREATE: &str = "mutation { createApiKey(input: { name: \"test\" }) { apiKey { id } secret } }";
    const READ: &str = "{ leads { totalCount } }";
    let platform = Deployment::start_with(Topology::Separate, &[("PIPEWRIGHT__GATEWAY__ACTOR_SECRET", SECRET)]).await?;
    let elsewhere = Elsewhere::of(&platform).await?;
    let taken_away = async {
        for _ in 0..KEYS {
            let made = platform.graphql(CREATE, json!({})).await?["createApiKey"].take();
            let key = made["secret"].as_str().context("a key")?;
            let stream = subscribe(&platform, key).await?;
            let read = platform.graphql_as(key, READ, json!({})).await?;
            ensure!(read["data"]["leads"]["totalCount"] == 0, "{read}");
            elsewhere.revoke(&made["apiKey"]["id"]).await?;
            let last = stream.text().await?;
            ensure!(last.contains("UNAUTHENTICATED"), "{last}");
            let read = platform.graphql_as(key, READ, json!({})).await?;
            ensure!(read["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", "{read}");
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(SOONER, taken_away).await.context("the gateway hears of it")?
}

async fn subscribe(platform: &Deployment, key: &str) -> Result<reqwest::Response> {
    let request = reqwest::Client::new().post(format!("{}/graphql", platform.url())).bearer_auth(key);
    let subscription = json!({ "query": "subscription { leadRouted { lead { id } } }" });
    let stream = request.header("accept", "text/event-stream").json(&subscription).send().await?;
    ensure!(stream.status() == 200, "{}", stream.status());
    Ok(stream)
}

/// Another gateway, as identity sees it.
struct Elsewhere {
    client: reqwest::Client,
    identity: String,
    tokens: ActorTokens,
    admin: Arc<Actor>,
}

impl Elsewhere {
    async fn of(platform: &Deployment) -> Result<Self> {
        let (client, identity) = (reqwest::Client::new(), platform.url_of("identity").to_owned());
        let tokens = ActorTokens::new(SECRET.as_bytes(), Clock::system());
        let authenticator = HttpAuthenticator::new(client.clone(), &identity, tokens.clone());
        let admin = authenticator.authenticate(platform.key()).await?;
        Ok(Self { client, identity, tokens, admin })
    }

    async fn revoke(&self, key: &Value) -> Result<()> {
        const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { errors { code } } }";
        let request = self.client.post(format!("{}/graphql", self.identity));
        let request = request.header(ACTOR_HEADER, self.tokens.sign(&self.admin));
        let request = request.json(&json!({ "query": REVOKE, "variables": { "id": key } }));
        let answer: Value = request.send().await?.json().await?;
        ensure!(answer["data"]["revokeApiKey"]["errors"] == json!([]), "{answer}");
        Ok(())
    }
}
