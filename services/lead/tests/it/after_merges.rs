//! What leads to a record that is merged away, and who may take it back.

use chrono::TimeDelta;
use events::lead::LeadUpdated;
use kernel::{
    Action, Actor, LeadId, Object,
    access::{Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{
    leads::capture,
    merges::{CONTACT, MERGE, MERGE_ACCOUNTS, MERGE_LEADS, UNMERGE, account, contact, merge, unmerge},
    visitors::{form, post_json},
};

fn grant(object: Object, scope: Scope) -> Grant {
    Grant { object, actions: Action::ALL.into(), scope, only: Vec::new() }
}

/// Somebody who may do everything with what is their own.
fn rep(test: &ServiceTest) -> Actor {
    let own = [Object::Lead, Object::Contact, Object::Account].map(|object| grant(object, Scope::Own));
    test.user_with(Grants { grants: own.into(), fields: Vec::new() })
}

/// A contact that is the rep's own.
async fn contact_of(test: &ServiceTest, rep: &Actor, input: Value) -> Value {
    test.clock.advance(TimeDelta::seconds(1));
    let mut made = test.graphql_as(rep, CONTACT, json!({ "input": input })).await;
    made["data"]["createContact"]["contact"]["id"].take()
}

async fn merge_leads(test: &ServiceTest, survivor: &Value, other: &Value) -> Value {
    let input = json!({ "input": { "survivorId": survivor, "otherIds": [other] } });
    let mut merged = test.graphql(MERGE_LEADS, input).await["mergeLeads"].take();
    assert_eq!(merged["errors"], json!([]));
    merged["merge"]["id"].take()
}

async fn merge_accounts(test: &ServiceTest, survivor: &Value, other: &Value) -> Value {
    let input = json!({ "input": { "survivorId": survivor, "otherIds": [other] } });
    let mut merged = test.graphql(MERGE_ACCOUNTS, input).await["mergeAccounts"].take();
    merged["merge"]["id"].take()
}

on_both_engines!(SERVICE, a_merge_below_another_is_taken_back_only_by_who_may_change_what_shows);
async fn a_merge_below_another_is_taken_back_only_by_who_may_change_what_shows(test: ServiceTest) {
    let rep = rep(&test);
    let one = contact_of(&test, &rep, json!({ "email": "one@engines.example" })).await;
    let other = contact_of(&test, &rep, json!({ "email": "other@engines.example", "title": "CTO" })).await;
    let input = json!({ "input": { "survivorId": one, "otherIds": [other] } });
    let merged = test.graphql_as(&rep, MERGE, input).await["data"]["mergeContacts"].take();
    assert_eq!(merged["errors"], json!([]));
    let top = contact(&test, json!({ "email": "top@engines.example" })).await;
    merge(&test, json!({ "survivorId": top, "otherIds": [one] })).await;
    let refused = test.graphql_as(&rep, UNMERGE, json!({ "id": merged["merge"]["id"] })).await;
    let errors = &refused["data"]["unmerge"]["errors"];
    assert_eq!(*errors, json!([{ "code": "NOT_FOUND", "field": "mergeId" }]), "{refused}");
    let undone = unmerge(&test, &merged["merge"]["id"]).await;
    assert_eq!(undone["restored"]["ids"], json!([other]));
}

on_both_engines!(SERVICE, nobody_hears_of_a_merge_into_what_they_may_not_read);
async fn nobody_hears_of_a_merge_into_what_they_may_not_read(test: ServiceTest) {
    const MERGES: &str = "query($id: ID!) { merges(kind: CONTACT, recordId: $id) { survivorId } }";
    let rep = rep(&test);
    let own = contact_of(&test, &rep, json!({ "email": "own@engines.example" })).await;
    let hidden = contact(&test, json!({ "email": "hidden@engines.example" })).await;
    let merged = merge(&test, json!({ "survivorId": hidden, "otherIds": [own] })).await;
    unmerge(&test, &merged["merge"]["id"]).await;
    let told = test.graphql_as(&rep, MERGES, json!({ "id": own })).await;
    assert_eq!(told["data"]["merges"], json!([]), "the contact is theirs, and what it was one with is not");
    let told = test.graphql(MERGES, json!({ "id": own })).await;
    assert_eq!(told["merges"], json!([{ "survivorId": hidden }]));
}

on_both_engines!(SERVICE, what_was_made_at_a_survivor_is_told_to_who_may_read_it);
async fn what_was_made_at_a_survivor_is_told_to_who_may_read_it(test: ServiceTest) {
    let one = account(&test, json!({ "name": "Engines" })).await;
    let other = account(&test, json!({ "name": "Engines UK", "domain": "engines.example" })).await;
    let merged = merge_accounts(&test, &one, &other).await;
    let contacts = [grant(Object::Account, Scope::All), grant(Object::Contact, Scope::Own)];
    let user = test.user_with(Grants { grants: contacts.into(), fields: Vec::new() });
    contact(&test, json!({ "email": "theirs@mills.example", "accountId": one })).await;
    capture(&test, json!({ "email": "lead@engines.example" })).await;
    let own = contact_of(&test, &user, json!({ "email": "own@mills.example", "accountId": one })).await;
    let undone = test.graphql_as(&user, UNMERGE, json!({ "id": merged })).await["data"]["unmerge"].take();
    let since = &undone["changedSince"];
    assert_eq!((&since["contacts"]["ids"], &since["leads"]["ids"]), (&json!([own]), &json!([])), "{undone}");
}

on_both_engines!(SERVICE, what_was_made_under_a_key_is_answered_with_what_it_was_merged_into);
async fn what_was_made_under_a_key_is_answered_with_what_it_was_merged_into(test: ServiceTest) {
    const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) {
        contact { id } account { id } errors { code } } }";
    let input = json!({ "email": "a@engines.example", "idempotencyKey": "k" });
    let made = contact(&test, input.clone()).await;
    let kept = contact(&test, json!({ "email": "b@engines.example" })).await;
    merge(&test, json!({ "survivorId": kept, "otherIds": [made] })).await;
    assert_eq!(contact(&test, input).await, kept);

    let input = json!({ "name": "Engines", "idempotencyKey": "k" });
    let (made, main) = (account(&test, input.clone()).await, account(&test, json!({ "name": "Works" })).await);
    merge_accounts(&test, &main, &made).await;
    assert_eq!(account(&test, input).await, main);

    let lead = capture(&test, json!({ "email": "ada@looms.example", "company": "Looms" })).await["lead"]["id"].take();
    let input = json!({ "input": { "id": lead, "idempotencyKey": "k" } });
    let first = test.graphql(CONVERT, input.clone()).await["convertLead"].take();
    merge(&test, json!({ "survivorId": kept, "otherIds": [first["contact"]["id"]] })).await;
    merge_accounts(&test, &main, &first["account"]["id"]).await;
    let again = test.graphql(CONVERT, input).await["convertLead"].take();
    assert_eq!(again, json!({ "contact": { "id": kept }, "account": { "id": main }, "errors": [] }));
}

