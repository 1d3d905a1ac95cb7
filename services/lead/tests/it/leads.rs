use events::lead::{LeadCaptured, LeadUpdated};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

const CAPTURE: &str = "mutation($input: CaptureLeadInput!) {
    captureLead(input: $input) { created lead { id version email title country account { name } } errors { code field } } }";

pub async fn capture(test: &ServiceTest, input: Value) -> Value {
    test.graphql(CAPTURE, json!({ "input": input })).await["captureLead"].take()
}

on_both_engines!(SERVICE, an_address_is_captured_once);
async fn an_address_is_captured_once(test: ServiceTest) {
    let first = capture(&test, json!({ "email": "Ada@Engines.example", "title": "CTO" })).await;
    let again = capture(&test, json!({ "email": " ada@engines.EXAMPLE ", "title": "Intern", "country": "GB" })).await;
    assert_eq!((&first["created"], &again["created"]), (&json!(true), &json!(false)));
    assert_eq!(again["lead"]["id"], first["lead"]["id"]);
    assert_eq!(
        (&again["lead"]["title"], &again["lead"]["country"]),
        (&json!("CTO"), &json!("GB")),
        "blanks filled, known values kept"
    );
    assert_eq!(test.published::<LeadCaptured>().await.len(), 1);
    assert_eq!(test.published::<LeadUpdated>().await.len(), 1);
}

on_both_engines!(SERVICE, an_address_captured_at_once_from_many_sides_is_one_lead);
async fn an_address_captured_at_once_from_many_sides_is_one_lead(test: ServiceTest) {
    for round in 0..5 {
        let input = json!({ "email": format!("p{round}@engines.example"), "title": "CTO" });
        let captured = futures::future::join_all((0..8).map(|_| capture(&test, input.clone()))).await;
        let created = captured.iter().filter(|payload| payload["created"] == json!(true)).count();
        assert_eq!(created, 1);
        assert!(captured.iter().all(|payload| payload["errors"] == json!([])), "{captured:?}");
    }
}

on_both_engines!(SERVICE, bad_input_names_its_field_and_writes_nothing);
async fn bad_input_names_its_field_and_writes_nothing(test: ServiceTest) {
    for (input, code, field) in [
        (json!({ "email": "two@@at.example" }), "INVALID_EMAIL", "email"),
        (json!({ "email": "a@b.example", "title": "x".repeat(501) }), "TOO_LONG", "title"),
        (json!({ "email": "a@b.example", "companyDomain": "not a domain" }), "INVALID_INPUT", "companyDomain"),
    ] {
        let payload = capture(&test, input).await;
        assert_eq!(payload["errors"], json!([{ "code": code, "field": field }]));
        assert_eq!(payload["lead"], json!(null));
    }
    assert_eq!(test.published::<LeadCaptured>().await.len(), 0);
}

on_both_engines!(SERVICE, an_update_on_a_stale_version_is_refused);
async fn an_update_on_a_stale_version_is_refused(test: ServiceTest) {
    const UPDATE: &str =
        "mutation($input: UpdateLeadInput!) { updateLead(input: $input) { lead { version title } errors { code } } }";
    let id = capture(&test, json!({ "email": "ada@engines.example" })).await["lead"]["id"].clone();
    let update = async |title: &str, version: i64| {
        let input = json!({ "id": id, "title": title, "version": version });
        test.graphql(UPDATE, json!({ "input": input })).await["updateLead"].take()
    };
    assert_eq!(update("CTO", 1).await["lead"], json!({ "version": 2, "title": "CTO" }));
    assert_eq!(update("CEO", 1).await["errors"], json!([{ "code": "CONFLICT" }]));
}

on_both_engines!(SERVICE, pages_follow_one_another_without_gap_or_repeat);
async fn pages_follow_one_another_without_gap_or_repeat(test: ServiceTest) {
    for number in 0..7 {
        capture(&test, json!({ "email": format!("p{number}@engines.example") })).await;
        if number % 3 == 0 {
            test.clock.advance(chrono::TimeDelta::seconds(1));
        }
    }
    let mut seen = Vec::new();
    let mut after = json!(null);
    loop {
        let query = "query($after: String) { leads(first: 3, after: $after) { totalCount edges { node { email } } pageInfo { hasNextPage endCursor } } }";
        let page = test.graphql(query, json!({ "after": after })).await["leads"].take();
        assert_eq!(page["totalCount"], json!(7));
        seen.extend(
            page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let unique: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), unique.len()), (7, 7));
}

