use std::collections::BTreeSet;

use events::lead::{SegmentChanged, SegmentEntered, SegmentExited};
use kernel::LeadId;
use pipewright_lead::SERVICE;
use platform::execute;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

const CREATE: &str = "mutation($input: CreateSegmentInput!) {
    createSegment(input: $input) { segment { id name version definition ready count } errors { code field message } } }";
const UPDATE: &str = "mutation($input: UpdateSegmentInput!) {
    updateSegment(input: $input) { segment { name version definition ready count } errors { code field message } } }";
const UPDATE_LEAD: &str =
    "mutation($input: UpdateLeadInput!) { updateLead(input: $input) { lead { id } errors { code message } } }";
const PREVIEW: &str = "query($definition: String!) {
    segmentPreview(definition: $definition, first: 200) { totalCount edges { node { email } } } }";

async fn create(test: &ServiceTest, input: Value) -> Value {
    test.graphql(CREATE, json!({ "input": input })).await["createSegment"].take()
}

/// The id of a new segment.
async fn segment(test: &ServiceTest, name: &str, definition: &str) -> Value {
    let made = create(test, json!({ "name": name, "definition": definition })).await;
    assert_eq!(made["errors"], json!([]), "{definition}");
    made["segment"]["id"].clone()
}

async fn update_lead(test: &ServiceTest, input: Value) {
    let updated = test.graphql(UPDATE_LEAD, json!({ "input": input })).await;
    assert_eq!(updated["updateLead"]["errors"], json!([]));
}

async fn convert(test: &ServiceTest, id: &Value) {
    let convert = "mutation($id: ID!) { convertLead(input: { id: $id }) { errors { code message } } }";
    assert_eq!(test.graphql(convert, json!({ "id": id })).await["convertLead"]["errors"], json!([]));
}

/// The addresses of a page whose count agrees with it.
fn emails(list: &Value) -> BTreeSet<String> {
    let edges = list["edges"].as_array().unwrap();
    let emails: BTreeSet<_> = edges.iter().map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["totalCount"], json!(emails.len()));
    emails
}

/// Who is in a segment.
async fn within(test: &ServiceTest, segment: &Value) -> BTreeSet<String> {
    const READ: &str = "query($id: ID!) {
        segment(id: $id) { ready count leads(first: 200) { totalCount edges { node { email } } } } }";
    let read = test.graphql(READ, json!({ "id": segment })).await["segment"].take();
    let emails = emails(&read["leads"]);
    assert_eq!((&read["ready"], &read["count"]), (&json!(true), &json!(emails.len())));
    emails
}

async fn previewed(test: &ServiceTest, definition: &str) -> BTreeSet<String> {
    emails(&test.graphql(PREVIEW, json!({ "definition": definition })).await["segmentPreview"])
}

fn set<const N: usize>(emails: [&str; N]) -> BTreeSet<String> {
    emails.map(str::to_owned).into()
}

on_both_engines!(SERVICE, a_wrong_definition_says_where_and_saves_nothing);
async fn a_wrong_definition_says_where_and_saves_nothing(test: ServiceTest) {
    for (definition, said) in [
        ("country = \"DE\"\n  and titel contains \"x\"", "line 2, column 7: "),
        ("country = ", "line 1, column 1"),
        ("status = \"lost\"", "line 1, column 10: "),
        ("created_at > ago(3 days)", "time that passes"),
    ] {
        let refused = create(&test, json!({ "name": "Wrong", "definition": definition })).await;
        assert_eq!(refused["segment"], json!(null));
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("INVALID_INPUT"), &json!("definition")));
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
        let preview = test.try_graphql(PREVIEW, json!({ "definition": definition })).await;
        assert_eq!(preview["errors"][0]["message"], error["message"]);
        assert_eq!(preview["errors"][0]["extensions"]["field"], "definition");
    }
    let segments = test.graphql("{ segments { edges { node { id } } } }", json!({})).await;
    assert_eq!(segments["segments"]["edges"], json!([]));
    assert_eq!(test.published::<SegmentChanged>().await.len(), 0);
}

