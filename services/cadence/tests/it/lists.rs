use pipewright_cadence::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

on_both_engines!(SERVICE, lists_are_read_page_by_page_without_gaps);

async fn walk(test: &ServiceTest, query: &str, list: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut after = json!(null);
    loop {
        let page = test.graphql(query, json!({ "after": after })).await[list].take();
        seen.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["id"].clone()));
        if page["pageInfo"]["hasNextPage"] == false {
            return seen;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

async fn lists_are_read_page_by_page_without_gaps(test: ServiceTest) {
    for number in 0..5 {
        welcomed_lead(&test, &format!("ada{number}@engines.example")).await;
        let suppress =
            "mutation($email: String!) { suppress(input: { email: $email, reason: \"test\" }) { errors { code } } }";
        test.graphql(suppress, json!({ "email": format!("no{number}@engines.example") })).await;
    }
    let page = "edges { node { id } } pageInfo { hasNextPage endCursor }";
    let messages =
        walk(&test, &format!("query($after: String) {{ messages(first: 3, after: $after) {{ {page} }} }}"), "messages")
            .await;
    let unique: std::collections::HashSet<_> = messages.iter().map(Value::to_string).collect();
    assert_eq!((messages.len(), unique.len()), (10, 10));
    let queued = format!(
        "query($after: String) {{ messages(first: 2, after: $after, filter: {{ state: QUEUED }}) {{ {page} }} }}"
    );
    assert_eq!(walk(&test, &queued, "messages").await.len(), 5);
    let suppressions = format!("query($after: String) {{ suppressions(first: 2, after: $after) {{ {page} }} }}");
    assert_eq!(walk(&test, &suppressions, "suppressions").await.len(), 5);
    let sequences = test
        .graphql(
            "{ sequences { edges { node { name version steps { position delayDays subject body } } } } }",
            json!({}),
        )
        .await;
    assert_eq!(sequences["sequences"]["edges"].as_array().unwrap().len(), 1);
    assert_eq!(sequences["sequences"]["edges"][0]["node"]["steps"][1]["delayDays"], 3);

    let wrong = test.try_graphql("{ messages(first: 0) { edges { cursor } } }", json!({})).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "INVALID_INPUT");
    let wrong = test.try_graphql("{ messages(after: \"x\") { edges { cursor } } }", json!({})).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "INVALID_CURSOR");
}
