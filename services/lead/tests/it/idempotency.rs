//! A request that comes again under its key finds what it made, and does nothing twice.

use events::lead::{AccountCreated, LeadCaptured, LeadConverted, LeadUpdated};
use kernel::{BuiltInRole, LeadId, Object, access::FieldRule};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) {
    lead { id status } contact { id email } account { id name } opportunity { id } errors { code field } } }";

fn mismatch() -> Value {
    json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }])
}

on_both_engines!(SERVICE, a_capture_that_comes_again_answers_as_before_and_fills_no_blanks);
async fn a_capture_that_comes_again_answers_as_before_and_fills_no_blanks(test: ServiceTest) {
    let new = json!({ "email": "ada@engines.example", "title": "CTO", "idempotencyKey": "new" });
    let first = capture(&test, new.clone()).await;
    assert_eq!(first["created"], true);
    assert_eq!(capture(&test, new.clone()).await, first, "it says again that the lead was new");

    let known = json!({ "email": "ada@engines.example", "country": "GB", "idempotencyKey": "known" });
    let second = capture(&test, known.clone()).await;
    assert_eq!((&second["created"], &second["lead"]["country"]), (&json!(false), &json!("GB")));
    assert_eq!(capture(&test, known.clone()).await, second);

    // The address alone would find the lead; under a used key another input is an error all the same.
    for (mut input, change) in [(new, json!({ "title": "CEO" })), (known, json!({ "source": "Webinar" }))] {
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = capture(&test, input).await;
        assert_eq!((&refused["lead"], &refused["errors"]), (&Value::Null, &mismatch()));
    }
    assert_eq!(test.published::<LeadCaptured>().await.len(), 1);
    assert_eq!(test.published::<LeadUpdated>().await.len(), 1);
}

on_both_engines!(SERVICE, a_conversion_that_comes_again_answers_as_before);
async fn a_conversion_that_comes_again_answers_as_before(test: ServiceTest) {
    let convert = async |input: Value| test.graphql(CONVERT, json!({ "input": input })).await["convertLead"].take();
    let lead = capture(&test, json!({ "email": "ada@engines.example", "company": "Engines" })).await["lead"].take();
    let input = json!({ "id": lead["id"], "opportunity": { "name": "Looms" }, "idempotencyKey": "k" });
    let first = convert(input.clone()).await;
    assert_eq!((&first["lead"]["status"], &first["errors"]), (&json!("CONVERTED"), &json!([])));
    assert!(["contact", "account", "opportunity"].iter().all(|made| first[made]["id"].is_string()), "{first}");
    assert_eq!(convert(input.clone()).await, first);

    let mut other = input;
    other["opportunity"]["name"] = json!("Engines");
    assert_eq!(convert(other).await["errors"], mismatch());
    let without = convert(json!({ "id": lead["id"] })).await;
    assert_eq!(without["errors"], json!([{ "code": "ALREADY_CONVERTED", "field": null }]));
    assert_eq!(test.published::<LeadConverted>().await.len(), 1);
}

on_both_engines!(SERVICE, a_conversion_without_an_opportunity_has_none_the_second_time_either);
async fn a_conversion_without_an_opportunity_has_none_the_second_time_either(test: ServiceTest) {
    let lead = capture(&test, json!({ "email": "ada@engines.example" })).await["lead"]["id"].take();
    let input = json!({ "input": { "id": lead, "idempotencyKey": "k" } });
    let first = test.graphql(CONVERT, input.clone()).await;
    assert_eq!(first["convertLead"]["opportunity"], Value::Null);
    assert_eq!(test.graphql(CONVERT, input).await, first);
}