on_both_engines!(SERVICE, a_segment_is_made_renamed_and_deleted);
async fn a_segment_is_made_renamed_and_deleted(test: ServiceTest) {
    capture(&test, json!({ "email": "ada@a.example", "country": "DE" })).await;
    let input = json!({ "name": "Germany", "definition": "country=\"DE\"", "idempotencyKey": "k" });
    let made = create(&test, input.clone()).await;
    let expected = json!({ "id": made["segment"]["id"], "name": "Germany", "version": 1,
        "definition": "country = \"DE\"", "ready": true, "count": 1 });
    assert_eq!(made, json!({ "segment": expected, "errors": [] }));
    assert_eq!(create(&test, input).await["segment"]["id"], made["segment"]["id"], "the same key finds it");
    let taken = create(&test, json!({ "name": "Germany", "definition": "country = \"AT\"" })).await;
    assert_eq!(taken["errors"][0]["code"], "ALREADY_EXISTS");

    let id = &made["segment"]["id"];
    let update = async |input: Value| test.graphql(UPDATE, json!({ "input": input })).await["updateSegment"].take();
    let renamed = update(json!({ "id": id, "name": "D" })).await;
    assert_eq!((&renamed["segment"]["version"], &renamed["segment"]["count"]), (&json!(2), &json!(1)));
    let stale = update(json!({ "id": id, "name": "E", "version": 1 })).await;
    assert_eq!(stale["errors"][0]["code"], "CONFLICT");
    let same = update(json!({ "id": id, "definition": "country  =  'DE'" })).await;
    assert_eq!(same["segment"]["version"], 2, "written otherwise, it is the same");
    segment(&test, "F", "country = \"FR\"").await;
    assert_eq!(update(json!({ "id": id, "name": "F" })).await["errors"][0]["code"], "ALREADY_EXISTS");

    let delete = "mutation($id: ID!) { deleteSegment(input: { id: $id }) { deletedId errors { code field } } }";
    let deleted = test.graphql(delete, json!({ "id": id })).await;
    assert_eq!(deleted["deleteSegment"], json!({ "deletedId": id, "errors": [] }));
    let again = test.graphql(delete, json!({ "id": id })).await;
    assert_eq!(again["deleteSegment"]["errors"], json!([{ "code": "NOT_FOUND", "field": "id" }]));
    update_lead(
        &test,
        json!({ "id": capture(&test, json!({ "email": "ada@a.example" })).await["lead"]["id"], "country": "AT" }),
    )
    .await;
    let told = test.published::<SegmentChanged>().await;
    let states: Vec<_> = told.iter().map(|told| (told.previous.is_some(), told.current.is_some())).collect();
    assert_eq!(states, [(false, true), (true, true), (false, true), (true, false)]);
    assert_eq!(test.published::<SegmentExited>().await.len(), 0);
}

