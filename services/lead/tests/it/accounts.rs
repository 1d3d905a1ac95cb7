use events::lead::{AccountCreated, AccountUpdated, LeadUpdated};
use pipewright_lead::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

const CREATE: &str = "mutation($input: CreateAccountInput!) {
    createAccount(input: $input) { account { id name domain } errors { code field } } }";

on_both_engines!(SERVICE, a_lead_finds_its_account_by_domain_else_by_name);
async fn a_lead_finds_its_account_by_domain_else_by_name(test: ServiceTest) {
    test.graphql(CREATE, json!({ "input": { "name": "Engines, Inc.", "domain": "https://www.engines.example/" } }))
        .await;
    test.graphql(CREATE, json!({ "input": { "name": "Estée Looms Ltd" } })).await;
    let by_domain = capture(&test, json!({ "email": "ada@engines.example", "company": "Estee Looms" })).await;
    let by_name = capture(&test, json!({ "email": "joe@gmail.com", "company": "ESTEE LOOMS" })).await;
    let neither = capture(&test, json!({ "email": "eve@gmail.com" })).await;
    assert_eq!(by_domain["lead"]["account"]["name"], json!("Engines, Inc."));
    assert_eq!(by_name["lead"]["account"]["name"], json!("Estée Looms Ltd"));
    assert_eq!(neither["lead"]["account"], json!(null));
}

on_both_engines!(SERVICE, a_new_account_finds_the_leads_that_waited_for_it);
async fn a_new_account_finds_the_leads_that_waited_for_it(test: ServiceTest) {
    let lead = capture(&test, json!({ "email": "ada@engines.example" })).await;
    assert_eq!(lead["lead"]["account"], json!(null));
    test.graphql(CREATE, json!({ "input": { "name": "Engines", "domain": "engines.example" } })).await;
    let found = test.graphql("{ leads { edges { node { account { name } } } } }", json!({})).await;
    assert_eq!(found["leads"]["edges"][0]["node"]["account"]["name"], json!("Engines"));
    assert_eq!(test.published::<LeadUpdated>().await.len(), 1);
}

on_both_engines!(SERVICE, an_account_learns_its_domain_from_a_lead_whose_address_agrees);
async fn an_account_learns_its_domain_from_a_lead_whose_address_agrees(test: ServiceTest) {
    test.graphql(CREATE, json!({ "input": { "name": "Engines" } })).await;
    capture(
        &test,
        json!({ "email": "eve@consultants.example", "company": "Engines", "companyDomain": "engines.example" }),
    )
    .await;
    assert_eq!(test.published::<AccountUpdated>().await.len(), 0);
    capture(&test, json!({ "email": "ada@engines.example", "company": "Engines", "companyDomain": "engines.example" }))
        .await;
    let learned = test.published::<AccountUpdated>().await;
    assert_eq!(learned[0].current.domain.as_deref(), Some("engines.example"));
}

on_both_engines!(SERVICE, a_domain_belongs_to_one_account);
async fn a_domain_belongs_to_one_account(test: ServiceTest) {
    let input = json!({ "input": { "name": "Engines", "domain": "engines.example" } });
    test.graphql(CREATE, input.clone()).await;
    let second = test.graphql(CREATE, input).await;
    assert_eq!(second["createAccount"]["errors"], json!([{ "code": "ALREADY_EXISTS", "field": "domain" }]));
}

on_both_engines!(SERVICE, an_idempotency_key_opens_one_account);
async fn an_idempotency_key_opens_one_account(test: ServiceTest) {
    let input = json!({ "name": "Engines", "domain": "engines.example", "idempotencyKey": "a-key" });
    let first = test.graphql(CREATE, json!({ "input": input })).await;
    let again = test.graphql(CREATE, json!({ "input": input })).await;
    assert_eq!(again, first);
    assert_eq!(test.published::<AccountCreated>().await.len(), 1);

    let other = json!({ "name": "Looms", "idempotencyKey": "a-key" });
    let refused = test.graphql(CREATE, json!({ "input": other })).await;
    let error = json!({ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" });
    assert_eq!(refused["createAccount"], json!({ "account": null, "errors": [error] }));
}
