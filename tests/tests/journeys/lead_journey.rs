use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt;
use pipewright_tests::{Deployment, Topology, seed};
use serde_json::{Value, json};

use crate::on_both_topologies;

/// The query of the README and of the playground's first tab.
const JOURNEY: &str = include_str!("../../../web/playground/examples/1-journey.graphql");

/// How many of the sample's leads have had their first mail.
const SENT: &str = "{ messages(first: 1, filter: { state: SENT }) { totalCount } leads(first: 1) { totalCount } }";

on_both_topologies!(a_lead_export_comes_out_enriched_routed_enrolled_and_searchable);
async fn a_lead_export_comes_out_enriched_routed_enrolled_and_searchable(platform: Deployment) -> Result<()> {
    let accounts = platform.import(&["accounts", &seed("accounts-sp500.csv"), "--json"]).await?.json();
    assert_eq!((&accounts["rows"], &accounts["created"]), (&json!(503), &json!(500)));
    let dry = platform.import(&["leads", &seed("leads-hubspot.csv"), "--dry-run", "--json"]).await?.json();
    let leads = platform.import(&["leads", &seed("leads-hubspot.csv"), "--json"]).await?.json();
    assert_eq!(dry, leads, "a dry run says what the import will do");
    assert_eq!([&leads["created"], &leads["updated"], &leads["duplicates"]], [&json!(887), &json!(0), &json!(90)]);
    let rejected = leads["rejected"].as_array().context("rejected")?;
    assert_eq!(rejected.len(), 23);
    assert!(
        rejected
            .iter()
            .all(|row| row["row"].is_u64() && row["field"] == json!("email") && row["code"] == json!("INVALID_EMAIL"))
    );

    let again = platform.import(&["leads", &seed("leads-hubspot.csv"), "--json"]).await?.json();
    assert_eq!([&again["created"], &again["updated"], &again["duplicates"]], [&json!(0), &json!(0), &json!(977)]);

    platform
        .until("every first mail sent", SENT, json!({}), |data| data["messages"]["totalCount"] == json!(887))
        .await?;
    let email = an_address_at_microsoft(&platform).await?;
    let found = platform
        .until("searchable", JOURNEY, json!({ "email": email }), |data| {
            data["search"]["edges"].as_array().is_some_and(|edges| edges.len() > 1)
        })
        .await?;
    assert_journey(&found, &email);

    convert(&platform, &found["leads"]["edges"][0]["node"]["id"]).await?;
    let converted = platform
        .until("the opportunity opened", JOURNEY, json!({ "email": email }), |data| {
            !data["leads"]["edges"][0]["node"]["account"]["opportunities"]["edges"][0].is_null()
        })
        .await?;
    let opportunity = &converted["leads"]["edges"][0]["node"]["account"]["opportunities"]["edges"][0]["node"];
    assert_eq!(opportunity["stage"], json!({ "name": "Discovery", "probability": 10 }));
    assert_eq!(opportunity["amount"], json!({ "minor": 4_200_000, "currency": "EUR" }));
    move_on(&platform, &opportunity["id"]).await
}

async fn an_address_at_microsoft(platform: &Deployment) -> Result<String> {
    const QUERY: &str = "query($after: String) { leads(first: 200, after: $after) { edges { node { email account { name } } } pageInfo { hasNextPage endCursor } } }";
    let leads = platform.all(QUERY, "leads").await?;
    let found =
        leads.iter().find(|lead| lead["account"]["name"] == json!("Microsoft")).context("a lead at Microsoft")?;
    Ok(found["email"].as_str().context("an address")?.to_owned())
}

