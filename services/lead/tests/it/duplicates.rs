use std::time::Duration;

use events::lead::DuplicateDismissed;
use kernel::{
    Action, LeadId, Object,
    access::{FieldRule, Grant, Grants, Scope},
    id::TypedId,
};
use pipewright_lead::{
    SERVICE,
    domain::{
        duplicates::{Duplicate, Found},
        record::Kind,
    },
    store,
};
use platform::execute;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};
use uuid::Uuid;

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

on_both_engines!(SERVICE, a_duplicate_shows_to_who_may_read_all_of_it);
async fn a_duplicate_shows_to_who_may_read_all_of_it(test: ServiceTest) {
    let ids = ada_twice(&test).await;
    test.settle().await;
    let own = Grant { object: Object::Lead, actions: Action::ALL.into(), scope: Scope::Own, only: Vec::new() };
    let rep = test.user_with(Grants { grants: vec![own], fields: Vec::new() });
    for (id, shown) in ids.iter().zip([0, 1]) {
        test.route(lead_id(id), &rep).await;
        let answer = test.graphql_as(&rep, DUPLICATES, json!({})).await;
        assert_eq!(answer["data"]["duplicates"]["edges"].as_array().unwrap().len(), shown, "{answer}");
    }
}

fn lead_id(id: &Value) -> LeadId {
    id.as_str().unwrap().parse().unwrap()
}

/// Notes that these leads look like one, as if they had been found.
async fn note(test: &ServiceTest, members: &[&Value]) {
    let mut members: Vec<Uuid> = members.iter().map(|id| lead_id(id).uuid()).collect();
    members.sort_unstable();
    let duplicate = Duplicate {
        id: test.clock.id(),
        workspace: test.actor.workspace,
        kind: Kind::Lead,
        confidence: 0.9,
        may_merge_unasked: false,
        found: Found { members, links: Vec::new() },
        created_at: test.clock.now(),
    };
    let mut tx = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
    store::duplicates::insert(&mut tx, &[duplicate]).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_engines!(SERVICE, a_pair_at_the_end_of_a_long_chain_is_shown_once);
async fn a_pair_at_the_end_of_a_long_chain_is_shown_once(test: ServiceTest) {
    const UPDATE: &str = "mutation($id: ID!, $title: String!) {
        updateLead(input: { id: $id, title: $title }) { errors { code } } }";
    let [one, other] = ada_twice(&test).await;
    let mut chain = Vec::new();
    for number in 0..5 {
        chain.push(lead(&test, json!({ "email": format!("x{number}@mills{number}.example") })).await);
    }
    test.settle().await;
    // What is found anew from the first of the chain, each beside the next and the pair at its end.
    let found_from_the_first = async |title: &str| {
        for pair in chain[..4].windows(2) {
            note(&test, &[&pair[0], &pair[1]]).await;
        }
        note(&test, &[&chain[3], &one, &other]).await;
        test.graphql(UPDATE, json!({ "id": chain[0], "title": title })).await;
        test.settle().await;
        let found = duplicates(&test, json!({})).await;
        found.into_iter().map(|mut duplicate| duplicate["members"]["ids"].take()).collect::<Vec<_>>()
    };
    let sorted = |mut ids: Vec<&Value>| {
        ids.sort_by_key(|id| id.as_str().unwrap().to_owned());
        json!(ids)
    };
    assert_eq!(found_from_the_first("CTO").await, [sorted(vec![&one, &other])]);
    // What holds the pair together with somebody further says it already.
    note(&test, &[&one, &other, &chain[4]]).await;
    assert_eq!(found_from_the_first("CEO").await, [sorted(vec![&one, &other, &chain[4]])]);
}

#[tokio::test]
async fn a_lead_that_somebody_writes_is_passed_over_and_compared_when_they_are_done() {
    let test = ServiceTest::postgres(SERVICE).await;
    let [held, _] = ada_twice(&test).await;
    let phone = "+1 212 555 0199";
    for email in ["grace@looms.example", "info@hopper.example"] {
        let grace =
            json!({ "email": email, "firstName": "Grace", "lastName": "Hopper", "phone": phone, "company": "Looms" });
        lead(&test, grace).await;
    }
    let mut import = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
    let write = "update lead set title = 'Countess' where id = $1";
    execute!(import, sqlx::query(write).bind(lead_id(&held))).unwrap();
    // Nobody waits for the other.
    tokio::time::timeout(Duration::from_secs(60), test.settle()).await.unwrap();
    let found = duplicates(&test, json!({})).await;
    assert_eq!((found.len(), found[0]["members"]["ids"].as_array().unwrap().contains(&held)), (1, false), "{found:?}");
    import.commit().await.unwrap();
    test.settle().await;
    assert_eq!(duplicates(&test, json!({})).await.len(), 2);
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