on_both_engines!(SERVICE, another_workspace_sees_and_changes_nothing);
async fn another_workspace_sees_and_changes_nothing(test: ServiceTest) {
    let id = capture(&test, json!({ "email": "ada@engines.example" })).await["lead"]["id"].clone();
    let stranger = test.stranger();
    let query = "query($id: ID!) { lead(id: $id) { id } leads { totalCount edges { node { id } } }
        _entities(representations: [{ __typename: \"Lead\", id: $id }]) { ... on Lead { email } } }";
    let seen = test.graphql_as(&stranger, query, json!({ "id": id })).await;
    assert_eq!(seen["data"], json!({ "lead": null, "leads": { "totalCount": 0, "edges": [] }, "_entities": [null] }));
    let update = "mutation($id: ID!) { updateLead(input: { id: $id, title: \"x\" }) { errors { code field } } }";
    let refused = test.graphql_as(&stranger, update, json!({ "id": id })).await;
    assert_eq!(refused["data"]["updateLead"]["errors"], json!([{ "code": "NOT_FOUND", "field": "id" }]));
}

#[tokio::test]
async fn an_id_of_another_kind_is_an_error_with_a_code() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let answer = test.try_graphql("{ lead(id: \"acct_01h455vb4pex5vsknk084sn02q\") { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("INVALID_ID"), "{answer}");
}

#[tokio::test]
async fn without_the_permission_nothing_is_read_or_written() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let nobody = kernel::Actor { permissions: Vec::new(), ..test.actor.clone() };
    for query in [
        "{ leads { edges { node { id } } } }",
        "mutation { captureLead(input: { email: \"a@b.example\" }) { created } }",
    ] {
        let answer = test.graphql_as(&nobody, query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], json!("FORBIDDEN"), "{answer}");
    }
}

on_both_engines!(SERVICE, a_page_costs_the_same_statements_however_long);
async fn a_page_costs_the_same_statements_however_long(test: ServiceTest) {
    let account =
        "mutation { createAccount(input: { name: \"Engines\", domain: \"engines.example\" }) { account { id } } }";
    test.graphql(account, json!({})).await;
    let row = |number: u32| json!({ "row": number, "cells": [format!("p{number}@engines.example"), "Engines"] });
    let rows: Vec<_> = (0..200).map(row).collect();
    let import = "mutation($rows: [ImportRowInput!]!) { importLeads(input: { headers: [\"Email\", \"Company name\"], rows: $rows }) { errors { code } } }";
    test.graphql(import, json!({ "rows": rows })).await;
    let query = |first: i64| {
        let query = "query($first: Int) { leads(first: $first) { totalCount edges { node { id account { name } contact { id } } } } }";
        test.statements(test.graphql(query, json!({ "first": first })))
    };
    let (short, _) = query(2).await;
    let (long, answer) = query(200).await;
    assert_eq!(answer["leads"]["edges"][199]["node"]["account"]["name"], json!("Engines"));
    assert_eq!((short, long), (3, 3), "leads, their count, their accounts");
}

on_both_engines!(SERVICE, a_filter_with_a_character_no_database_stores_finds_nothing);
async fn a_filter_with_a_character_no_database_stores_finds_nothing(test: ServiceTest) {
    let query = "query($text: String) { leads(filter: { source: $text }) { totalCount } accounts(filter: { domain: $text }) { totalCount } }";
    let found = test.graphql(query, json!({ "text": "Web\u{0}inar" })).await;
    assert_eq!(found, json!({ "leads": { "totalCount": 0 }, "accounts": { "totalCount": 0 } }));
}

on_both_engines!(SERVICE, null_empties_a_field_and_what_is_left_out_stays);
async fn null_empties_a_field_and_what_is_left_out_stays(test: ServiceTest) {
    let lead =
        capture(&test, json!({ "email": "ada@engines.example", "title": "CTO", "phone": "+49 30 1", "country": "DE" }));
    let id = lead.await["lead"]["id"].take();
    let update = "mutation($input: UpdateLeadInput!) { updateLead(input: $input) { lead { title phone country version } errors { code } } }";
    let input = json!({ "id": id, "title": null, "phone": " " });
    let updated = test.graphql(update, json!({ "input": input })).await["updateLead"].take();
    let left = json!({ "title": null, "phone": null, "country": "DE", "version": 2 });
    assert_eq!(updated, json!({ "lead": left, "errors": [] }));

    let account = "mutation { createAccount(input: { name: \"Engines\", industry: \"Steam\", country: \"GB\" }) { account { id } } }";
    let account = test.graphql(account, json!({})).await["createAccount"]["account"]["id"].take();
    let update =
        "mutation($id: ID!) { updateAccount(input: { id: $id, industry: null }) { account { industry country } } }";
    let updated = test.graphql(update, json!({ "id": account })).await["updateAccount"]["account"].take();
    assert_eq!(updated, json!({ "industry": null, "country": "GB" }));

    let contact = "mutation { createContact(input: { email: \"bob@engines.example\", title: \"CEO\", phone: \"1\" }) { contact { id } } }";
    let contact = test.graphql(contact, json!({})).await["createContact"]["contact"]["id"].take();
    let update = "mutation($id: ID!) { updateContact(input: { id: $id, phone: null }) { contact { title phone } } }";
    let updated = test.graphql(update, json!({ "id": contact })).await["updateContact"]["contact"].take();
    assert_eq!(updated, json!({ "title": "CEO", "phone": null }));
}