fn assert_journey(data: &Value, email: &str) {
    assert_eq!(data["leads"]["totalCount"], json!(1));
    let lead = &data["leads"]["edges"][0]["node"];
    assert_eq!((&lead["email"], &lead["status"]), (&json!(email), &json!("NEW")));
    assert_eq!(lead["account"]["name"], json!("Microsoft"));
    let verification = &lead["verification"];
    assert!(["VALID", "RISKY"].contains(&verification["verdict"].as_str().unwrap_or_default()), "{verification}");
    assert!(verification["checks"].as_array().is_some_and(|checks| checks.len() >= 4), "{verification}");
    let fields = lead["enrichment"]["fields"].as_array().expect("fields");
    assert!(
        !fields.is_empty() && fields.iter().all(|field| field["provider"].is_string() && field["confidence"].is_f64()),
        "{fields:?}"
    );
    let routing = &lead["routing"];
    let candidates = routing["decision"]["candidates"].as_array().expect("candidates");
    assert_eq!(candidates.len(), 4, "the starter team");
    assert!(candidates.iter().any(|candidate| candidate["rep"]["name"] == routing["owner"]["name"]));
    let enrollment = &lead["enrollments"][0];
    assert_eq!(enrollment["state"], json!("ACTIVE"));
    assert_eq!(
        (&enrollment["messages"][0]["state"], &enrollment["messages"][0]["decision"]["allowed"]),
        (&json!("SENT"), &json!(true))
    );
    let first = &data["search"]["edges"][0];
    assert_eq!((&first["node"]["__typename"], &first["node"]["name"]), (&json!("Account"), &json!("Microsoft")));
    assert_eq!(first["highlight"], json!("<mark>Microsoft</mark>"));
}

async fn convert(platform: &Deployment, lead: &Value) -> Result<()> {
    const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) {
        lead { status } contact { id account { name } } errors { code message } } }";
    let opportunity = json!({ "name": "Looms for Redmond", "amount": { "minor": 4_200_000, "currency": "EUR" } });
    let payload =
        platform.graphql(CONVERT, json!({ "input": { "id": lead, "opportunity": opportunity } })).await?["convertLead"]
            .take();
    assert_eq!((&payload["lead"]["status"], &payload["errors"]), (&json!("CONVERTED"), &json!([])));
    assert_eq!(payload["contact"]["account"]["name"], json!("Microsoft"));
    Ok(())
}

async fn move_on(platform: &Deployment, opportunity: &Value) -> Result<()> {
    let pipelines =
        platform.graphql("{ pipelines(first: 1) { edges { node { stages { id name } } } } }", json!({})).await?;
    let stages = pipelines["pipelines"]["edges"][0]["node"]["stages"].as_array().context("stages")?;
    let proposal = stages.iter().find(|stage| stage["name"] == json!("Proposal")).context("a stage")?;
    const MOVE: &str = "mutation($input: MoveOpportunityInput!) { moveOpportunity(input: $input) { opportunity { stage { name } } errors { code } } }";
    let moved = platform.graphql(MOVE, json!({ "input": { "id": opportunity, "stageId": proposal["id"] } })).await?;
    assert_eq!(moved["moveOpportunity"], json!({ "opportunity": { "stage": { "name": "Proposal" } }, "errors": [] }));
    Ok(())
}

on_both_topologies!(a_subscriber_hears_where_a_lead_was_routed);
async fn a_subscriber_hears_where_a_lead_was_routed(platform: Deployment) -> Result<()> {
    const SUBSCRIPTION: &str =
        "subscription { leadRouted { lead { email company } owner { name email } decision { outcome } } }";
    let response = reqwest::Client::new()
        .post(format!("{}/graphql", platform.url()))
        .bearer_auth(platform.key())
        .header("accept", "text/event-stream")
        .json(&json!({ "query": SUBSCRIPTION }))
        .send()
        .await?;
    assert_eq!(response.status(), 200);
    let mut events = response.bytes_stream();
    let mut text = String::new();
    let capture =
        "mutation($email: String!) { captureLead(input: { email: $email, company: \"Engines\" }) { created } }";
    // The answer's head is there before the subscription is, so a first lead may pass unheard: capture on.
    for number in 0..60 {
        let email = format!("ada{number}@engines.example");
        platform.graphql(capture, json!({ "email": email })).await?;
        while let Ok(chunk) = tokio::time::timeout(Duration::from_secs(1), events.next()).await {
            text.push_str(&String::from_utf8_lossy(&chunk.context("the stream goes on")??));
            if text.contains("\n\n") && text.contains("event: next") {
                break;
            }
        }
        if text.contains("event: next") {
            break;
        }
    }
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).context("an event")?;
    let event: Value = serde_json::from_str(data)?;
    let routed = &event["data"]["leadRouted"];
    assert_eq!(routed["lead"]["company"], json!("Engines"), "{event}");
    assert!(routed["lead"]["email"].as_str().is_some_and(|email| email.ends_with("@engines.example")), "{event}");
    assert_eq!(routed["decision"]["outcome"], json!("routed"));
    assert!(routed["owner"]["name"].is_string());
    Ok(())
}