on_both_engines!(SERVICE, an_address_that_is_merged_away_finds_the_survivor_with_all_that_forms_took_in);
async fn an_address_that_is_merged_away_finds_the_survivor_with_all_that_forms_took_in(test: ServiceTest) {
    const FOUND: &str = "query($email: String!) {
        leads(filter: { email: $email }) { totalCount edges { node { id captures { id } } } }
        contacts(filter: { email: $email }) { totalCount edges { node { id } } } }";
    let (ada, home) = ("ada@engines.example", "ada@lovelace.example");
    let (_, path) = form(&test, json!({})).await;
    let mut captures = Vec::new();
    for email in [ada, home] {
        test.clock.advance(TimeDelta::seconds(10));
        captures.push(post_json(&test, &path, json!({ "email": email }), &[]).await.json()["id"].take());
    }
    let find = async |email: &str| test.graphql(FOUND, json!({ "email": email })).await["leads"].take();
    let (kept, gone) =
        (find(ada).await["edges"][0]["node"]["id"].take(), find(home).await["edges"][0]["node"]["id"].take());
    let merged = merge_leads(&test, &kept, &gone).await;
    let both = json!([{ "id": captures[1] }, { "id": captures[0] }]);
    let survivor = json!({ "totalCount": 1, "edges": [{ "node": { "id": kept, "captures": both } }] });
    assert_eq!((find(ada).await, find(home).await), (survivor.clone(), survivor.clone()));

    let (owner, other) = (rep(&test), rep(&test));
    for (lead, of) in [(&kept, &owner), (&gone, &other)] {
        let lead: LeadId = lead.as_str().unwrap().parse().unwrap();
        test.route(lead, of).await;
    }
    let shown = test.graphql_as(&owner, FOUND, json!({ "email": home })).await["data"]["leads"].take();
    assert_eq!(shown, survivor);
    let hidden = test.graphql_as(&other, FOUND, json!({ "email": home })).await["data"]["leads"].take();
    assert_eq!(hidden, json!({ "totalCount": 0, "edges": [] }), "whoever may read the survivor finds it");
    unmerge(&test, &merged).await;
    assert_eq!(find(home).await["edges"], json!([{ "node": { "id": gone, "captures": [{ "id": captures[1] }] } }]));

    let one = contact(&test, json!({ "email": ada })).await;
    let other = contact(&test, json!({ "email": home })).await;
    merge(&test, json!({ "survivorId": one, "otherIds": [other] })).await;
    let found = test.graphql(FOUND, json!({ "email": home })).await["contacts"].take();
    assert_eq!(found, json!({ "totalCount": 1, "edges": [{ "node": { "id": one } }] }));
}

