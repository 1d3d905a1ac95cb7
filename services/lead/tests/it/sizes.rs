//! How large accounts are, and what made them so.

use events::{
    enrichment::{Claim, LeadEnriched, RunStatus},
    lead::{AccountSegmentChanged, SegmentBandsChanged, SizeSegment},
};
use kernel::{
    Action, BuiltInRole, EnrichmentRunId, LeadId, Object,
    access::{FieldRule, Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{
    account_domains::account,
    leads::capture,
    visitors::{form, post_json},
};

const SIZE: &str = "query($id: ID!) { account(id: $id) { sizeSegment { value since because {
    field value headCount bandsVersion claim { provider confidence runId } } } } }";

async fn size(test: &ServiceTest, account: &Value) -> Value {
    test.graphql(SIZE, json!({ "id": account })).await["account"]["sizeSegment"].take()
}

async fn employs(test: &ServiceTest, account: &Value, employees: Value) -> Value {
    const UPDATE: &str = "mutation($input: UpdateAccountInput!) { updateAccount(input: $input) { errors { code } } }";
    test.graphql(UPDATE, json!({ "input": { "id": account, "employees": employees } })).await;
    size(test, account).await["value"].take()
}

async fn set_bands(test: &ServiceTest, input: Value) -> Value {
    const UPDATE: &str = "mutation($input: UpdateSegmentBandsInput!) { updateSegmentBands(input: $input) {
        segmentBands { version ready } errors { code field } } }";
    test.graphql(UPDATE, json!({ "input": input })).await["updateSegmentBands"].take()
}

on_both_engines!(SERVICE, an_account_is_of_the_size_that_its_head_count_says);
async fn an_account_is_of_the_size_that_its_head_count_says(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines", "employees": "51-200" })).await;
    let first = size(&test, &engines).await;
    assert_eq!(first["value"], "MID_MARKET");
    let because =
        json!({ "field": "employees", "value": "51-200", "headCount": 125, "bandsVersion": 1, "claim": null });
    assert_eq!(first["because"], because);
    assert_eq!(employs(&test, &engines, json!("1,000+")).await, "MID_MARKET", "not by the margin");
    assert_eq!(size(&test, &engines).await, first, "still what made it so");
    assert_eq!(employs(&test, &engines, json!("10k")).await, "ENTERPRISE");
    assert_eq!(employs(&test, &engines, json!("950")).await, "ENTERPRISE", "it wavers");
    assert_eq!(employs(&test, &engines, json!("about 30 people")).await, "SMB");
    assert_eq!(employs(&test, &engines, json!(null)).await, json!(null));
    let told = test.published::<AccountSegmentChanged>().await;
    let moves: Vec<_> = told.iter().map(|event| (event.previous, event.current)).collect();
    let [smb, middle, large] = [SizeSegment::Smb, SizeSegment::MidMarket, SizeSegment::Enterprise].map(Some);
    assert_eq!(moves, [(None, middle), (middle, large), (large, smb), (smb, None)]);
}

/// What a run of enrichment found of the company of a lead.
pub async fn claims(test: &ServiceTest, lead: LeadId, employees: &str, confidence: f64) -> EnrichmentRunId {
    claims_of(test, "directory", lead, employees, confidence).await
}

async fn claims_of(
    test: &ServiceTest,
    provider: &str,
    lead: LeadId,
    employees: &str,
    confidence: f64,
) -> EnrichmentRunId {
    let (run, observed_at) = (test.clock.id(), test.clock.now());
    let (field, value, provider) = ("employees".into(), employees.into(), provider.into());
    let fields = vec![Claim { field, value, provider, confidence, observed_at }];
    test.deliver(&LeadEnriched { lead, run, lead_version: 1, status: RunStatus::Complete, fields }).await;
    run
}

