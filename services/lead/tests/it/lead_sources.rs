//! What leads cost.

use events::lead::SourceCostRecorded;
use kernel::BuiltInRole;
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

const SOURCES: &str = "query($period: LeadSourcesPeriodInput!) { leadSources(period: $period) {
    source leads converted cost { minor currency } costPerLead { minor currency } } }";

async fn spend(test: &ServiceTest, input: Value) -> Value {
    const RECORD: &str = "mutation($input: RecordSourceCostInput!) { recordSourceCost(input: $input) {
        sourceCost { id source } errors { code field } } }";
    test.graphql(RECORD, json!({ "input": input })).await["recordSourceCost"].take()
}

on_both_engines!(SERVICE, a_source_shows_what_it_gave_and_what_that_cost);
async fn a_source_shows_what_it_gave_and_what_that_cost(test: ServiceTest) {
    const CAPTURE: &str = "mutation($email: String!, $source: String!) {
        captureLead(input: { email: $email, source: $source }) { lead { id } } }";
    let mut ids = Vec::new();
    for (email, source) in
        [("a@x.example", "Fair"), ("b@x.example", "Fair"), ("c@x.example", "Fair"), ("d@x.example", "Web")]
    {
        let lead = test.graphql(CAPTURE, json!({ "email": email, "source": source })).await;
        ids.push(lead["captureLead"]["lead"]["id"].clone());
    }
    let convert = "mutation($id: ID!) { convertLead(input: { id: $id }) { errors { code } } }";
    test.graphql(convert, json!({ "id": ids[0] })).await;
    let fair =
        json!({ "source": "Fair", "amount": { "minor": 100_000, "currency": "EUR" }, "idempotencyKey": "stand" });
    assert_eq!(spend(&test, fair.clone()).await, spend(&test, fair).await, "recorded once");
    spend(&test, json!({ "source": "Fair", "amount": { "minor": 600, "currency": "USD" } })).await;
    spend(&test, json!({ "source": "Radio", "amount": { "minor": 500, "currency": "EUR" } })).await;
    let before =
        json!({ "source": "Web", "amount": { "minor": 1, "currency": "EUR" }, "spentAt": "2025-01-01T00:00:00Z" });
    spend(&test, before).await;

    let period = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z" });
    let sources = test.graphql(SOURCES, json!({ "period": period })).await["leadSources"].take();
    let money = |minor: i64, currency: &str| json!({ "minor": minor, "currency": currency });
    let expected = json!([
        { "source": "Fair", "leads": 3, "converted": 1, "cost": [money(100_000, "EUR"), money(600, "USD")],
            "costPerLead": [money(33_333, "EUR"), money(200, "USD")] },
        { "source": "Web", "leads": 1, "converted": 0, "cost": [], "costPerLead": [] },
        { "source": "Radio", "leads": 0, "converted": 0, "cost": [money(500, "EUR")], "costPerLead": [] },
    ]);
    assert_eq!(sources, expected);
    assert_eq!(test.published::<SourceCostRecorded>().await.len(), 4);
    let stranger = test.graphql_as(&test.stranger(), SOURCES, json!({ "period": period })).await;
    assert_eq!(stranger["data"]["leadSources"], json!([]));
}

on_both_engines!(SERVICE, two_leads_that_became_one_are_counted_once);
async fn two_leads_that_became_one_are_counted_once(test: ServiceTest) {
    const MERGE: &str = "mutation($one: ID!, $other: ID!) {
        mergeLeads(input: { survivorId: $one, otherIds: [$other] }) { errors { code } } }";
    let lead =
        async |email: &str| capture(&test, json!({ "email": email, "source": "Fair" })).await["lead"]["id"].take();
    let (one, other) = (lead("a@x.example").await, lead("b@x.example").await);
    test.graphql(MERGE, json!({ "one": one, "other": other })).await;
    let period = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z" });
    let sources = test.graphql(SOURCES, json!({ "period": period })).await["leadSources"].take();
    assert_eq!(sources, json!([{ "source": "Fair", "leads": 1, "converted": 0, "cost": [], "costPerLead": [] }]));
}

#[tokio::test]
async fn what_leads_cost_is_for_who_may_read_them_all() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let period = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z" });
    let own = kernel::access::Grants { grants: Vec::new(), ..BuiltInRole::AccountExecutive.grants() };
    let refused = test.graphql_as(&test.user_with(own), SOURCES, json!({ "period": period })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{refused}");
    for (input, field) in [
        (json!({ "source": "Fair", "amount": { "minor": 0, "currency": "EUR" } }), "amount"),
        (json!({ "source": "Fair", "amount": { "minor": 10_000_000_000_001_i64, "currency": "EUR" } }), "amount"),
        (json!({ "source": "Fair", "amount": { "minor": 1, "currency": "euro" } }), "amount.currency"),
    ] {
        assert_eq!(spend(&test, input).await["errors"], json!([{ "code": "INVALID_INPUT", "field": field }]));
    }
    let backwards = json!({ "from": "2026-12-01T00:00:00Z", "to": "2026-11-01T00:00:00Z" });
    let refused = test.try_graphql(SOURCES, json!({ "period": backwards })).await;
    assert_eq!(refused["errors"][0]["extensions"]["field"], json!("period.to"), "{refused}");
}
