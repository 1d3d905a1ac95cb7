use chrono::TimeDelta;
use pipewright_pipeline::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::{account, move_to, opportunity_at, stage};

const LIST: &str = "query($first: Int, $after: String, $filter: OpportunityFilterInput) {
    opportunities(first: $first, after: $after, filter: $filter) {
        totalCount edges { node { name } } pageInfo { hasNextPage endCursor } } }";

fn names(list: &Value) -> Vec<&str> {
    list["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["name"].as_str().unwrap()).collect()
}

async fn list(test: &ServiceTest, variables: Value) -> Value {
    test.graphql(LIST, variables).await["opportunities"].take()
}

on_both_engines!(SERVICE, opportunities_page_newest_first);
async fn opportunities_page_newest_first(test: ServiceTest) {
    let account = account(&test).await;
    for name in ["one", "two", "three", "four", "five"] {
        opportunity_at(&test, account, name).await;
        test.clock.advance(TimeDelta::seconds(1));
    }
    let first = list(&test, json!({ "first": 2 })).await;
    assert_eq!(names(&first), ["five", "four"]);
    assert_eq!(first["totalCount"], 5);
    let second = list(&test, json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(names(&second), ["three", "two"]);
    let last = list(&test, json!({ "first": 2, "after": second["pageInfo"]["endCursor"] })).await;
    assert_eq!(names(&last), ["one"]);
    assert_eq!(last["pageInfo"]["hasNextPage"], false);
}

on_both_engines!(SERVICE, opportunities_of_one_moment_are_each_shown_once);
async fn opportunities_of_one_moment_are_each_shown_once(test: ServiceTest) {
    let account = account(&test).await;
    for name in ["one", "two", "three", "four", "five"] {
        opportunity_at(&test, account, name).await;
    }
    let mut seen = Vec::new();
    let mut after = json!(null);
    loop {
        let page = list(&test, json!({ "first": 2, "after": after })).await;
        seen.extend(names(&page).into_iter().map(str::to_owned));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    seen.sort();
    assert_eq!(seen, ["five", "four", "one", "three", "two"]);
}

on_both_engines!(SERVICE, a_filter_holds_for_the_page_and_for_the_count);
async fn a_filter_holds_for_the_page_and_for_the_count(test: ServiceTest) {
    let (acme, globex) = (account(&test).await, account(&test).await);
    let proposed = opportunity_at(&test, acme, "proposed").await;
    let won = opportunity_at(&test, acme, "won").await;
    opportunity_at(&test, globex, "fresh").await;
    let proposal = stage(&test, "Proposal").await;
    move_to(&test, proposed, &proposal).await;
    move_to(&test, won, &stage(&test, "Closed Won").await).await;
    for (filter, expected) in [
        (json!({ "state": "WON" }), vec!["won"]),
        (json!({ "stageId": proposal }), vec!["proposed"]),
        (json!({ "accountId": globex }), vec!["fresh"]),
        (json!({ "accountId": acme, "state": "OPEN" }), vec!["proposed"]),
        (json!({ "accountId": globex, "state": "LOST" }), vec![]),
    ] {
        let page = list(&test, json!({ "filter": filter })).await;
        assert_eq!(
            (names(&page), page["totalCount"].as_u64()),
            (expected.clone(), Some(expected.len() as u64)),
            "{filter}"
        );
    }
}

on_both_engines!(SERVICE, the_nested_fields_of_a_page_cost_one_statement_each);
async fn the_nested_fields_of_a_page_cost_one_statement_each(test: ServiceTest) {
    let account = account(&test).await;
    for turn in 0..10 {
        let id = opportunity_at(&test, account, &format!("number {turn}")).await;
        move_to(&test, id, &stage(&test, if turn % 2 == 0 { "Proposal" } else { "Negotiation" }).await).await;
    }
    let query = "{ opportunities { edges { node {
        stage { name } weightedAmount { minor } pipeline { name stages { name } } stageHistory { stage { name } } } } } }";
    let (statements, data) = test.statements(test.graphql(query, json!({}))).await;
    assert_eq!(data["opportunities"]["edges"].as_array().unwrap().len(), 10);
    // The page, the pipelines and their stages, the stages, the histories, the stages in these.
    assert!(statements <= 6, "{statements} statements");
}

#[tokio::test]
async fn a_bad_page_is_refused_by_code() {
    let test = ServiceTest::sqlite(SERVICE).await;
    for (variables, code) in [
        (json!({ "first": 0 }), "INVALID_INPUT"),
        (json!({ "first": 201 }), "INVALID_INPUT"),
        (json!({ "after": "nonsense" }), "INVALID_CURSOR"),
    ] {
        let answer = test.try_graphql(LIST, variables).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code);
    }
}
