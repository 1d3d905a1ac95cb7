use events::lead::DuplicateDismissed;
use kernel::{
    Action, Object,
    access::{FieldRule, Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

const DUPLICATES: &str =
    "query($kind: RecordKind, $min: Float) { duplicates(kind: $kind, minConfidence: $min, first: 200) {
    edges { node { kind confidence mayMergeUnasked members { ids leads { email } contacts { email } accounts { name } }
        links { probability reasons { field agreement weight } } } } } }";
const CONTACT: &str =
    "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } errors { code } } }";
const DISMISS: &str = "mutation($input: DismissDuplicateInput!) { dismissDuplicate(input: $input) {
    dismissedIds errors { code field } } }";

async fn duplicates(test: &ServiceTest, variables: Value) -> Vec<Value> {
    let mut data = test.graphql(DUPLICATES, variables).await;
    let edges = data["duplicates"]["edges"].as_array_mut().unwrap();
    edges.iter_mut().map(|edge| edge["node"].take()).collect()
}

async fn lead(test: &ServiceTest, input: Value) -> Value {
    let captured = capture(test, input).await;
    assert_eq!(captured["errors"], json!([]));
    captured["lead"]["id"].clone()
}

/// Ada twice, once at her private mailbox, and somebody else.
async fn ada_twice(test: &ServiceTest) -> [Value; 2] {
    let phone = "+44 20 7946 0958";
    let work = json!({ "email": "ada@engines.example", "firstName": "Ada", "lastName": "Lovelace", "phone": phone, "company": "Engines" });
    let home = json!({ "email": "info@lovelace.example", "firstName": "Ada", "lastName": "Lovelace", "phone": "0044 20 79460958", "company": "Engines" });
    let ids = [lead(test, work).await, lead(test, home).await];
    lead(test, json!({ "email": "ben@looms.example", "firstName": "Ben", "lastName": "Weaver" })).await;
    ids
}

on_both_engines!(SERVICE, what_looks_like_one_is_found_with_its_reasons);
async fn what_looks_like_one_is_found_with_its_reasons(test: ServiceTest) {
    let ids = ada_twice(&test).await;
    test.settle().await;
    let found = duplicates(&test, json!({})).await;
    let [duplicate] = &found[..] else { panic!("one pair: {found:?}") };
    assert_eq!((&duplicate["kind"], &duplicate["members"]["ids"]), (&json!("LEAD"), &json!(ids)));
    assert_eq!(duplicate["members"]["contacts"], json!([]));
    assert!(duplicate["confidence"].as_f64().unwrap() > 0.9, "{duplicate}");
    let reasons = duplicate["links"][0]["reasons"].as_array().unwrap();
    let phone = reasons.iter().find(|reason| reason["field"] == "phone").unwrap();
    assert_eq!(phone["agreement"], "EXACT");
    assert!(phone["weight"].as_f64().unwrap() > 1.0);
    assert_eq!(duplicates(&test, json!({ "kind": "CONTACT" })).await.len(), 0);
    assert_eq!(duplicates(&test, json!({ "kind": "LEAD", "min": 1.0 })).await.len(), 0, "nothing is certain");
    let of = "query($id: ID!) { lead(id: $id) { duplicates { members { ids } } } }";
    let own = test.graphql(of, json!({ "id": ids[0] })).await;
    assert_eq!(own["lead"]["duplicates"], json!([{ "members": { "ids": ids } }]));
}

on_both_engines!(SERVICE, two_identified_people_are_never_to_be_merged_unasked);
async fn two_identified_people_are_never_to_be_merged_unasked(test: ServiceTest) {
    let ada = |email: &str| json!({ "email": email, "firstName": "Ada", "lastName": "Lovelace", "phone": "+44 20 7946 0958" });
    for email in ["ada@gmail.com", "ada.lovelace@yahoo.com"] {
        let made = test.graphql(CONTACT, json!({ "input": ada(email) })).await;
        assert_eq!(made["createContact"]["errors"], json!([]));
    }
    test.settle().await;
    let found = duplicates(&test, json!({ "kind": "CONTACT" })).await;
    assert_eq!((found.len(), &found[0]["mayMergeUnasked"]), (1, &json!(false)), "{found:?}");
    assert_eq!(found[0]["members"]["contacts"].as_array().unwrap().len(), 2);
}

on_both_engines!(SERVICE, companies_under_one_name_are_found_and_a_change_tells_them_apart);
async fn companies_under_one_name_are_found_and_a_change_tells_them_apart(test: ServiceTest) {
    const CREATE: &str =
        "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } errors { code } } }";
    const UPDATE: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { errors { code } } }";
    test.graphql(
        CREATE,
        json!({ "input": { "name": "Analytical Engines Ltd", "domain": "engines.example", "country": "GB" } }),
    )
    .await;
    let other = json!({ "input": { "name": "Analytical Engines", "country": "GB" } });
    let other = test.graphql(CREATE, other).await["createAccount"]["account"]["id"].take();
    test.settle().await;
    let found = duplicates(&test, json!({ "kind": "ACCOUNT" })).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["members"]["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(
        found[0]["links"][0]["reasons"][0],
        json!({ "field": "name", "agreement": "EXACT",
        "weight": found[0]["links"][0]["reasons"][0]["weight"] })
    );
    test.graphql(UPDATE, json!({ "input": { "id": other, "name": "Spinning Mills" } })).await;
    test.settle().await;
    assert_eq!(duplicates(&test, json!({})).await.len(), 0);
}