on_both_engines!(SERVICE, a_list_that_names_a_merged_account_fills_the_blanks_of_its_survivor);
async fn a_list_that_names_a_merged_account_fills_the_blanks_of_its_survivor(test: ServiceTest) {
    const IMPORT: &str = "mutation($input: ImportRowsInput!) { importAccounts(input: $input) {
        outcomes { outcome } rejected { field } errors { code } } }";
    const ALL: &str = "{ accounts { edges { node { id name domain industry country } } } }";
    let one = account(&test, json!({ "name": "Engines" })).await;
    test.clock.advance(TimeDelta::seconds(1));
    let other = account(&test, json!({ "name": "Spinning Mills", "domain": "engines.example" })).await;
    merge_accounts(&test, &one, &other).await;
    for cells in [["Anybody", "engines.example", "Energy", ""], ["Spinning Mills", "", "", "GB"]] {
        let headers = ["Company name", "Company domain name", "Industry", "Country"];
        let input = json!({ "headers": headers, "rows": [{ "row": 1, "cells": cells }] });
        let imported = test.graphql(IMPORT, json!({ "input": input })).await["importAccounts"].take();
        assert_eq!(imported["outcomes"], json!([{ "outcome": "UPDATED" }]), "{cells:?}: {imported}");
    }
    let all = test.graphql(ALL, json!({})).await["accounts"]["edges"].take();
    let filled =
        json!({ "id": one, "name": "Engines", "domain": "engines.example", "industry": "Energy", "country": "GB" });
    assert_eq!(all, json!([{ "node": filled }]));
}

on_both_engines!(SERVICE, a_lead_that_was_converted_since_keeps_what_it_says);
async fn a_lead_that_was_converted_since_keeps_what_it_says(test: ServiceTest) {
    const CONVERT: &str = "mutation($id: ID!) { convertLead(input: { id: $id }) { errors { code } } }";
    const LEAD: &str = "query($id: ID!) { lead(id: $id) { title status version } }";
    let kept = capture(&test, json!({ "email": "ada@engines.example", "company": "Engines" })).await;
    let gone = json!({ "email": "ada@lovelace.example", "company": "Engines", "title": "CTO" });
    let gone = capture(&test, gone).await["lead"]["id"].take();
    let kept = &kept["lead"]["id"];
    let merged = merge_leads(&test, kept, &gone).await;
    let converted = test.graphql(CONVERT, json!({ "id": kept })).await;
    assert_eq!(converted["convertLead"]["errors"], json!([]));
    let before = test.graphql(LEAD, json!({ "id": kept })).await;
    assert_eq!((&before["lead"]["title"], &before["lead"]["status"]), (&json!("CTO"), &json!("CONVERTED")));
    let told = test.published::<LeadUpdated>().await.len();

    let undone = unmerge(&test, &merged).await;
    assert_eq!(undone["restored"]["leads"], json!([{ "email": "ada@lovelace.example" }]));
    let fields = undone["changedSince"]["fields"].as_array().unwrap();
    let stays = json!({ "field": "title", "merged": "CTO", "now": "CTO" });
    assert!(fields.contains(&stays), "{undone}");
    assert_eq!(test.graphql(LEAD, json!({ "id": kept })).await, before, "it is read-only");
    assert_eq!(test.published::<LeadUpdated>().await.len(), told);
    let restored = test.graphql(LEAD, json!({ "id": gone })).await;
    assert_eq!((&restored["lead"]["title"], &restored["lead"]["status"]), (&json!("CTO"), &json!("NEW")));
}
