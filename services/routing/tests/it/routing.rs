use std::collections::HashMap;

use events::routing::{LeadRouted, LeadUnrouted};
use kernel::LeadId;
use pipewright_routing::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{enrich, enrich_many, enriched, enrichments, hire, owners, routing_of, tick, update_rep};

const DECISIONS: &str = "query ($first: Int, $after: String, $leadId: ID) { routingDecisions(first: $first, after: $after, leadId: $leadId) {
    edges { node { id outcome inputsHash lead { id } chosen { name } } cursor } pageInfo { hasNextPage } } }";

async fn decisions(test: &ServiceTest, lead: Option<LeadId>) -> Vec<Value> {
    let data = test.graphql(DECISIONS, json!({ "first": 200, "leadId": lead })).await;
    data["routingDecisions"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

async fn route_again(test: &ServiceTest, lead: LeadId) -> Value {
    tick(test);
    let query = "mutation ($input: RouteLeadInput!) { routeLead(input: $input) {
        lead { routing { owner { name } } } decision { outcome chosen { name } candidates { rejectedBecause } } errors { code field } } }";
    test.graphql(query, json!({ "input": { "leadId": lead } })).await["routeLead"].take()
}

on_both_engines!(SERVICE, an_enriched_lead_gets_an_owner_and_the_decision_says_why);
async fn an_enriched_lead_gets_an_owner_and_the_decision_says_why(test: ServiceTest) {
    hire(&test, &["ada", "bob"]).await;
    update_rep(&test, "bob", json!({ "active": false })).await;
    let lead = enrich(&test).await;
    let mut routing = routing_of(&test, lead).await;
    let id = routing["decision"]["id"].take();
    assert_eq!(
        routing,
        json!({
            "state": "ROUTED", "routedAt": "2026-11-23T09:00:00.003+00:00", "owner": { "name": "ada" },
            "decision": {
                "id": null, "outcome": "routed", "reason": null, "ruleVersion": 1, "chosen": { "name": "ada" },
                "candidates": [
                    { "rep": { "name": "ada" }, "eligible": true, "rejectedBecause": null, "weight": 1, "standing": 0 },
                    { "rep": { "name": "bob" }, "eligible": false, "rejectedBecause": "takes no leads at present", "weight": 1, "standing": 0 },
                ],
            },
        })
    );
    let explained = test
        .graphql("query ($id: ID!) { explainRouting(leadId: $id) { id lead { id } } }", json!({ "id": lead }))
        .await;
    assert_eq!(explained["explainRouting"], json!({ "id": id, "lead": { "id": lead } }));
    let published = test.published::<LeadRouted>().await;
    assert_eq!((published.len(), published[0].lead, json!(published[0].decision)), (1, lead, id));
    assert_eq!(published[0].owner.email.as_str(), "ada@example.com");
}

on_both_engines!(SERVICE, a_lead_enriched_again_keeps_its_owner_and_its_one_decision);
async fn a_lead_enriched_again_keeps_its_owner_and_its_one_decision(test: ServiceTest) {
    hire(&test, &["ada", "bob"]).await;
    let lead = enrich(&test).await;
    test.deliver(&enriched(lead, &test)).await;
    assert_eq!(decisions(&test, Some(lead)).await.len(), 1);
    assert_eq!(owners(&test).await, ["ada"]);
}

on_both_engines!(SERVICE, leads_spread_by_weight_without_bursts);
async fn leads_spread_by_weight_without_bursts(test: ServiceTest) {
    hire(&test, &["a", "b", "c"]).await;
    update_rep(&test, "a", json!({ "weight": 5 })).await;
    enrich_many(&test, 14).await;
    assert_eq!(owners(&test).await.concat(), "aabacaaaabacaa");
}

on_both_engines!(SERVICE, a_transaction_of_many_events_is_as_fair_as_many_transactions);
async fn a_transaction_of_many_events_is_as_fair_as_many_transactions(test: ServiceTest) {
    hire(&test, &["a", "b", "c"]).await;
    test.deliver_envelopes(&enrichments(&test, 100)).await;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for name in owners(&test).await {
        *counts.entry(name).or_default() += 1;
    }
    assert_eq!(counts, HashMap::from([("a".to_owned(), 34), ("b".to_owned(), 33), ("c".to_owned(), 33)]));
}

on_both_engines!(SERVICE, every_stored_decision_agrees_with_its_replay);
async fn every_stored_decision_agrees_with_its_replay(test: ServiceTest) {
    let early = enrich(&test).await;
    hire(&test, &["ada", "bob", "eve"]).await;
    update_rep(&test, "bob", json!({ "weight": 3, "dailyCap": 2 })).await;
    let leads = enrich_many(&test, 6).await;
    route_again(&test, leads[0]).await;
    update_rep(&test, "eve", json!({ "active": false })).await;
    route_again(&test, early).await;
    let stored = decisions(&test, None).await;
    assert_eq!(stored.len(), 10);
    for decision in stored {
        let query = "query ($id: ID!) { replayRouting(decisionId: $id) { agrees decision { id outcome inputsHash lead { id } chosen { name } } } }";
        let data = test.graphql(query, json!({ "id": decision["id"] })).await;
        assert_eq!(data["replayRouting"], json!({ "agrees": true, "decision": decision }));
    }
}

