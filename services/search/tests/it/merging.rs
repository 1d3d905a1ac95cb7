use events::lead::{ContactCreated, ContactMerged, ContactUnmerged, ContactUpdated, Redirect};
use kernel::ContactId;
use pipewright_search::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::objects::{SEARCH, contact};

/// The ids that a search finds.
async fn found(test: &ServiceTest, query: &str) -> Vec<Value> {
    let data = test.graphql(SEARCH, json!({ "query": query })).await;
    let edges = data["search"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

on_both_engines!(SERVICE, what_is_merged_away_is_found_no_longer_until_it_is_itself_again);
async fn what_is_merged_away_is_found_no_longer_until_it_is_itself_again(test: ServiceTest) {
    let one = contact(&test.clock, "Ada Lovelace", "ada@engines.example", "CTO");
    let other = contact(&test.clock, "Ada King", "king@engines.example", "Countess");
    for current in [one.clone(), other.clone()] {
        test.deliver(&ContactCreated { current }).await;
    }
    test.settle().await;
    assert_eq!(found(&test, "ada").await.len(), 2);

    let (merge, to) = (test.clock.id(), |to: Option<ContactId>| vec![Redirect { from: other.id, to }]);
    let mut current = one.clone();
    (current.version, current.title) = (2, Some("Countess".to_owned()));
    let mut gone = other.clone();
    gone.version = 2;
    let others = vec![gone.clone()];
    test.deliver(&ContactMerged { merge, previous: one.clone(), current, others, redirects: to(Some(one.id)) }).await;
    // A change of before the merge that comes late.
    test.deliver(&ContactUpdated { previous: other.clone(), current: other.clone() }).await;
    test.settle().await;
    assert_eq!(found(&test, "ada").await, [json!(one.id)]);
    assert_eq!(found(&test, "countess").await, [json!(one.id)]);
    assert_eq!(found(&test, "king").await, [] as [Value; 0]);

    let mut restored = gone;
    restored.version = 3;
    let redirects = to(None);
    test.deliver(&ContactUnmerged { merge, survivor: one.id, restored: vec![restored], redirects }).await;
    test.settle().await;
    assert_eq!(found(&test, "king").await, [json!(other.id)]);
}
