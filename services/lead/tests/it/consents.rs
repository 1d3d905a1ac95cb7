//! Who agreed to what, and how it is known.

use chrono::TimeDelta;
use kernel::{
    Action, Object,
    access::{Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{
    merges::{contact, merge, unmerge},
    visitors::{form, post_json},
};

const RECORD: &str = "mutation($input: RecordConsentInput!) { recordConsent(input: $input) {
    entry { id state wording note saidAt recordedBy } errors { code field } } }";
const OF_CONTACTS: &str = "{ contacts(first: 50) { edges { node { id
    consents { purpose state since entries { state note } } } } } }";
const OF_LEADS: &str = "{ leads { edges { node { id
    consents { purpose state entries { state wording page formVersion confirmedAt recordedBy } } } } } }";

async fn record(test: &ServiceTest, input: Value) -> Value {
    test.clock.advance(TimeDelta::seconds(1));
    test.graphql(RECORD, json!({ "input": input })).await["recordConsent"].take()
}

async fn consents(test: &ServiceTest, contact: &Value) -> Value {
    let mut data = test.graphql(OF_CONTACTS, json!({})).await;
    let edges = data["contacts"]["edges"].as_array_mut().unwrap();
    edges.iter_mut().find(|edge| edge["node"]["id"] == *contact).unwrap()["node"]["consents"].take()
}

on_both_engines!(SERVICE, what_was_said_last_holds_and_all_that_was_said_is_kept);
async fn what_was_said_last_holds_and_all_that_was_said_is_kept(test: ServiceTest) {
    let ada = contact(&test, json!({ "email": "ada@engines.example" })).await;
    let granted = json!({ "contactId": ada, "purpose": " News Letter", "state": "GRANTED", "note": "At the fair" });
    let first = record(&test, granted).await;
    assert_eq!(first["errors"], json!([]));
    let withdrawn = json!({ "contactId": ada, "purpose": "news letter", "state": "WITHDRAWN", "note": "By telephone" });
    let last = record(&test, withdrawn).await;
    // Heard late: an older word does not undo a newer one.
    let early = first["entry"]["saidAt"].clone();
    let late = json!({
        "contactId": ada, "purpose": "news letter", "state": "GRANTED", "note": "A card", "saidAt": early,
    });
    assert_eq!(record(&test, late).await["errors"], json!([]));
    let said = |state: &str, note: &str| json!({ "state": state, "note": note });
    let entries = json!([said("WITHDRAWN", "By telephone"), said("GRANTED", "A card"), said("GRANTED", "At the fair")]);
    let expected = json!([{
        "purpose": "news letter", "state": "WITHDRAWN", "since": last["entry"]["saidAt"], "entries": entries,
    }]);
    assert_eq!(consents(&test, &ada).await, expected);
}

on_both_engines!(SERVICE, what_was_agreed_to_on_a_form_stands_in_the_ledger);
async fn what_was_agreed_to_on_a_form_stands_in_the_ledger(test: ServiceTest) {
    let (_, path) = form(&test, json!({})).await;
    for (name, agrees) in [("ada", true), ("bob", false)] {
        post_json(&test, &path, json!({ "email": format!("{name}@engines.example"), "consent": agrees }), &[]).await;
        test.clock.advance(TimeDelta::seconds(1));
    }
    let (statements, data) = test.statements(test.graphql(OF_LEADS, json!({}))).await;
    assert_eq!(statements, 2, "one for the page, one for what they agreed to");
    let of = |place: usize| &data["leads"]["edges"][place]["node"]["consents"];
    assert_eq!(*of(0), json!([]), "who did not agree");
    assert_eq!((&of(1)[0]["purpose"], &of(1)[0]["state"]), (&json!("newsletter"), &json!("GRANTED")));
    let entry = &of(1)[0]["entries"][0];
    assert_eq!((&entry["wording"], &entry["formVersion"]), (&json!("Write to me."), &json!(1)));
}

on_both_engines!(SERVICE, a_person_who_was_merged_keeps_what_they_said_at_either_address);
async fn a_person_who_was_merged_keeps_what_they_said_at_either_address(test: ServiceTest) {
    let ada = contact(&test, json!({ "email": "ada@engines.example" })).await;
    let a = contact(&test, json!({ "email": "a.lovelace@engines.example" })).await;
    let said =
        |who: &Value, state: &str| json!({ "contactId": who, "purpose": "calls", "state": state, "note": "Said" });
    record(&test, said(&ada, "GRANTED")).await;
    record(&test, said(&a, "WITHDRAWN")).await;
    let merged = merge(&test, json!({ "survivorId": ada, "otherIds": [a] })).await;
    let state = async |who: &Value| consents(&test, who).await[0]["state"].take();
    assert_eq!(state(&ada).await, "WITHDRAWN");
    unmerge(&test, &merged["merge"]["id"]).await;
    assert_eq!((state(&ada).await, state(&a).await), (json!("GRANTED"), json!("WITHDRAWN")));
}

on_both_engines!(SERVICE, what_nobody_said_or_may_say_is_refused);
async fn what_nobody_said_or_may_say_is_refused(test: ServiceTest) {
    let ada = contact(&test, json!({ "email": "ada@engines.example" })).await;
    let input = json!({ "contactId": ada, "purpose": "calls", "state": "GRANTED", "note": "At the fair" });
    let with = |name: &str, value: Value| {
        let mut input = input.clone();
        input[name] = value;
        input
    };
    let tomorrow = test.clock.now() + TimeDelta::days(1);
    for (input, code, field) in [
        (with("contactId", Value::Null), "REQUIRED", "leadId"),
        (with("leadId", json!("lead_00000000000000000000000000")), "INVALID_INPUT", "contactId"),
        (with("contactId", json!("cont_00000000000000000000000000")), "NOT_FOUND", "contactId"),
        (with("purpose", json!(" ")), "REQUIRED", "purpose"),
        (with("purpose", json!("x".repeat(101))), "TOO_LONG", "purpose"),
        (with("note", json!("")), "REQUIRED", "note"),
        (with("saidAt", json!(tomorrow)), "INVALID_INPUT", "saidAt"),
    ] {
        let refused = record(&test, input).await;
        assert_eq!(refused["errors"], json!([{ "code": code, "field": field }]));
    }
    let grant = Grant { object: Object::Contact, actions: [Action::Read].into(), scope: Scope::All, only: Vec::new() };
    let reader = test.user_with(Grants { grants: vec![grant], fields: Vec::new() });
    let answer = test.graphql_as(&reader, RECORD, json!({ "input": input })).await;
    assert_eq!(answer["data"]["recordConsent"]["entry"], Value::Null);
    assert_eq!(consents(&test, &ada).await, json!([]));
}

on_both_engines!(SERVICE, the_same_key_again_adds_no_line);
async fn the_same_key_again_adds_no_line(test: ServiceTest) {
    let ada = contact(&test, json!({ "email": "ada@engines.example" })).await;
    let input = json!({
        "contactId": ada, "purpose": "calls", "state": "GRANTED", "note": "At the fair", "idempotencyKey": "once",
    });
    let (first, again) = (record(&test, input.clone()).await, record(&test, input).await);
    assert_eq!(first, again);
    assert_eq!(consents(&test, &ada).await[0]["entries"].as_array().unwrap().len(), 1);
}