/// Reads events until `count` have come, or the stream ends.
async fn listen(platform: &Deployment, after: Option<&str>, count: usize) -> Result<Vec<Value>> {
    const SUBSCRIPTION: &str = "subscription { leadRouted { lead { email } } }";
    let request = reqwest::Client::new().post(format!("{}/graphql", platform.url())).bearer_auth(platform.key());
    let request = request.header("accept", "text/event-stream").json(&json!({ "query": SUBSCRIPTION }));
    let request = match after {
        Some(id) => request.header("last-event-id", id),
        None => request,
    };
    let mut chunks = request.send().await?.bytes_stream();
    let mut text = String::new();
    let events = |text: &str| -> Vec<Value> {
        let told = text.split_inclusive("\n\n").filter(|event| event.ends_with("\n\n"));
        let data = told.filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
        data.filter_map(|data| serde_json::from_str(data).ok()).collect()
    };
    while events(&text).len() < count {
        let Some(chunk) = tokio::time::timeout(Duration::from_secs(20), chunks.next()).await? else { break };
        text.push_str(&String::from_utf8_lossy(&chunk?));
    }
    Ok(events(&text))
}

on_both_topologies!(a_subscriber_who_was_away_hears_what_they_missed);
async fn a_subscriber_who_was_away_hears_what_they_missed(platform: Deployment) -> Result<()> {
    const CAPTURE: &str =
        "mutation($email: String!) { captureLead(input: { email: $email, company: \"Engines\" }) { created } }";
    const ROUTED: &str = "query($email: String!) { leads(first: 1, filter: { email: $email }) {
        edges { node { id routing { owner { id } } } } } }";
    // The event's id is told with the audit trail too, so a first one is known without having listened.
    const FIRST: &str = "query($subject: ID) { auditTrail(first: 1, filter: { action: \"crm.routing.lead.routed.v1\",
        subject: $subject }) { edges { node { id } } } }";
    let address = |number: usize| format!("away{number}@engines.example");
    let mut leads = Vec::new();
    for number in 0..5 {
        platform.graphql(CAPTURE, json!({ "email": address(number) })).await?;
        let routed = platform
            .until("it is routed", ROUTED, json!({ "email": address(number) }), |data| {
                !data["leads"]["edges"][0]["node"]["routing"]["owner"].is_null()
            })
            .await?;
        leads.push(routed["leads"]["edges"][0]["node"]["id"].clone());
    }
    let trail = platform
        .until("it is in the trail", FIRST, json!({ "subject": leads[0] }), |data| {
            !data["auditTrail"]["edges"][0].is_null()
        })
        .await?;
    let first = trail["auditTrail"]["edges"][0]["node"]["id"].as_str().context("an id")?;
    let heard = listen(&platform, Some(first), 4).await?;
    let emails: Vec<&Value> = heard.iter().map(|event| &event["data"]["leadRouted"]["lead"]["email"]).collect();
    assert_eq!(emails, [1, 2, 3, 4].map(|number| json!(address(number))).iter().collect::<Vec<_>>());
    let third = heard[2]["extensions"]["eventId"].as_str().context("an id")?;
    assert_eq!(listen(&platform, Some(third), 1).await?, heard[3..]);
    let never = listen(&platform, Some("evt_01m3250v00e00802be911jkj7s"), 2).await?;
    assert_eq!((never.len(), &never[0]["errors"][0]["extensions"]["code"]), (1, &json!("CANNOT_RESUME")), "{never:?}");
    Ok(())
}
