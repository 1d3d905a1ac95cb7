//! Companies and people that are one become one everywhere, and themselves again.

use anyhow::Result;
use pipewright_tests::{Deployment, Topology};
use serde_json::{Value, json};

const ACCOUNT: &str = "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }";
const CONTACT: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }";
const OPEN: &str = "mutation($input: CreateOpportunityInput!) { createOpportunity(input: $input) {
    opportunity { id } errors { code field } } }";
const FOUND: &str = "{ search(query: \"mills\") { edges { node { ... on Account { id name } } } } }";
const WHOLE: &str = "query($id: ID!) { account(id: $id) { id name domain duplicates { confidence members { ids } links { reasons { field } } }
    opportunities { edges { node { name account { id } } } } } }";

#[tokio::test]
async fn two_accounts_become_one_everywhere_and_two_again() -> Result<()> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    let account = async |input: Value| -> Result<Value> {
        Ok(platform.graphql(ACCOUNT, json!({ "input": input })).await?["createAccount"]["account"]["id"].take())
    };
    let one = account(json!({ "name": "Spinning Mills Ltd", "domain": "mills.example", "country": "GB" })).await?;
    let other = account(json!({ "name": "Spinning Mills", "country": "GB" })).await?;
    let contact = json!({ "email": "ann@mills.example", "accountId": other });
    platform.graphql(CONTACT, json!({ "input": contact })).await?;
    let opened = platform.graphql(OPEN, json!({ "input": { "name": "Looms", "accountId": other } })).await?;
    assert_eq!(opened["createOpportunity"]["errors"], json!([]));
    // What else is found, as the contact, has no name here.
    let accounts = |data: &Value| {
        let edges = data["search"]["edges"].as_array();
        edges.map_or(0, |edges| edges.iter().filter(|edge| edge["node"]["name"].is_string()).count())
    };
    let both = |data: &Value| accounts(data) == 2;
    platform.until("both found", FOUND, json!({}), both).await?;
    let seen = |data: &Value| data["account"]["duplicates"].as_array().is_some_and(|found| found.len() == 1);
    let data = platform.until("seen to be one", WHOLE, json!({ "id": one }), seen).await?;
    assert_eq!(data["account"]["duplicates"][0]["members"]["ids"].as_array().map(Vec::len), Some(2));

    let merge =
        "mutation($input: MergeAccountsInput!) { mergeAccounts(input: $input) { merge { id } errors { code } } }";
    let input = json!({ "survivorId": one, "otherIds": [other] });
    let merged = platform.graphql(merge, json!({ "input": input })).await?["mergeAccounts"].take();
    assert_eq!(merged["errors"], json!([]));
    let alone = |data: &Value| accounts(data) == 1;
    let found = platform.until("one found", FOUND, json!({}), alone).await?;
    assert!(found["search"]["edges"].to_string().contains(one.as_str().unwrap_or_default()), "{found}");
    let followed =
        |data: &Value| data["account"]["opportunities"]["edges"].as_array().is_some_and(|edges| edges.len() == 1);
    platform.until("the opportunity follows", WHOLE, json!({ "id": one }), followed).await?;
    let asked = platform.graphql(WHOLE, json!({ "id": other })).await?;
    assert_eq!((&asked["account"]["id"], &asked["account"]["domain"]), (&one, &json!("mills.example")));

    let unmerge =
        "mutation($id: ID!) { unmerge(input: { mergeId: $id }) { restored { accounts { name } } errors { code } } }";
    let undone = platform.graphql(unmerge, json!({ "id": merged["merge"]["id"] })).await?["unmerge"].take();
    assert_eq!(undone["restored"]["accounts"], json!([{ "name": "Spinning Mills" }]));
    platform.until("both found again", FOUND, json!({}), both).await?;
    let back = platform.until("the opportunity is back", WHOLE, json!({ "id": other }), followed).await?;
    assert_eq!(back["account"]["opportunities"]["edges"][0]["node"]["account"]["id"], other);
    Ok(())
}
