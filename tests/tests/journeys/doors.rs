//! What holds for every request from outside, at every door, and where a change came from.

use anyhow::{Context, Result, ensure};
use pipewright_tests::{Deployment, Topology};
use serde_json::{Value, json};

const PAGE: &str = "https://app.example";
const SETTINGS: [(&str, &str); 2] = [
    ("PIPEWRIGHT__GATEWAY__CSRF_PREVENTION", "true"),
    ("PIPEWRIGHT__GATEWAY__CORS_ORIGINS", "[\"https://app.example\"]"),
];

#[tokio::test]
async fn every_door_keeps_the_same_rules_in_one_process() -> Result<()> {
    let platform = Deployment::start_with(Topology::OneProcess, &SETTINGS).await?;
    let more = [("PATCH", "/rest/v1/leads/lead_1"), ("POST", "/rest/v1/leads"), ("GET", "/openapi.json")];
    keeps_the_rules(&platform, &more).await
}

#[tokio::test]
async fn every_door_keeps_the_same_rules_in_separate_processes() -> Result<()> {
    let platform = Deployment::start_with(Topology::Separate, &SETTINGS).await?;
    keeps_the_rules(&platform, &[]).await
}

async fn keeps_the_rules(platform: &Deployment, more: &[(&'static str, &str)]) -> Result<()> {
    let (front, identity) = (platform.url(), platform.pages_of("identity"));
    let at = |base: &str, doors: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        doors.iter().map(|(method, path)| (*method, format!("{base}{path}"))).collect()
    };
    let mut doors = at(front, &[("POST", "/graphql")]);
    doors.extend(at(identity, &[("POST", "/auth/sign-in"), ("POST", "/auth/password"), ("GET", "/audit.jsonl")]));
    doors.extend(at(front, more));
    let client = reqwest::Client::new();
    for (method, url) in doors {
        let asks = client.request(reqwest::Method::OPTIONS, &url).header("origin", PAGE);
        let preflight = asks.header("access-control-request-method", method).send().await?;
        ensure!(preflight.status() == 204, "{url}: {}", preflight.status());
        ensure!(preflight.headers()["access-control-allow-origin"] == PAGE, "{url}");
        let allowed = preflight.headers()["access-control-allow-methods"].to_str()?;
        ensure!(allowed.split(", ").any(|allowed| allowed == method), "{method} {url}: {allowed}");
        let verb: reqwest::Method = method.parse()?;
        let named = client.request(verb.clone(), &url).header("origin", PAGE).header("x-request-id", "req-of-a-door");
        let answer = named.header("content-type", "application/json").body("{}").send().await?;
        ensure!(answer.headers()["access-control-allow-origin"] == PAGE, "{url}");
        ensure!(answer.headers()["x-request-id"] == "req-of-a-door", "{url}");
        if method != "GET" {
            let unasked = client.request(verb, &url).header("content-type", "text/plain").body("{}").send().await?;
            let (status, text) = (unasked.status(), unasked.text().await?);
            ensure!(status == 400 && text.contains("CSRF_PREVENTED"), "{url}: {status} {text}");
        }
    }
    // A mail program unsubscribes with a form, and from nowhere.
    let one_click = client.post(format!("{}/u/nonsense", platform.pages_of("cadence")));
    let form = one_click.header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body("List-Unsubscribe=One-Click").send().await?;
    ensure!(!answer.text().await?.contains("CSRF_PREVENTED"), "unsubscribing is for everybody");
    Ok(())
}

crate::on_both_topologies!(the_trail_says_where_a_change_came_from);
async fn the_trail_says_where_a_change_came_from(platform: Deployment) -> Result<()> {
    const TRAIL: &str = "query($subject: ID) { auditTrail(first: 50, filter: { subject: $subject }) {
        edges { node { action actor requestId address } } } }";
    let client = reqwest::Client::new();
    let send = async |id: &str, query: &str, input: Value| -> Result<Value> {
        let request = client.post(format!("{}/graphql", platform.url())).bearer_auth(platform.key());
        let request =
            request.header("x-request-id", id).json(&json!({ "query": query, "variables": { "input": input } }));
        Ok(request.send().await?.json().await?)
    };
    let capture = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { lead { id version } } }";
    let captured =
        send("req-capture", capture, json!({ "email": "ada@engines.example", "company": "Engines" })).await?;
    let lead = &captured["data"]["captureLead"]["lead"];
    let update =
        "mutation($input: UpdateLeadInput!) { updateLead(input: $input) { lead { company } errors { code } } }";
    let input = json!({ "id": lead["id"], "company": "Analytical Engines" });
    let updated = send("req-update", update, input).await?;
    ensure!(updated["data"]["updateLead"]["lead"]["company"] == "Analytical Engines", "{updated}");
    let of = |data: &Value, action: &str| -> Option<Value> {
        let edges = data["auditTrail"]["edges"].as_array()?;
        edges.iter().map(|edge| edge["node"].clone()).find(|node| node["action"] == action)
    };
    let (updated, routed) = ("crm.lead.lead.updated.v1", "crm.routing.lead.routed.v1");
    let trail = platform
        .until("the trail is written", TRAIL, json!({ "subject": lead["id"] }), |data| {
            of(data, updated).is_some() && of(data, routed).is_some()
        })
        .await?;
    let told = of(&trail, updated).context("the update")?;
    ensure!(told["requestId"] == "req-update" && told["address"] == "127.0.0.1", "{told}");
    // What followed by itself is known by the request that began it, and comes from nowhere.
    let told = of(&trail, routed).context("the routing")?;
    ensure!(told["requestId"] == "req-capture" && told["address"].is_null() && told["actor"] == "routing", "{told}");
    let export = client.get(format!("{}/audit.jsonl", platform.pages_of("identity"))).bearer_auth(platform.key());
    let lines = export.send().await?.text().await?;
    let line = lines.lines().find(|line| line.contains(updated)).context("a line of the export")?;
    let line: Value = serde_json::from_str(line)?;
    ensure!(line["requestId"] == "req-update" && line["address"] == "127.0.0.1", "{line}");
    Ok(())
}
