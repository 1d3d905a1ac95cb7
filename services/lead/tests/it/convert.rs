use events::lead::{AccountCreated, ContactCreated, LeadConverted};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

async fn convert(test: &ServiceTest, input: Value) -> Value {
    const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) {
        lead { status contact { email } } contact { id account { name } } account { name domain } opportunity { id } errors { code field } } }";
    test.graphql(CONVERT, json!({ "input": input })).await["convertLead"].take()
}

on_both_engines!(SERVICE, a_lead_becomes_contact_account_and_opportunity_once);
async fn a_lead_becomes_contact_account_and_opportunity_once(test: ServiceTest) {
    let lead = capture(&test, json!({ "email": "ada@engines.example", "company": "Engines" })).await;
    let id = &lead["lead"]["id"];
    let request = json!({ "id": id, "opportunity": { "name": "Looms", "amount": { "minor": 5_000_000_000_i64, "currency": "EUR" } } });
    let converted = convert(&test, request.clone()).await;
    assert_eq!(converted["lead"], json!({ "status": "CONVERTED", "contact": { "email": "ada@engines.example" } }));
    assert_eq!(converted["account"], json!({ "name": "Engines", "domain": "engines.example" }));
    let again = convert(&test, request).await;
    assert_eq!(again["errors"], json!([{ "code": "ALREADY_CONVERTED", "field": null }]));
    let events = test.published::<LeadConverted>().await;
    assert_eq!(events.len(), 1);
    let opportunity = events[0].opportunity.as_ref().unwrap();
    assert_eq!(json!(opportunity.id), converted["opportunity"]["id"]);
    assert_eq!(opportunity.amount.unwrap().minor, 5_000_000_000);
    assert_eq!(
        (test.published::<ContactCreated>().await.len(), test.published::<AccountCreated>().await.len()),
        (1, 1)
    );
}

on_both_engines!(SERVICE, a_lead_without_a_company_asks_for_the_account);
async fn a_lead_without_a_company_asks_for_the_account(test: ServiceTest) {
    let lead = capture(&test, json!({ "email": "ada@gmail.com" })).await;
    let refused = convert(&test, json!({ "id": lead["lead"]["id"] })).await;
    assert_eq!(refused["errors"], json!([{ "code": "REQUIRED", "field": "accountId" }]));
}

on_both_engines!(SERVICE, a_lead_that_learned_its_company_late_converts_into_the_account_there_is);
async fn a_lead_that_learned_its_company_late_converts_into_the_account_there_is(test: ServiceTest) {
    let account =
        "mutation { createAccount(input: { name: \"Engines\", domain: \"engines.example\" }) { account { id } } }";
    test.graphql(account, json!({})).await;
    let lead = capture(&test, json!({ "email": "ada@gmail.com" })).await;
    let update = "mutation($id: ID!) { updateLead(input: { id: $id, company: \"Engines Group\", companyDomain: \"engines.example\" }) { errors { code } } }";
    test.graphql(update, json!({ "id": lead["lead"]["id"] })).await;
    let converted = convert(&test, json!({ "id": lead["lead"]["id"] })).await;
    assert_eq!(converted["errors"], json!([]));
    assert_eq!(converted["account"], json!({ "name": "Engines", "domain": "engines.example" }));
    assert_eq!(test.published::<AccountCreated>().await.len(), 1);
}

on_both_engines!(SERVICE, a_converted_lead_is_read_only);
async fn a_converted_lead_is_read_only(test: ServiceTest) {
    let lead = capture(&test, json!({ "email": "ada@engines.example" })).await;
    convert(&test, json!({ "id": lead["lead"]["id"] })).await;
    let update = "mutation($id: ID!) { updateLead(input: { id: $id, title: \"x\" }) { errors { code } } }";
    let refused = test.graphql(update, json!({ "id": lead["lead"]["id"] })).await;
    assert_eq!(refused["updateLead"]["errors"], json!([{ "code": "ALREADY_CONVERTED" }]));
}