on_both_engines!(SERVICE, who_is_in_a_segment_follows_whatever_happens_to_a_lead);
async fn who_is_in_a_segment_follows_whatever_happens_to_a_lead(test: ServiceTest) {
    const IMPORT: &str = "mutation($rows: [ImportRowInput!]!) { importLeads(input: {
        headers: [\"Record ID\", \"Email\", \"Job Title\"], rows: $rows }) { outcomes { outcome } errors { code } } }";
    let chiefs = segment(&test, "Chiefs", "title starts with \"chief\"").await;
    let owned = segment(&test, "Owned", "owner is known").await;
    let done = segment(&test, "Done", "status = \"converted\" and account is known").await;
    let matched = segment(&test, "Matched", "account is known").await;
    // Captured, and captured again with what was blank.
    let ada = capture(&test, json!({ "email": "ada@a.example", "title": "CHIEF engineer" })).await;
    capture(&test, json!({ "email": "ben@b.example" })).await;
    assert_eq!(within(&test, &chiefs).await, set(["ada@a.example"]));
    capture(&test, json!({ "email": "ben@b.example", "title": "Chief cook" })).await;
    assert_eq!(within(&test, &chiefs).await, set(["ada@a.example", "ben@b.example"]));
    // Updated.
    let id = &ada["lead"]["id"];
    update_lead(&test, json!({ "id": id, "title": "Countess" })).await;
    assert_eq!(within(&test, &chiefs).await, set(["ben@b.example"]));
    // Imported, and imported with another content.
    let import = async |title: &str| {
        let rows = json!([{ "row": 1, "cells": ["1", "eve@e.example", title] }]);
        assert_eq!(test.graphql(IMPORT, json!({ "rows": rows })).await["importLeads"]["errors"], json!([]));
    };
    import("Chief").await;
    assert_eq!(within(&test, &chiefs).await, set(["ben@b.example", "eve@e.example"]));
    import("Intern").await;
    assert_eq!(within(&test, &chiefs).await, set(["ben@b.example"]));
    // Routed.
    let lead: LeadId = id.as_str().unwrap().parse().unwrap();
    test.route(lead, &test.user(kernel::BuiltInRole::Bdr)).await;
    assert_eq!(within(&test, &owned).await, set(["ada@a.example"]));
    // Linked by a new account, and converted.
    let account = "mutation { createAccount(input: { name: \"B\", domain: \"b.example\" }) { errors { code } } }";
    test.graphql(account, json!({})).await;
    assert_eq!(within(&test, &matched).await, set(["ben@b.example"]));
    convert(&test, id).await;
    assert_eq!(within(&test, &done).await, set(["ada@a.example"]));
    assert_eq!(within(&test, &matched).await, set(["ada@a.example", "ben@b.example"]));
}

on_both_engines!(SERVICE, entering_and_leaving_are_told_once);
async fn entering_and_leaving_are_told_once(test: ServiceTest) {
    let old = capture(&test, json!({ "email": "old@a.example", "country": "DE" })).await["lead"]["id"].clone();
    let germany = segment(&test, "Germany", "country = \"DE\"").await;
    let new = capture(&test, json!({ "email": "new@a.example", "country": "de" })).await["lead"]["id"].clone();
    capture(&test, json!({ "email": "new@a.example", "title": "CTO" })).await;
    update_lead(&test, json!({ "id": old, "country": "AT" })).await;
    update_lead(&test, json!({ "id": old, "title": "CTO" })).await;
    let input = json!({ "id": germany, "definition": "country in (\"DE\", \"AT\")" });
    assert_eq!(test.graphql(UPDATE, json!({ "input": input })).await["updateSegment"]["segment"]["count"], 2);
    test.settle().await;

    let entered = test.published::<SegmentEntered>().await;
    let entered: Vec<_> = entered.iter().map(|told| (json!(told.segment), told.version, json!(told.lead))).collect();
    assert_eq!(
        entered,
        [(germany.clone(), 1, old.clone()), (germany.clone(), 1, new), (germany.clone(), 2, old.clone())]
    );
    let exited = test.published::<SegmentExited>().await;
    let exited: Vec<_> = exited.iter().map(|told| (json!(told.segment), told.version, json!(told.lead))).collect();
    assert_eq!(exited, [(germany, 1, old)]);
}

on_both_engines!(SERVICE, a_definition_meets_a_page_of_leads_at_once_and_the_rest_by_and_by);
async fn a_definition_meets_a_page_of_leads_at_once_and_the_rest_by_and_by(test: ServiceTest) {
    const IMPORT: &str = "mutation($rows: [ImportRowInput!]!) {
        importLeads(input: { headers: [\"Email\", \"Country\"], rows: $rows }) { errors { code } } }";
    let country = |row: usize| if row.is_multiple_of(2) { "DE" } else { "FR" };
    let rows: Vec<_> =
        (1..=1_200).map(|row| json!({ "row": row, "cells": [format!("p{row}@a.example"), country(row)] })).collect();
    test.graphql(IMPORT, json!({ "rows": rows })).await;
    let made = create(&test, json!({ "name": "S", "definition": "country = \"DE\"" })).await["segment"].take();
    assert_eq!(made["ready"], false, "it says that there is more to come");
    test.settle().await;
    let read = "query($id: ID!) { segment(id: $id) { ready count } }";
    let filled = json!({ "segment": { "ready": true, "count": 600 } });
    assert_eq!(test.graphql(read, json!({ "id": made["id"] })).await, filled);
    let input = json!({ "id": made["id"], "definition": "country = \"FR\"" });
    assert_eq!(test.graphql(UPDATE, json!({ "input": input })).await["updateSegment"]["segment"]["ready"], false);
    test.settle().await;
    assert_eq!(test.graphql(read, json!({ "id": made["id"] })).await, filled);
    assert_eq!(test.published::<SegmentEntered>().await.len(), 1_200);
    assert_eq!(test.published::<SegmentExited>().await.len(), 600);
}

/// A small generator, so that what failed fails again.
struct Dice(u64);

impl Dice {
    fn roll<'a, T: ?Sized>(&mut self, sides: &[&'a T]) -> &'a T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sides[(self.0 >> 33) as usize % sides.len()]
    }
}

const DEFINITIONS: [&str; 9] = [
    "country = \"strasse\"",
    "country != \"DE\" and title is known",
    "not (title contains \"chief\" or country in (\"DE\", \"FR\"))",
    "status in (\"working\", \"qualified\")",
    "employees = \"11-50\" or company starts with \"É\"",
    "title ends with \"100%\" and status != \"new\"",
    "company is unknown",
    "owner is known and not status = \"converted\"",
    "email ends with \"1@a.example\" and created_at >= \"2020-01-01\"",
];

on_both_engines!(SERVICE, who_came_in_by_and_by_is_who_would_come_in_at_once);
async fn who_came_in_by_and_by_is_who_would_come_in_at_once(test: ServiceTest) {
    let mut segments = Vec::new();
    for (nth, definition) in DEFINITIONS.iter().enumerate() {
        segments.push(segment(&test, &format!("S{nth}"), definition).await);
    }
    let mut dice = Dice(7);
    let mut leads = Vec::new();
    for round in 0..90 {
        let mut input = json!({
            "country": dice.roll(&["DE", "FR", "Straße", "STRASSE", "gb"]),
            "title": dice.roll(&["Chief Engineer", "cto", "CHIEF", "100%", "Intern"]),
            "company": dice.roll(&["Éclair", "eclair", "ÉCOLE", "Looms"]),
            "employees": dice.roll(&["11-50", "200", "5"]),
        });
        for field in ["country", "title", "company", "employees"] {
            if *dice.roll(&[&true, &false]) {
                input.as_object_mut().unwrap().remove(field);
            }
        }
        if round < 40 {
            input["email"] = json!(format!("p{round}@a.example"));
            leads.push(capture(&test, input).await["lead"]["id"].clone());
        } else {
            let of: Vec<_> = leads.iter().collect();
            input["id"] = dice.roll(&of).clone();
            input["status"] = json!(dice.roll(&["NEW", "WORKING", "QUALIFIED", "DISQUALIFIED"]));
            let routed = input["id"].as_str().unwrap().parse().unwrap();
            update_lead(&test, input).await;
            if *dice.roll(&[&true, &false]) {
                test.route(routed, &test.user(kernel::BuiltInRole::Bdr)).await;
            }
        }
    }
    for lead in leads.iter().step_by(4) {
        convert(&test, lead).await;
    }
    for (nth, definition) in DEFINITIONS.iter().enumerate() {
        let followed = within(&test, &segments[nth]).await;
        assert!(!followed.is_empty() && followed.len() < leads.len(), "{definition} tells nobody apart");
        assert_eq!(followed, previewed(&test, definition).await, "{definition}: as the database finds");
        let anew = segment(&test, &format!("Anew {nth}"), definition).await;
        assert_eq!(followed, within(&test, &anew).await, "{definition}: as a segment made now");
    }
    let (entered, exited) = (test.published::<SegmentEntered>().await, test.published::<SegmentExited>().await);
    for segment in &segments {
        let told = entered.iter().filter(|told| json!(told.segment) == *segment).count();
        let gone = exited.iter().filter(|told| json!(told.segment) == *segment).count();
        assert_eq!(told - gone, within(&test, segment).await.len(), "each coming and going was told once");
    }
}

on_both_engines!(SERVICE, a_segment_made_amid_captures_misses_nobody);
async fn a_segment_made_amid_captures_misses_nobody(test: ServiceTest) {
    let captures =
        futures::future::join_all((0..30).map(async |number| {
            capture(&test, json!({ "email": format!("p{number}@a.example"), "country": "DE" })).await
        }));
    let (_, germany) = futures::join!(captures, segment(&test, "Germany", "country = \"DE\""));
    assert_eq!(within(&test, &germany).await.len(), 30);
    assert_eq!(test.published::<SegmentEntered>().await.len(), 30);
}

on_both_engines!(SERVICE, a_lead_that_is_routed_while_it_changes_is_where_both_lead);
async fn a_lead_that_is_routed_while_it_changes_is_where_both_lead(test: ServiceTest) {
    let owned = segment(&test, "Owned chiefs", "owner is known and title = \"chief\"").await;
    let rep = test.user(kernel::BuiltInRole::Bdr);
    for number in 0..10 {
        let lead = capture(&test, json!({ "email": format!("p{number}@a.example") })).await["lead"]["id"].clone();
        let id = lead.as_str().unwrap().parse().unwrap();
        let chief = json!({ "id": lead, "title": "Chief" });
        futures::join!(update_lead(&test, chief), test.route(id, &rep));
    }
    assert_eq!(within(&test, &owned).await.len(), 10);
    assert_eq!(test.published::<SegmentEntered>().await.len(), 10);
}

on_both_engines!(SERVICE, a_lead_costs_the_same_statements_however_many_segments_there_are);
async fn a_lead_costs_the_same_statements_however_many_segments_there_are(test: ServiceTest) {
    let one = json!({ "email": "one@a.example", "country": "DE" });
    let many = json!({ "email": "many@a.example", "country": "DE" });
    segment(&test, "S", "country = \"DE\"").await;
    let (few, _) = test.statements(capture(&test, one)).await;
    for number in 1..50 {
        segment(&test, &format!("S{number}"), &format!("country = \"DE\" and not title = \"{number}\"")).await;
    }
    let (more, _) = test.statements(capture(&test, many)).await;
    assert_eq!(few, more);
    let listed =
        "{ segments(first: 30) { edges { node { count leads(first: 1) { totalCount edges { node { email } } } } } } }";
    let (cost, data) = test.statements(test.graphql(listed, json!({}))).await;
    let newest = json!({ "totalCount": 2, "edges": [{ "node": { "email": "many@a.example" } }] });
    assert_eq!(data["segments"]["edges"][29]["node"], json!({ "count": 2, "leads": newest }));
    assert!(cost <= 4, "the segments, their leads, and the counts of each: {cost}");
}

on_both_engines!(SERVICE, a_workspace_has_a_bounded_number_of_segments);
async fn a_workspace_has_a_bounded_number_of_segments(test: ServiceTest) {
    for number in 0..200 {
        segment(&test, &format!("S{number}"), "title is known").await;
    }
    let refused = create(&test, json!({ "name": "More", "definition": "title is known" })).await;
    assert_eq!(refused["errors"][0]["code"], "CONFLICT");
}

on_both_engines!(SERVICE, leads_from_before_there_were_filters_are_found_once_the_job_has_seen_them);
async fn leads_from_before_there_were_filters_are_found_once_the_job_has_seen_them(test: ServiceTest) {
    capture(&test, json!({ "email": "ada@a.example", "country": "DE" })).await;
    let db = &test.service.context.db;
    let mut tx = db.of(test.actor.workspace).begin().await.unwrap();
    execute!(tx, sqlx::query("update lead set filter_keys = '{}', filter_stale = true")).unwrap();
    tx.commit().await.unwrap();
    assert_eq!(previewed(&test, "country = \"DE\"").await, set([]));
    let germany = segment(&test, "Germany", "country = \"DE\"").await;
    assert_eq!(within(&test, &germany).await, set(["ada@a.example"]), "who is in one does not wait for it");
    test.settle().await;
    assert_eq!(previewed(&test, "country = \"DE\"").await, set(["ada@a.example"]));
}

on_both_engines!(SERVICE, the_pages_of_a_segment_follow_one_another_without_gap_or_repeat);
async fn the_pages_of_a_segment_follow_one_another_without_gap_or_repeat(test: ServiceTest) {
    const PAGE: &str = "query($id: ID!, $after: String) { segment(id: $id) {
        leads(first: 3, after: $after) { totalCount edges { node { email } } pageInfo { hasNextPage endCursor } } } }";
    for number in 0..8 {
        capture(&test, json!({ "email": format!("p{number}@a.example"), "country": "DE" })).await;
        capture(&test, json!({ "email": format!("f{number}@a.example"), "country": "FR" })).await;
        test.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let germany = segment(&test, "Germany", "country = \"DE\"").await;
    segment(&test, "All", "email is known").await;
    let (mut seen, mut after) = (Vec::new(), json!(null));
    for left in [true, true, false] {
        let read = test.graphql(PAGE, json!({ "id": germany, "after": after })).await["segment"]["leads"].take();
        assert_eq!((&read["totalCount"], &read["pageInfo"]["hasNextPage"]), (&json!(8), &json!(left)));
        let edges = read["edges"].as_array().unwrap();
        seen.extend(edges.iter().map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()));
        after = read["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, (0..8).rev().map(|number| format!("p{number}@a.example")).collect::<Vec<_>>());
}
