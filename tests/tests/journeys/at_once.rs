//! Services hear of things a moment late. Clients need not know.

use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt;
use pipewright_tests::{Deployment, Topology};
use serde_json::{Value, json};

use crate::{access::own_records_only, on_both_topologies};

on_both_topologies!(what_was_just_made_can_be_named_in_the_next_call);
async fn what_was_just_made_can_be_named_in_the_next_call(platform: Deployment) -> Result<()> {
    const CREATE: &str = "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }";
    const OPEN: &str = "mutation($input: CreateOpportunityInput!) { createOpportunity(input: $input) {
        opportunity { id account { name } pipeline { stages { id } } } errors { code field } } }";
    const CAPTURE: &str = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { lead { id } } }";
    const ENRICH: &str = "mutation($id: ID!) { enrichLead(input: { leadId: $id }) { run { id } errors { code } } }";
    const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) {
        opportunity { id name pipeline { stages { id } } } errors { code field } } }";
    const MOVE: &str = "mutation($input: MoveOpportunityInput!) { moveOpportunity(input: $input) {
        opportunity { stage { id } } errors { code } } }";
    for number in 0..5 {
        let account = json!({ "name": format!("Looms {number}"), "domain": format!("looms{number}.example") });
        let mut made = platform.graphql(CREATE, json!({ "input": account })).await?["createAccount"]["account"].take();
        let opened =
            platform.graphql(OPEN, json!({ "input": { "name": "Looms", "accountId": made["id"].take() } })).await?;
        let opened = &opened["createOpportunity"];
        assert_eq!(opened["errors"], json!([]));
        assert_eq!(opened["opportunity"]["account"]["name"], account["name"]);

        let lead = json!({ "email": format!("ada{number}@engines.example"), "company": "Engines" });
        let lead = platform.graphql(CAPTURE, json!({ "input": lead })).await?["captureLead"]["lead"]["id"].take();
        let enriched = platform.graphql(ENRICH, json!({ "id": lead })).await?;
        assert_eq!(enriched["enrichLead"]["errors"], json!([]));
        let input = json!({ "id": lead, "opportunity": { "name": "Engines" } });
        let converted = platform.graphql(CONVERT, json!({ "input": input })).await?;
        let opportunity = &converted["convertLead"]["opportunity"];
        assert_eq!(opportunity["name"], "Engines", "{converted}");

        let next = &opportunity["pipeline"]["stages"][1]["id"];
        let input = json!({ "id": opportunity["id"], "stageId": next });
        let moved = platform.graphql(MOVE, json!({ "input": input })).await?;
        assert_eq!(moved["moveOpportunity"], json!({ "opportunity": { "stage": { "id": next } }, "errors": [] }));
    }
    Ok(())
}

on_both_topologies!(whoever_gets_a_lead_hears_which_it_is);
async fn whoever_gets_a_lead_hears_which_it_is(platform: Deployment) -> Result<()> {
    const CAPTURE: &str = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { lead { id } } }";
    const OWNER: &str = "query($id: ID!) { lead(id: $id) { routing { owner { user { id } } } } }";
    const HEAR: &str = "subscription { leadRouted { lead { email } owner { user { id } } } }";
    let capture = async |number: usize| -> Result<Value> {
        let input = json!({ "email": format!("ada{number}@engines.example"), "company": "Engines" });
        Ok(platform.graphql(CAPTURE, json!({ "input": input })).await?["captureLead"]["lead"]["id"].take())
    };
    let first = json!({ "id": capture(0).await? });
    let routed = |data: &Value| !data["lead"]["routing"]["owner"].is_null();
    let rep = platform.until("routed", OWNER, first, routed).await?["lead"]["routing"]["owner"]["user"]["id"].take();
    own_records_only(&platform, &rep).await?;
    let (_, key) = new_key(&platform, &rep).await?;
    let request = reqwest::Client::new().post(format!("{}/graphql", platform.url())).bearer_auth(key);
    let request = request.header("accept", "text/event-stream").json(&json!({ "query": HEAR }));
    let mut chunks = request.send().await?.bytes_stream();
    let mut text = String::new();
    // The answer's head is there before the subscription is, and most leads go to others: capture on.
    for number in 1..60 {
        capture(number).await?;
        while let Ok(chunk) = tokio::time::timeout(Duration::from_millis(200), chunks.next()).await {
            text.push_str(&String::from_utf8_lossy(&chunk.context("the stream goes on")??));
        }
        if whole(&text).len() >= 3 {
            break;
        }
    }
    let events = whole(&text);
    assert!(events.len() >= 3, "{text}");
    for event in events {
        let event: Value = serde_json::from_str(event)?;
        assert!(event["data"]["leadRouted"]["lead"]["email"].is_string(), "{event}");
        assert_eq!(event["data"]["leadRouted"]["owner"]["user"]["id"], rep);
    }
    Ok(())
}

on_both_topologies!(a_revoked_key_opens_nothing_from_then_on);
async fn a_revoked_key_opens_nothing_from_then_on(platform: Deployment) -> Result<()> {
    const ME: &str = "{ me { id } }";
    const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { errors { code } } }";
    for _key in 0..5 {
        let (id, key) = new_key(&platform, &Value::Null).await?;
        let answer = platform.graphql_as(&key, ME, json!({})).await?;
        assert!(answer["data"]["me"]["id"].is_string(), "{answer}");
        platform.graphql(REVOKE, json!({ "id": id })).await?;
        let answer = platform.graphql_as(&key, ME, json!({})).await?;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    }
    Ok(())
}

/// The data of the events that have come to their end.
fn whole(text: &str) -> Vec<&str> {
    let ended = text.split_inclusive("\n\n").filter(|event| event.ends_with("\n\n"));
    ended.filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: "))).collect()
}

/// A key of this user, or one's own: its id, and what to present.
async fn new_key(platform: &Deployment, user: &Value) -> Result<(Value, String)> {
    const CREATE: &str = "mutation($user: ID) { createApiKey(input: { name: \"test\", userId: $user }) {
        apiKey { id } secret } }";
    let mut made = platform.graphql(CREATE, json!({ "user": user })).await?["createApiKey"].take();
    let secret = made["secret"].as_str().context("a key")?.to_owned();
    Ok((made["apiKey"]["id"].take(), secret))
}
