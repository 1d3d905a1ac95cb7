use events::{
    enrichment::{EmailVerified, LeadEnriched},
    lead::{Account, AccountCreated, LeadCaptured},
};
use kernel::{LeadId, Permission};
use pipewright_enrichment::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::build::{account, found, lead, read};

const ENRICH: &str = "mutation($lead: ID!) { enrichLead(input: { leadId: $lead }) {
    lead { id enrichment { id } } run { id status } errors { code field } } }";
const RUNS: &str =
    "query($lead: ID!, $first: Int, $after: String) { enrichmentRuns(leadId: $lead, first: $first, after: $after) {
    edges { cursor node { id lead { id } } } pageInfo { hasNextPage endCursor } } }";

async fn captured(test: &ServiceTest) -> LeadId {
    let current = lead(test, "ada@engines.example");
    test.deliver(&LeadCaptured { current: current.clone() }).await;
    current.id
}

on_both_engines!(SERVICE, a_lead_can_be_enriched_again_by_hand);
async fn a_lead_can_be_enriched_again_by_hand(test: ServiceTest) {
    let id = captured(&test).await;
    let engines = Account {
        domain: Some("engines.example".into()),
        industry: Some("Energy".into()),
        ..account(&test, "Engines")
    };
    test.deliver(&AccountCreated { current: engines }).await;
    let before = read(&test, id).await;
    test.clock.advance(chrono::TimeDelta::seconds(5));
    let enriched = test.graphql(ENRICH, json!({ "lead": id })).await["enrichLead"].take();
    assert_eq!(enriched["errors"], json!([]));
    assert_ne!(enriched["run"]["id"], before["enrichment"]["id"]);
    assert_eq!(enriched["lead"], json!({ "id": id, "enrichment": { "id": enriched["run"]["id"] } }));
    assert_eq!(found(&read(&test, id).await)[0], json!(["industry", "Energy", "account_base"]));
    assert_eq!((test.published::<LeadEnriched>().await.len(), test.published::<EmailVerified>().await.len()), (2, 2));
    let runs = test.graphql(RUNS, json!({ "lead": id })).await["enrichmentRuns"]["edges"].take();
    let ids: Vec<&Value> = runs.as_array().unwrap().iter().map(|edge| &edge["node"]["id"]).collect();
    assert_eq!(ids, [&enriched["run"]["id"], &before["enrichment"]["id"]], "newest first, and none is lost");
}

on_both_engines!(SERVICE, runs_are_paged);
async fn runs_are_paged(test: ServiceTest) {
    let id = captured(&test).await;
    for _ in 0..4 {
        test.graphql(ENRICH, json!({ "lead": id })).await;
    }
    let mut seen = Vec::new();
    let mut after = json!(null);
    loop {
        let page = test.graphql(RUNS, json!({ "lead": id, "first": 2, "after": after })).await["enrichmentRuns"].take();
        seen.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["id"].to_string()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "no run twice");
    let refused = test.try_graphql(RUNS, json!({ "lead": id, "after": "nonsense" })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], json!("INVALID_CURSOR"));
}

on_both_engines!(SERVICE, a_lead_that_is_not_there_cannot_be_enriched);
async fn a_lead_that_is_not_there_cannot_be_enriched(test: ServiceTest) {
    let unknown: LeadId = test.clock.id();
    let answer = test.graphql(ENRICH, json!({ "lead": unknown })).await;
    assert_eq!(
        answer["enrichLead"],
        json!({ "lead": null, "run": null, "errors": [{ "code": "NOT_FOUND", "field": "leadId" }] })
    );
    let mine = captured(&test).await;
    let answer = test.graphql_as(&test.stranger(), ENRICH, json!({ "lead": mine })).await;
    assert_eq!(answer["data"]["enrichLead"]["errors"][0]["code"], json!("NOT_FOUND"), "another workspace's lead");
}

#[tokio::test]
async fn enriching_needs_the_permission_to_write() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let id = captured(&test).await;
    let mut actor = test.actor.clone();
    actor.permissions = vec![Permission::Read];
    let answer = test.graphql_as(&actor, ENRICH, json!({ "lead": id })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
    assert_eq!(test.published::<LeadEnriched>().await.len(), 1);
}

on_both_engines!(SERVICE, a_run_that_is_asked_for_again_is_the_first_one);
async fn a_run_that_is_asked_for_again_is_the_first_one(test: ServiceTest) {
    const KEYED: &str =
        "mutation($lead: ID!, $key: String!) { enrichLead(input: { leadId: $lead, idempotencyKey: $key }) {
        lead { id } run { id } errors { code field } } }";
    let (one, two) = (captured(&test).await, captured(&test).await);
    let ask = async |lead: LeadId| test.graphql(KEYED, json!({ "lead": lead, "key": "k" })).await["enrichLead"].take();
    let first = ask(one).await;
    assert_eq!((&first["lead"]["id"], &first["errors"]), (&json!(one), &json!([])));
    assert_eq!(ask(one).await, first);
    let mismatch = json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]);
    assert_eq!(ask(two).await["errors"], mismatch);
    assert_eq!(test.published::<LeadEnriched>().await.len(), 3, "two by their capture, one by hand");
}
