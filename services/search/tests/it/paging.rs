use events::lead::AccountCreated;
use kernel::WorkspaceId;
use pipewright_search::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::objects::{SEARCH, account, texts};

async fn page(test: &ServiceTest, query: &str, first: i64, after: Option<&str>) -> Value {
    test.graphql(SEARCH, json!({ "query": query, "first": first, "after": after })).await["search"].take()
}

async fn code(test: &ServiceTest, variables: Value) -> Value {
    test.try_graphql(SEARCH, variables).await["errors"][0]["extensions"].clone()
}

async fn hear_many(test: &ServiceTest, count: usize) {
    let actor = kernel::Actor::system(test.actor.workspace, "lead");
    let envelope = |n| {
        let current = account(&test.clock, &format!("Acme {n}"), "");
        events::Envelope::wrap("lead", test.clock.id(), test.clock.now(), &actor, None, &AccountCreated { current })
            .unwrap()
    };
    let envelopes: Vec<_> = (0..count).map(envelope).collect();
    test.deliver_envelopes(&envelopes).await;
}

on_both_engines!(SERVICE, pages_hold_every_result_once_in_order);

async fn pages_hold_every_result_once_in_order(test: ServiceTest) {
    hear_many(&test, 7).await;
    let whole = texts(&page(&test, "acme", 200, None).await, "/node/id");
    assert_eq!(whole.len(), 7);
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let list = page(&test, "ACME", 3, after.as_deref()).await;
        assert_eq!(list["totalCount"], json!(7));
        assert_eq!(list["pageInfo"]["hasPreviousPage"], json!(after.is_some()));
        pages.extend(texts(&list, "/node/id"));
        after = list["pageInfo"]["endCursor"].as_str().map(str::to_owned);
        if list["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(pages, whole);
    let rest = page(&test, "acme", 3, after.as_deref()).await;
    assert_eq!(rest["edges"], json!([]));
}

#[tokio::test]
async fn the_window_ends_after_a_thousand_results() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hear_many(&test, 1003).await;
    let mut after = None;
    for _ in 0..5 {
        let list = page(&test, "acme", 200, after.as_deref()).await;
        assert_eq!(list["edges"].as_array().unwrap().len(), 200);
        assert_eq!(list["totalCount"], json!(1003));
        after = list["pageInfo"]["endCursor"].as_str().map(str::to_owned);
    }
    let list = page(&test, "acme", 200, after.as_deref()).await;
    assert_eq!((&list["edges"], &list["pageInfo"]["hasNextPage"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn a_cursor_that_is_not_of_this_list_is_refused() {
    let test = ServiceTest::sqlite(SERVICE).await;
    hear_many(&test, 2).await;
    let list = page(&test, "acme", 1, None).await;
    let cursor = list["pageInfo"]["endCursor"].as_str().unwrap();
    let refused = json!({ "code": "INVALID_CURSOR", "field": "after" });
    for after in ["", "nonsense", "000000000000", "zz", &test.clock.id::<WorkspaceId>().to_string()] {
        assert_eq!(code(&test, json!({ "query": "acme", "after": after })).await, refused, "{after}");
    }
    assert_eq!(code(&test, json!({ "query": "other", "after": cursor })).await, refused);
    assert_eq!(code(&test, json!({ "query": "acme", "types": ["LEAD"], "after": cursor })).await, refused);
    for first in [0, -1, 201] {
        assert_eq!(
            code(&test, json!({ "query": "acme", "first": first })).await,
            json!({ "code": "INVALID_INPUT", "field": "first" })
        );
    }
}