on_both_engines!(SERVICE, a_claim_sizes_an_account_that_says_nothing_itself);
async fn a_claim_sizes_an_account_that_says_nothing_itself(test: ServiceTest) {
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    let lead = capture(&test, json!({ "email": "ada@engines.example" })).await["lead"]["id"].take();
    let lead: LeadId = lead.as_str().unwrap().parse().unwrap();
    assert_eq!(size(&test, &engines).await, json!(null));
    let run = claims(&test, lead, "201-500", 0.8).await;
    let sized = size(&test, &engines).await;
    assert_eq!(sized["value"], "MID_MARKET");
    assert_eq!(sized["because"]["claim"], json!({ "provider": "directory", "confidence": 0.8, "runId": run }));
    claims(&test, lead, "5000", 0.5).await;
    assert_eq!(size(&test, &engines).await, sized, "less sure than what is known");
    claims_of(&test, "account_base", lead, "5000", 1.0).await;
    assert_eq!(size(&test, &engines).await, sized, "what repeats the account itself");
    claims(&test, lead, "5000", 0.9).await;
    assert_eq!(size(&test, &engines).await["value"], "ENTERPRISE");
    let told = test.published::<AccountSegmentChanged>().await;
    let claim = told[0].because.as_ref().and_then(|because| because.claim.as_ref()).unwrap();
    assert_eq!((told.len(), claim.run, claim.provider.as_str()), (2, run, "directory"));

    assert_eq!(employs(&test, &engines, json!("12")).await, "SMB", "its own word comes first");
    assert_eq!(size(&test, &engines).await["because"]["claim"], json!(null));
    claims(&test, lead, "5000", 1.0).await;
    assert_eq!(size(&test, &engines).await["value"], "SMB");
    assert_eq!(employs(&test, &engines, json!(null)).await, "ENTERPRISE", "without it, the claim speaks again");
}

on_both_engines!(SERVICE, what_a_visitor_says_sizes_no_account);
async fn what_a_visitor_says_sizes_no_account(test: ServiceTest) {
    const LEADS: &str = "{ leads { edges { node { id account { name } } } } }";
    let engines = account(&test, json!({ "name": "Engines", "domain": "engines.example" })).await;
    let (_, path) = form(&test, json!({})).await;
    let given = json!({ "email": "eve@engines.example", "consent": "yes" });
    assert!(post_json(&test, &path, given, &[]).await.status.is_success());
    test.settle().await;
    let mut found = test.graphql(LEADS, json!({})).await["leads"]["edges"][0]["node"].take();
    assert_eq!(found["account"]["name"], "Engines");
    let visitors: LeadId = found["id"].take().as_str().unwrap().parse().unwrap();
    claims_of(&test, "form", visitors, "10001+", 0.6).await;
    assert_eq!(size(&test, &engines).await, json!(null));
    claims_of(&test, "directory", visitors, "201-500", 0.5).await;
    assert_eq!(size(&test, &engines).await["value"], "MID_MARKET", "a provider of its own knowledge is believed");
    let ours = capture(&test, json!({ "email": "ada@engines.example" })).await["lead"]["id"].take();
    claims_of(&test, "form", ours.as_str().unwrap().parse().unwrap(), "10001+", 0.6).await;
    assert_eq!(size(&test, &engines).await["value"], "ENTERPRISE", "and so is who may write");
}

on_both_engines!(SERVICE, new_bands_look_at_every_account_again);
async fn new_bands_look_at_every_account_again(test: ServiceTest) {
    const IMPORT: &str =
        "mutation($input: ImportRowsInput!) { importAccounts(input: $input) { errors { code } rejected { message } } }";
    const SIZES: &str = "{ segmentBands { version midMarketFrom ready } accounts(first: 200) { edges { node { country sizeSegment { value because { bandsVersion } } } } } }";
    let rows: Vec<_> = (1..=1_100)
        .map(|row| json!({ "row": row, "cells": [format!("Company {row}"), "150", if row % 2 == 0 { "DE" } else { "FR" }] }))
        .collect();
    let input = json!({ "headers": ["Name", "Employees", "Country"], "rows": rows });
    let imported = test.graphql(IMPORT, json!({ "input": input })).await;
    assert_eq!(imported["importAccounts"], json!({ "errors": [], "rejected": [] }));
    let told = async || test.published::<AccountSegmentChanged>().await.len();
    assert_eq!(told().await, 1_100);

    let region = json!({ "countries": ["de"], "midMarketFrom": 50, "enterpriseFrom": 150 });
    let bands =
        json!({ "version": 1, "midMarketFrom": 149, "enterpriseFrom": 500, "marginPercent": 20, "regions": [region] });
    let set = set_bands(&test, bands.clone()).await;
    assert_eq!(set, json!({ "segmentBands": { "version": 2, "ready": false }, "errors": [] }));
    test.settle().await;
    let sizes = test.graphql(SIZES, json!({})).await;
    assert_eq!(sizes["segmentBands"], json!({ "version": 2, "midMarketFrom": 149, "ready": true }));
    for edge in sizes["accounts"]["edges"].as_array().unwrap() {
        let (value, version) = if edge["node"]["country"] == "DE" { ("ENTERPRISE", 2) } else { ("MID_MARKET", 1) };
        let size = json!({ "value": value, "because": { "bandsVersion": version } });
        assert_eq!(edge["node"]["sizeSegment"], size, "only who moves has a new cause");
    }
    assert_eq!(told().await, 1_100 + 550);

    assert_eq!(
        set_bands(&test, bands).await["errors"],
        json!([{ "code": "CONFLICT", "field": null }]),
        "another read version 1"
    );
    let falling = json!({ "midMarketFrom": 500, "enterpriseFrom": 500, "marginPercent": 20 });
    assert_eq!(
        set_bands(&test, falling).await["errors"],
        json!([{ "code": "INVALID_INPUT", "field": "enterpriseFrom" }])
    );
    assert_eq!(test.published::<SegmentBandsChanged>().await.len(), 1);
    let first = test.graphql("{ segmentBands(version: 1) { midMarketFrom } }", json!({})).await;
    assert_eq!(first["segmentBands"], json!({ "midMarketFrom": 100 }), "what held before anybody set any");
}