on_both_engines!(SERVICE, a_lead_routed_by_hand_goes_to_somebody_else_and_keeps_its_history);
async fn a_lead_routed_by_hand_goes_to_somebody_else_and_keeps_its_history(test: ServiceTest) {
    hire(&test, &["ada", "bob"]).await;
    update_rep(&test, "ada", json!({ "weight": 100 })).await;
    let lead = enrich(&test).await;
    let payload = route_again(&test, lead).await;
    assert_eq!(payload["lead"]["routing"]["owner"]["name"], json!("bob"));
    assert_eq!(payload["decision"]["candidates"][0]["rejectedBecause"], json!("has the lead already"));
    assert_eq!(owners(&test).await, ["ada", "bob"]);
    let history = decisions(&test, Some(lead)).await;
    let chosen: Vec<_> = history.iter().map(|decision| &decision["chosen"]["name"]).collect();
    assert_eq!(chosen, ["bob", "ada"]);

    update_rep(&test, "ada", json!({ "active": false })).await;
    assert_eq!(route_again(&test, lead).await["decision"]["chosen"]["name"], json!("bob"), "nobody else can");
    update_rep(&test, "bob", json!({ "active": false })).await;
    assert_eq!(route_again(&test, lead).await["decision"]["outcome"], json!("unrouted"));
    assert_eq!(routing_of(&test, lead).await["state"], json!("UNROUTED"));
    assert_eq!(test.published::<LeadUnrouted>().await.len(), 1);
}

#[tokio::test]
async fn a_lead_that_is_not_here_cannot_be_routed() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hire(&test, &["ada"]).await;
    let lead = enrich(&test).await;
    let payload = route_again(&test, test.clock.id()).await;
    assert_eq!(payload["errors"], json!([{ "code": "NOT_FOUND", "field": "leadId" }]));
    let query = "mutation ($id: ID!) { routeLead(input: { leadId: $id }) { errors { code } } }";
    let stranger = test.stranger();
    let foreign = test.graphql_as(&stranger, query, json!({ "id": lead })).await;
    assert_eq!(foreign["data"]["routeLead"]["errors"][0]["code"], json!("NOT_FOUND"));
    let explained = test
        .graphql_as(&stranger, "query ($id: ID!) { explainRouting(leadId: $id) { id } }", json!({ "id": lead }))
        .await;
    assert_eq!(explained["data"]["explainRouting"], json!(null));
    let wrong = test.try_graphql(query, json!({ "id": test.clock.id::<kernel::RepId>() })).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], json!("INVALID_ID"));
    let replay = "{ replayRouting(decisionId: \"dec_00000000000000000000000000\") { agrees } }";
    assert_eq!(test.try_graphql(replay, json!({})).await["errors"][0]["extensions"]["code"], json!("NOT_FOUND"));
}

on_both_engines!(SERVICE, decisions_page_newest_first);
async fn decisions_page_newest_first(test: ServiceTest) {
    hire(&test, &["ada"]).await;
    let mut leads = enrich_many(&test, 5).await;
    leads.reverse();
    let (mut seen, mut after) = (Vec::new(), json!(null));
    loop {
        let page = test.graphql(DECISIONS, json!({ "first": 2, "after": after })).await["routingDecisions"].take();
        for edge in page["edges"].as_array().unwrap() {
            seen.push(edge["node"]["lead"]["id"].clone());
            after = edge["cursor"].clone();
        }
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(json!(seen), json!(leads));
}

#[tokio::test]
async fn an_event_costs_six_statements_at_most() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hire(&test, &["ada", "bob"]).await;
    let (one, many) = (enrichments(&test, 1), enrichments(&test, 21));
    let (of_one, ()) = test.statements(test.deliver_envelopes(&one)).await;
    let (of_many, ()) = test.statements(test.deliver_envelopes(&many)).await;
    assert!(of_many - of_one <= 20 * 6, "{of_one} statements for one event, {of_many} for 21");
    assert_eq!(owners(&test).await.len(), 22);
}

#[tokio::test]
async fn ten_leads_cost_no_more_statements_than_one() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hire(&test, &["ada", "bob", "eve"]).await;
    let leads = enrich_many(&test, 10).await;
    let query = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Lead { routing { owner { name }
        decision { candidates { rep { name user { id } } } chosen { name } } } } } }";
    let mut costs = Vec::new();
    for count in [1, 10] {
        let of: Vec<_> = leads[..count].iter().map(|lead| json!({ "__typename": "Lead", "id": lead })).collect();
        let (cost, data) = test.statements(test.graphql(query, json!({ "of": of }))).await;
        assert!(data["_entities"].as_array().unwrap().iter().all(|lead| lead["routing"]["owner"]["name"].is_string()));
        costs.push(cost);
    }
    assert_eq!(costs[0], costs[1]);
}

on_both_engines!(SERVICE, a_lead_is_routed_again_once_for_one_key);
async fn a_lead_is_routed_again_once_for_one_key(test: ServiceTest) {
    hire(&test, &["ada", "bob", "eve"]).await;
    let (lead, other) = (enrich(&test).await, enrich(&test).await);
    let query = "mutation ($input: RouteLeadInput!) { routeLead(input: $input) {
        lead { id } decision { id chosen { name } } errors { code field } } }";
    let ask = async |lead: LeadId| {
        tick(&test);
        let input = json!({ "leadId": lead, "idempotencyKey": "k" });
        test.graphql(query, json!({ "input": input })).await["routeLead"].take()
    };
    let first = ask(lead).await;
    assert_eq!(first["errors"], json!([]));
    assert_eq!(ask(lead).await, first, "it does not go on to the next rep");
    assert_eq!(routing_of(&test, lead).await["decision"]["id"], first["decision"]["id"]);
    let mismatch = json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]);
    assert_eq!(ask(other).await["errors"], mismatch);
    assert_eq!(decisions(&test, Some(lead)).await.len(), 2);
}