on_both_engines!(SERVICE, a_key_shows_nobody_what_they_may_not_read);
async fn a_key_shows_nobody_what_they_may_not_read(test: ServiceTest) {
    const ACCOUNT: &str = "mutation { createAccount(input: { name: \"Engines\", idempotencyKey: \"k\" }) {
        account { industry } errors { code field } } }";
    let ada = test.user(BuiltInRole::AccountExecutive);
    let new = json!({ "email": "ada@engines.example", "idempotencyKey": "k" });
    let lead: LeadId = capture(&test, new.clone()).await["lead"]["id"].as_str().unwrap().parse().unwrap();
    let query = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { created lead { id } } }";
    let again = async || test.graphql_as(&ada, query, json!({ "input": new })).await["data"]["captureLead"].take();
    // The key is hers: it says nothing of what another made under the same.
    assert_eq!(again().await, json!({ "created": false, "lead": null }));
    test.route(lead, &ada).await;
    assert_eq!(again().await, json!({ "created": false, "lead": { "id": lead } }));
    let eve = json!({ "input": { "email": "eve@engines.example", "idempotencyKey": "k" } });
    let captured = test.graphql_as(&test.user(BuiltInRole::AccountExecutive), query, eve).await;
    assert_eq!(captured["data"]["captureLead"]["created"], true, "{captured}");

    test.graphql(ACCOUNT, json!({})).await;
    let industry = "mutation($input: ImportRowsInput!) { importAccounts(input: $input) { outcomes { outcome } } }";
    let rows =
        json!({ "headers": ["Company name", "Industry"], "rows": [{ "row": 1, "cells": ["Engines", "Energy"] }] });
    let updated = test.graphql(industry, json!({ "input": rows })).await;
    assert_eq!(updated["importAccounts"]["outcomes"][0]["outcome"], "UPDATED");
    let mut discreet = test.actor.clone();
    let hidden = FieldRule { object: Object::Account, field: "industry".into(), hidden: true };
    discreet.access.role.fields.push(hidden);
    let shown = test.graphql_as(&discreet, ACCOUNT, json!({})).await["data"]["createAccount"]["account"].take();
    assert_eq!(shown, json!({ "industry": null }));
    assert_eq!(test.graphql(ACCOUNT, json!({})).await["createAccount"]["account"]["industry"], "Energy");
    assert_eq!(test.published::<AccountCreated>().await.len(), 1);
}

on_both_engines!(SERVICE, an_import_that_comes_again_answers_as_before);
async fn an_import_that_comes_again_answers_as_before(test: ServiceTest) {
    const LEADS: &str = "mutation($input: ImportRowsInput!) { importLeads(input: $input) {
        outcomes { row outcome matchKey } rejected { row field code } errors { code field } } }";
    const ACCOUNTS: &str = "mutation($input: ImportRowsInput!) { importAccounts(input: $input) {
        outcomes { row outcome matchKey } rejected { row field code } errors { code field } } }";
    let row = |(row, cell): (u32, &str)| json!({ "row": row, "cells": [cell] });
    let rows = |cells: [&str; 3]| (1..).zip(cells).map(row).collect::<Vec<_>>();
    for (mutation, field, header, cells) in [
        (LEADS, "importLeads", "Email", ["ada@engines.example", "nobody", "ada@engines.example"]),
        (ACCOUNTS, "importAccounts", "Company name", ["Engines", "", "Engines"]),
    ] {
        let send = async |input: Value| test.graphql(mutation, json!({ "input": input })).await[field].take();
        let input = json!({ "headers": [header], "rows": rows(cells), "idempotencyKey": "k" });
        let first = send(input.clone()).await;
        let outcomes: Vec<_> =
            first["outcomes"].as_array().unwrap().iter().filter_map(|row| row["outcome"].as_str()).collect();
        assert_eq!(
            (outcomes, first["rejected"][0]["row"].as_u64()),
            (vec!["CREATED", "DUPLICATE"], Some(2)),
            "{first}"
        );
        assert_eq!(send(input.clone()).await, first, "it says again what was new");
        let mut dry = input.clone();
        dry["dryRun"] = json!(true);
        assert_eq!(send(dry).await["outcomes"][0]["outcome"], "DUPLICATE", "a dry run tells how it is now");
        let mut other = input.clone();
        other["rows"] = json!([]);
        assert_eq!(send(other).await["errors"], mismatch());
    }
    assert_eq!(test.published::<LeadCaptured>().await.len(), 1);
    assert_eq!(test.published::<AccountCreated>().await.len(), 1);
}
