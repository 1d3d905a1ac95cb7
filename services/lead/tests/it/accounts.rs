use events::lead::{AccountCreated, AccountUpdated, LeadUpdated};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
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

on_both_engines!(SERVICE, a_new_account_takes_a_page_of_waiting_leads_and_the_job_the_rest);
async fn a_new_account_takes_a_page_of_waiting_leads_and_the_job_the_rest(test: ServiceTest) {
    const IMPORT: &str =
        "mutation($input: ImportRowsInput!) { importLeads(input: $input) { rejected { message } errors { code } } }";
    let rows: Vec<_> =
        (1..=1_200).map(|row| json!({ "row": row, "cells": [format!("p{row}@engines.example")] })).collect();
    let input = json!({ "headers": ["Email"], "rows": rows, "dryRun": false });
    let imported = test.graphql(IMPORT, json!({ "input": input })).await;
    assert_eq!(imported["importLeads"], json!({ "rejected": [], "errors": [] }));

    let account = test.graphql(CREATE, json!({ "input": { "name": "Engines", "domain": "engines.example" } })).await;
    let query = "query($id: ID!) { leads(filter: { accountId: $id }) { totalCount } }";
    let variables = json!({ "id": account["createAccount"]["account"]["id"] });
    let linked = test.graphql(query, variables.clone()).await;
    assert_eq!(linked["leads"]["totalCount"], json!(500));
    test.settle().await;
    let linked = test.graphql(query, variables).await;
    assert_eq!(linked["leads"]["totalCount"], json!(1_200));
    assert_eq!(test.published::<LeadUpdated>().await.len(), 1_200);
}

on_both_engines!(SERVICE, a_lead_whose_company_changes_looks_for_its_account_again);
async fn a_lead_whose_company_changes_looks_for_its_account_again(test: ServiceTest) {
    const UPDATE: &str = "mutation($input: UpdateLeadInput!) { updateLead(input: $input) { lead { account { name } } errors { code } } }";
    test.graphql(CREATE, json!({ "input": { "name": "Engines", "domain": "engines.example" } })).await;
    test.graphql(CREATE, json!({ "input": { "name": "Looms" } })).await;
    for (number, change, account) in [
        (1, json!({ "title": "CTO" }), json!(null)),
        (2, json!({ "company": "Looms Ltd" }), json!({ "name": "Looms" })),
        (3, json!({ "companyDomain": "engines.example" }), json!({ "name": "Engines" })),
    ] {
        let email = format!("p{number}@gmail.com");
        let lead = capture(&test, json!({ "email": email })).await;
        let mut input = change;
        input["id"] = lead["lead"]["id"].clone();
        let updated = test.graphql(UPDATE, json!({ "input": input })).await;
        assert_eq!(updated["updateLead"], json!({ "lead": { "account": account }, "errors": [] }));
    }
    let blank = capture(&test, json!({ "email": "eve@gmail.com" })).await;
    assert_eq!(blank["lead"]["account"], json!(null));
    let filled = capture(&test, json!({ "email": "eve@gmail.com", "company": "Looms" })).await;
    assert_eq!(filled["lead"]["account"], json!({ "name": "Looms" }));
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

const UPDATE: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) {
    account { version name domain industry } errors { code field } } }";

on_both_engines!(SERVICE, an_account_changes_as_given_and_not_from_a_stale_version);
async fn an_account_changes_as_given_and_not_from_a_stale_version(test: ServiceTest) {
    let update = async |input: Value| test.graphql(UPDATE, json!({ "input": input })).await["updateAccount"].take();
    let new = json!({ "input": { "name": "Engines", "domain": "engines.example" } });
    let id = test.graphql(CREATE, new).await["createAccount"]["account"]["id"].take();
    let changed = update(json!({ "id": id, "version": 1, "name": "Engines and Looms", "industry": "Energy" })).await;
    assert_eq!(
        changed["account"],
        json!({ "version": 2, "name": "Engines and Looms", "domain": "engines.example", "industry": "Energy" })
    );
    let stale = update(json!({ "id": id, "version": 1, "industry": "Textile" })).await;
    assert_eq!(stale, json!({ "account": null, "errors": [{ "code": "CONFLICT", "field": null }] }));
    assert_eq!(update(json!({ "id": id, "industry": "Energy" })).await["account"]["version"], 2, "nothing changed");
    for (input, code, field) in [
        (json!({ "id": id, "name": " " }), "REQUIRED", "name"),
        (json!({ "id": id, "domain": "no domain" }), "INVALID_INPUT", "domain"),
        (json!({ "id": test.clock.id::<kernel::AccountId>(), "name": "Looms" }), "NOT_FOUND", "id"),
    ] {
        assert_eq!(update(input).await["errors"], json!([{ "code": code, "field": field }]));
    }
    let other = json!({ "input": { "name": "Looms", "domain": "looms.example" } });
    test.graphql(CREATE, other).await;
    let taken = update(json!({ "id": id, "domain": "looms.example" })).await;
    assert_eq!(taken["errors"], json!([{ "code": "ALREADY_EXISTS", "field": "domain" }]));
    let [AccountUpdated { previous, current }] = &test.published::<AccountUpdated>().await[..] else {
        panic!("one event")
    };
    assert_eq!((previous.name.as_str(), current.name.as_str()), ("Engines", "Engines and Looms"));
}

on_both_engines!(SERVICE, an_account_that_learns_its_domain_by_hand_finds_the_leads_that_waited);
async fn an_account_that_learns_its_domain_by_hand_finds_the_leads_that_waited(test: ServiceTest) {
    let id =
        test.graphql(CREATE, json!({ "input": { "name": "Engines" } })).await["createAccount"]["account"]["id"].take();
    capture(&test, json!({ "email": "ada@engines.example" })).await;
    let waiting = "{ leads { edges { node { account { name } } } } }";
    let lead = async || test.graphql(waiting, json!({})).await["leads"]["edges"][0]["node"]["account"].take();
    assert_eq!(lead().await, json!(null));
    test.graphql(UPDATE, json!({ "input": { "id": id, "industry": "Energy" } })).await;
    assert_eq!(lead().await, json!(null));
    test.graphql(UPDATE, json!({ "input": { "id": id, "domain": "engines.example" } })).await;
    assert_eq!(lead().await, json!({ "name": "Engines" }));
}