on_both_engines!(SERVICE, bands_are_set_by_administrators_and_sizes_hidden_with_the_head_count);
async fn bands_are_set_by_administrators_and_sizes_hidden_with_the_head_count(test: ServiceTest) {
    const SET: &str = "mutation { updateSegmentBands(input: { midMarketFrom: 5, enterpriseFrom: 50, marginPercent: 0 }) { errors { code } } }";
    let engines = account(&test, json!({ "name": "Engines", "employees": "500" })).await;
    let mut grants = BuiltInRole::Admin.grants();
    grants.fields.push(FieldRule { object: Object::Account, field: "employees".into(), hidden: true });
    let mut user = test.user_with(grants);
    let shown = test.graphql_as(&user, SIZE, json!({ "id": engines })).await;
    assert_eq!(shown["data"]["account"], json!({ "sizeSegment": null }));

    // From whom the head count of leads is hidden, a claim about one of them is too.
    let looms = account(&test, json!({ "name": "Looms", "domain": "looms.example" })).await;
    let lead = capture(&test, json!({ "email": "ada@looms.example" })).await["lead"]["id"].take();
    claims(&test, lead.as_str().unwrap().parse().unwrap(), "5000", 0.9).await;
    assert_eq!(size(&test, &looms).await["value"], "ENTERPRISE");
    let mut of_leads = BuiltInRole::Admin.grants();
    of_leads.fields.push(FieldRule { object: Object::Lead, field: "employees".into(), hidden: true });
    let of_leads = test.user_with(of_leads);
    let shown = test.graphql_as(&of_leads, SIZE, json!({ "id": looms })).await;
    assert_eq!(shown["data"]["account"], json!({ "sizeSegment": null }));
    let shown = test.graphql_as(&of_leads, SIZE, json!({ "id": engines })).await;
    assert_eq!(shown["data"]["account"]["sizeSegment"]["because"]["value"], "500", "what the account says itself");
    // Nor is what a lead is said to be told to who may not read each.
    let grant =
        |object| Grant { object, scope: Scope::All, actions: [Action::Read].into_iter().collect(), only: Vec::new() };
    let mine = Grant { scope: Scope::Own, ..grant(Object::Lead) };
    let some = test.user_with(Grants { grants: vec![grant(Object::Account), mine], fields: Vec::new() });
    let shown = test.graphql_as(&some, SIZE, json!({ "id": looms })).await;
    let sized = &shown["data"]["account"]["sizeSegment"];
    assert_eq!((&sized["value"], &sized["because"]), (&json!("ENTERPRISE"), &json!(null)));
    let shown = test.graphql_as(&some, SIZE, json!({ "id": engines })).await;
    assert_eq!(shown["data"]["account"]["sizeSegment"]["because"]["value"], "500");
    user.permissions.retain(|permission| *permission != kernel::Permission::Admin);
    let refused = test.graphql_as(&user, SET, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
}
