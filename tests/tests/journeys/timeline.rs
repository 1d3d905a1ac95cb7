//! One page tells what every service knows of a record, and tells the same when it is made anew.

use anyhow::{Context, Result, ensure};
use pipewright_tests::{Deployment, Topology, binary};
use serde_json::{Value, json};
use tokio::process::Command;

const TOLD: &str = "query($lead: ID!) { lead(id: $lead) { account { timeline(first: 200) { edges { cursor node {
    id type occurredAt title causedBy actor { name user { name } } changes { field previous current }
    records { __typename ... on Lead { id email } ... on Contact { id email } ... on Account { id name } ... on Opportunity { id name } }
    decision { id outcome } enrichmentRun { status } enrollment { sequence { name } } } } } } } }";

/// What must have happened, each after the one before.
const IN_ORDER: [&str; 8] = [
    "LEAD_CAPTURED",
    "LEAD_ENRICHED",
    "LEAD_ROUTED",
    "ENROLLMENT_STARTED",
    "MESSAGE_SENT",
    "LEAD_CONVERTED",
    "OPPORTUNITY_CREATED",
    "OPPORTUNITY_STAGE_CHANGED",
];

#[tokio::test]
async fn an_accounts_page_tells_what_every_service_knows_and_the_same_when_made_anew() -> Result<()> {
    let mut platform = Deployment::start(Topology::OneProcess).await?;
    let lead = win_a_deal(&platform).await?;
    let variables = json!({ "lead": lead });
    let won = |data: &Value| {
        place(data, "OPPORTUNITY_STAGE_CHANGED").is_some() && place(data, "ENROLLMENT_STOPPED").is_some()
    };
    let live = platform.until("the page tells of the deal", TOLD, variables.clone(), won).await?;
    assert_eq!(live, platform.graphql(TOLD, variables.clone()).await?);

    let places: Vec<_> = IN_ORDER.iter().map(|happened| place(&live, happened)).collect();
    // The last stands first.
    ensure!(places.iter().all(Option::is_some) && places.is_sorted_by(|one, next| one > next), "{places:?}: {live}");
    let entry = |happened| place(&live, happened).map(|at| &entries(&live)[at]["node"]);
    let routed = entry("LEAD_ROUTED").context("routed")?;
    assert_eq!(routed["causedBy"], entry("LEAD_ENRICHED").context("enriched")?["id"]);
    assert_eq!(routed["decision"]["outcome"], json!("routed"), "what the routing service keeps of it");
    assert_eq!(routed["records"][0]["email"], json!("hedda@looms.example"), "what the lead service does");
    ensure!(entry("MESSAGE_SENT").context("sent")?["enrollment"]["sequence"]["name"].is_string(), "{live}");
    ensure!(entry("LEAD_CAPTURED").context("captured")?["actor"]["user"]["name"].is_string(), "who did it: {live}");

    ensure!(platform.stop().await?);
    rebuild(&platform).await?;
    platform.boot().await?;
    let anew = platform.graphql(TOLD, variables).await?;
    assert_eq!(anew.to_string(), live.to_string(), "byte for byte");
    Ok(())
}

/// Captures a lead, waits for its first mail, converts it and wins the opportunity.
async fn win_a_deal(platform: &Deployment) -> Result<Value> {
    const CAPTURE: &str = "mutation { captureLead(input: { email: \"hedda@looms.example\", firstName: \"Hedda\",
        lastName: \"Weaver\", company: \"Looms\" }) { lead { id } } }";
    const SENT: &str = "{ messages(first: 1, filter: { state: SENT }) { totalCount } }";
    const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) { errors { message } } }";
    const OPEN: &str = "{ opportunities(first: 1) { edges { node { id pipeline { stages { id state } } } } } }";
    const MOVE: &str =
        "mutation($input: MoveOpportunityInput!) { moveOpportunity(input: $input) { errors { message } } }";
    let lead = platform.graphql(CAPTURE, json!({})).await?["captureLead"]["lead"]["id"].take();
    platform.until("the first mail", SENT, json!({}), |data| data["messages"]["totalCount"] == json!(1)).await?;
    let input = json!({ "id": lead, "opportunity": { "name": "Looms for Leeds" } });
    let converted = platform.graphql(CONVERT, json!({ "input": input })).await?;
    ensure!(converted["convertLead"]["errors"] == json!([]), "{converted}");
    let open = |data: &Value| !data["opportunities"]["edges"][0].is_null();
    let data = platform.until("an opportunity", OPEN, json!({}), open).await?;
    let deal = &data["opportunities"]["edges"][0]["node"];
    let stages = deal["pipeline"]["stages"].as_array().context("stages")?;
    let won = stages.iter().find(|stage| stage["state"] == json!("WON")).context("a stage of won deals")?;
    let moved = platform.graphql(MOVE, json!({ "input": { "id": deal["id"], "stageId": won["id"] } })).await?;
    ensure!(moved["moveOpportunity"]["errors"] == json!([]), "{moved}");
    Ok(lead)
}

/// Makes everything that search keeps anew, from what the services have published.
async fn rebuild(platform: &Deployment) -> Result<()> {
    let mut rebuild = Command::new(binary("pipewright")?);
    let output = rebuild.args(["search", "rebuild", "--data-dir"]).arg(platform.data_dir()).output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn entries(data: &Value) -> &[Value] {
    data["lead"]["account"]["timeline"]["edges"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Where an entry of this type stands, counted from the last.
fn place(data: &Value, happened: &str) -> Option<usize> {
    entries(data).iter().position(|edge| edge["node"]["type"] == json!(happened))
}
