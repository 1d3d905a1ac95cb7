use std::collections::HashMap;

use events::lead::{AccountCreated, LeadCaptured, LeadUpdated};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

const LEADS: &str = include_str!("../../../../seed/leads-hubspot.csv");
const ACCOUNTS: &str = include_str!("../../../../seed/accounts-sp500.csv");

fn read(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    (headers, rows)
}

/// Sends a whole file in stretches and counts what the rows became.
async fn import(
    test: &ServiceTest,
    mutation: &str,
    headers: &[String],
    rows: &[Vec<String>],
    dry_run: bool,
) -> HashMap<String, usize> {
    let query = format!(
        "mutation($input: ImportRowsInput!) {{ {mutation}(input: $input) {{ outcomes {{ outcome }} rejected {{ row code }} errors {{ code }} }} }}"
    );
    let mut counts = HashMap::new();
    for (stretch, chunk) in rows.chunks(250).enumerate() {
        let rows: Vec<Value> = chunk
            .iter()
            .enumerate()
            .map(|(i, cells)| json!({ "row": stretch * 250 + i + 1, "cells": cells }))
            .collect();
        let input = json!({ "headers": headers, "rows": rows, "dryRun": dry_run });
        let payload = test.graphql(&query, json!({ "input": input })).await[mutation].take();
        assert_eq!(payload["errors"], json!([]));
        for row in payload["outcomes"].as_array().unwrap() {
            *counts.entry(row["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        *counts.entry("REJECTED".to_owned()).or_default() += payload["rejected"].as_array().unwrap().len();
    }
    counts
}

fn counts(pairs: &[(&str, usize)]) -> HashMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

on_both_engines!(SERVICE, the_sample_export_gives_887_leads_and_again_nothing);
async fn the_sample_export_gives_887_leads_and_again_nothing(test: ServiceTest) {
    let (headers, rows) = read(LEADS);
    let first = import(&test, "importLeads", &headers, &rows, false).await;
    assert_eq!(first, counts(&[("CREATED", 887), ("DUPLICATE", 90), ("REJECTED", 23)]));
    let again = import(&test, "importLeads", &headers, &rows, false).await;
    assert_eq!(again, counts(&[("DUPLICATE", 977), ("REJECTED", 23)]));
    assert_eq!(test.published::<LeadCaptured>().await.len(), 887);
    assert_eq!(test.published::<LeadUpdated>().await.len(), 0);
}

fn cells(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect()
}

on_both_engines!(SERVICE, a_record_under_two_addresses_is_one_lead);
async fn a_record_under_two_addresses_is_one_lead(test: ServiceTest) {
    let headers = ["Record ID", "Email", "First Name", "Last Name"].map(str::to_owned);
    let rows = cells(&[&["1", "ada@engines.example", "Ada", "L"], &["1", "ada@home.example", "Ada", "L"]]);
    let first = import(&test, "importLeads", &headers, &rows, false).await;
    assert_eq!(first, counts(&[("CREATED", 1), ("DUPLICATE", 1), ("REJECTED", 0)]));
    let again = import(&test, "importLeads", &headers, &rows, false).await;
    assert_eq!(again, counts(&[("DUPLICATE", 2), ("REJECTED", 0)]));
}

on_both_engines!(SERVICE, a_row_cannot_take_the_domain_of_another_account);
async fn a_row_cannot_take_the_domain_of_another_account(test: ServiceTest) {
    let headers = ["Record ID", "Company name", "Company Domain Name"].map(str::to_owned);
    let before = cells(&[&["1", "Engines", "engines.example"], &["2", "Looms", "looms.example"]]);
    import(&test, "importAccounts", &headers, &before, false).await;
    let after = cells(&[&["1", "Engines and More", "looms.example"]]);
    let updated = import(&test, "importAccounts", &headers, &after, false).await;
    assert_eq!(updated, counts(&[("UPDATED", 1), ("REJECTED", 0)]));
    let found = test.graphql("{ accounts { edges { node { name domain } } } }", json!({})).await;
    let mut nodes: Vec<String> =
        found["accounts"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["domain"].to_string()).collect();
    nodes.sort();
    assert_eq!(nodes, ["\"engines.example\"", "\"looms.example\""]);
}

on_both_engines!(SERVICE, accounts_and_leads_find_each_other_in_either_order);
async fn accounts_and_leads_find_each_other_in_either_order(test: ServiceTest) {
    let (headers, rows) = read(LEADS);
    import(&test, "importLeads", &headers, &rows[..300], false).await;
    let (account_headers, account_rows) = read(ACCOUNTS);
    let accounts = import(&test, "importAccounts", &account_headers, &account_rows, false).await;
    assert_eq!(
        accounts,
        counts(&[("CREATED", 500), ("DUPLICATE", 3), ("REJECTED", 0)]),
        "three companies have two share classes"
    );
    import(&test, "importLeads", &headers, &rows[300..], false).await;
    let again = import(&test, "importAccounts", &account_headers, &account_rows, false).await;
    assert_eq!(again, counts(&[("DUPLICATE", 503), ("REJECTED", 0)]));
    assert_eq!(test.published::<AccountCreated>().await.len(), 500);
    let mut with_account = 0;
    let mut after = json!(null);
    loop {
        let query = "query($after: String) { leads(first: 200, after: $after) { edges { node { company account { name } } } pageInfo { hasNextPage endCursor } } }";
        let page = test.graphql(query, json!({ "after": after })).await["leads"].take();
        with_account +=
            page["edges"].as_array().unwrap().iter().filter(|edge| !edge["node"]["account"].is_null()).count();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert!(with_account > 800, "{with_account} of 887 leads found their account");
}

on_both_engines!(SERVICE, a_dry_run_writes_nothing);
async fn a_dry_run_writes_nothing(test: ServiceTest) {
    let (headers, rows) = read(LEADS);
    let dry = import(&test, "importLeads", &headers, &rows[..250], true).await;
    assert!(dry["CREATED"] > 200);
    assert_eq!(test.published::<LeadCaptured>().await.len(), 0);
    let found = test.graphql("{ leads { totalCount } }", json!({})).await;
    assert_eq!(found["leads"]["totalCount"], json!(0));
}

on_both_engines!(SERVICE, a_newer_export_of_the_same_record_updates_it_and_an_edit_by_hand_survives_the_old_one);
async fn a_newer_export_of_the_same_record_updates_it_and_an_edit_by_hand_survives_the_old_one(test: ServiceTest) {
    let headers: Vec<String> = ["Record ID", "Email", "Job Title"].map(str::to_owned).to_vec();
    let row = |title: &str| vec![["7", "ada@engines.example", title].map(str::to_owned).to_vec()];
    let title = async || {
        test.graphql("{ leads { edges { node { title } } } }", json!({})).await["leads"]["edges"][0]["node"]["title"]
            .clone()
    };
    import(&test, "importLeads", &headers, &row("CTO"), false).await;
    let newer = import(&test, "importLeads", &headers, &row("CEO"), false).await;
    assert_eq!((newer.get("UPDATED"), title().await), (Some(&1), json!("CEO")));
    let id =
        test.graphql("{ leads { edges { node { id } } } }", json!({})).await["leads"]["edges"][0]["node"]["id"].clone();
    let edit = "mutation($id: ID!) { updateLead(input: { id: $id, title: \"Founder\" }) { errors { code } } }";
    test.graphql(edit, json!({ "id": id })).await;
    let same = import(&test, "importLeads", &headers, &row("CEO"), false).await;
    assert_eq!((same.get("DUPLICATE"), title().await), (Some(&1), json!("Founder")));
}

#[tokio::test]
async fn a_file_without_an_email_column_is_refused_as_a_whole() {
    let test = ServiceTest::sqlite(SERVICE).await;
    let query =
        "mutation($input: ImportRowsInput!) { importLeads(input: $input) { outcomes { row } errors { code field } } }";
    let answer = test
        .graphql(query, json!({ "input": { "headers": ["First Name"], "rows": [{ "row": 1, "cells": ["Ada"] }] } }))
        .await;
    assert_eq!(
        answer["importLeads"],
        json!({ "outcomes": [], "errors": [{ "code": "UNKNOWN_COLUMN", "field": "email" }] })
    );
}