on_both_engines!(SERVICE, what_is_dismissed_stays_so_whatever_is_found_later);
async fn what_is_dismissed_stays_so_whatever_is_found_later(test: ServiceTest) {
    let ids = ada_twice(&test).await;
    test.settle().await;
    let dismissed = test.graphql(DISMISS, json!({ "input": { "kind": "LEAD", "ids": ids } })).await;
    assert_eq!(dismissed["dismissDuplicate"], json!({ "dismissedIds": ids, "errors": [] }));
    assert_eq!(duplicates(&test, json!({})).await.len(), 0);
    let update = "mutation($id: ID!) { updateLead(input: { id: $id, title: \"Countess\" }) { errors { code } } }";
    test.graphql(update, json!({ "id": ids[0] })).await;
    test.settle().await;
    assert_eq!(duplicates(&test, json!({})).await.len(), 0, "compared again, and remembered");
    let [told] = &test.published::<DuplicateDismissed>().await[..] else { panic!("one event") };
    assert_eq!((json!(told.records), told.kind), (json!(ids), Object::Lead));
    for (input, code, field) in [
        (json!({ "kind": "LEAD", "ids": [ids[0]] }), "INVALID_INPUT", "ids"),
        (json!({ "kind": "ACCOUNT", "ids": ids }), "INVALID_ID", "ids"),
    ] {
        let refused = test.graphql(DISMISS, json!({ "input": input })).await;
        assert_eq!(refused["dismissDuplicate"]["errors"], json!([{ "code": code, "field": field }]));
    }
}

on_both_engines!(SERVICE, a_capture_tells_what_it_looks_like);
async fn a_capture_tells_what_it_looks_like(test: ServiceTest) {
    const CAPTURE: &str = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) {
        lead { id } possibleDuplicates { lead { email } confidence reasons { field agreement } } } }";
    ada_twice(&test).await;
    test.settle().await;
    let input = json!({ "email": "office@lovelace-estate.example", "firstName": "Ada", "lastName": "Lovelace", "phone": "+442079460958", "company": "Engines" });
    let captured = test.graphql(CAPTURE, json!({ "input": input })).await;
    let possible = captured["captureLead"]["possibleDuplicates"].as_array().unwrap();
    let mut emails: Vec<_> = possible.iter().map(|one| one["lead"]["email"].as_str().unwrap()).collect();
    emails.sort_unstable();
    assert_eq!(emails, ["ada@engines.example", "info@lovelace.example"], "Ben is nobody like her");
    let stranger = json!({ "input": { "email": "eve@mills.example", "firstName": "Eve" } });
    assert_eq!(test.graphql(CAPTURE, stranger).await["captureLead"]["possibleDuplicates"], json!([]));
}

on_both_engines!(SERVICE, duplicates_show_nothing_that_one_may_not_read);
async fn duplicates_show_nothing_that_one_may_not_read(test: ServiceTest) {
    ada_twice(&test).await;
    test.settle().await;
    let grant = |scope| Grant { object: Object::Lead, actions: Action::ALL.into(), scope, only: Vec::new() };
    let own = test.user_with(Grants { grants: vec![grant(Scope::Own)], fields: Vec::new() });
    let answer = test.graphql_as(&own, DUPLICATES, json!({})).await;
    assert_eq!(answer["data"]["duplicates"]["edges"], json!([]));
    let phone = FieldRule { object: Object::Lead, field: "phone".to_owned(), hidden: true };
    let blind = test.user_with(Grants { grants: vec![grant(Scope::All)], fields: vec![phone] });
    let answer = test.graphql_as(&blind, DUPLICATES, json!({})).await;
    assert_eq!(answer["data"]["duplicates"]["edges"], json!([]));
    let refused = test.graphql_as(&blind, DUPLICATES, json!({ "kind": "LEAD" })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let of = "{ leads { edges { node { duplicates { id } } } } }";
    let answer = test.graphql_as(&blind, of, json!({})).await;
    assert_eq!(answer["data"]["leads"]["edges"][0]["node"]["duplicates"], Value::Null);
}

on_both_engines!(SERVICE, a_hundred_new_records_are_compared_in_as_many_statements_as_two);
async fn a_hundred_new_records_are_compared_in_as_many_statements_as_two(test: ServiceTest) {
    let round = async |from: usize, to: usize| {
        let rows: Vec<Value> = (from..to)
            .map(|at| json!({ "row": at, "cells": [format!("p{at}@mills{}.example", at % 7), "Ada", format!("Weaver{at}")] }))
            .collect();
        let import = "mutation($input: ImportRowsInput!) { importLeads(input: $input) { errors { code } } }";
        let input = json!({ "headers": ["Email", "First name", "Last name"], "rows": rows });
        test.graphql(import, json!({ "input": input })).await;
        test.statements(test.settle()).await.0
    };
    let (two, many) = (round(1, 3).await, round(3, 103).await);
    assert!(many <= two + 4, "{two} statements for two leads, {many} for a hundred");
}
