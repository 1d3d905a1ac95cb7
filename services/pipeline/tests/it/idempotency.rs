use events::pipeline::OpportunityCreated;
use futures::future::join_all;
use kernel::AccountId;
use pipewright_pipeline::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::{CREATE, account, create, move_to, stage};

fn input(account: AccountId, name: &str) -> Value {
    json!({ "name": name, "accountId": account, "amount": { "minor": 100, "currency": "EUR" }, "idempotencyKey": "a-key" })
}

on_both_engines!(SERVICE, the_same_key_and_input_give_the_first_opportunity_as_it_stands_now);
async fn the_same_key_and_input_give_the_first_opportunity_as_it_stands_now(test: ServiceTest) {
    let account = account(&test).await;
    let first = create(&test, input(account, "Engines")).await;
    let id = first["opportunity"]["id"].as_str().unwrap().parse().unwrap();
    move_to(&test, id, &stage(&test, "Proposal").await).await;

    let again = create(&test, input(account, "Engines")).await;
    assert_eq!(again["errors"], json!([]));
    assert_eq!(again["opportunity"]["id"], first["opportunity"]["id"]);
    assert_eq!(again["opportunity"]["stage"]["name"], "Proposal");
    assert_eq!(test.published::<OpportunityCreated>().await.len(), 1);
}

on_both_engines!(SERVICE, the_same_key_with_another_input_is_refused);
async fn the_same_key_with_another_input_is_refused(test: ServiceTest) {
    let account = account(&test).await;
    create(&test, input(account, "Engines")).await;
    let payload = create(&test, input(account, "Other engines")).await;
    assert_eq!(payload["opportunity"], json!(null));
    assert_eq!(payload["errors"][0]["code"], "IDEMPOTENCY_MISMATCH");
    assert_eq!(payload["errors"][0]["field"], "idempotencyKey");
}

on_both_engines!(SERVICE, a_creation_that_failed_leaves_its_key_free);
async fn a_creation_that_failed_leaves_its_key_free(test: ServiceTest) {
    let unknown = create(&test, input(test.clock.id(), "Engines")).await;
    assert_eq!(unknown["errors"][0]["code"], "NOT_FOUND");
    let payload = create(&test, input(account(&test).await, "Engines")).await;
    assert_eq!(payload["errors"], json!([]));
}

on_both_engines!(SERVICE, one_key_sent_many_times_at_once_opens_one_opportunity);
async fn one_key_sent_many_times_at_once_opens_one_opportunity(test: ServiceTest) {
    let account = account(&test).await;
    let payloads = join_all((0..6).map(|_| create(&test, input(account, "Engines")))).await;
    for payload in &payloads {
        assert_eq!(payload["errors"], json!([]));
        assert_eq!(payload["opportunity"]["id"], payloads[0]["opportunity"]["id"]);
    }
    assert_eq!(test.published::<OpportunityCreated>().await.len(), 1);
}

on_both_engines!(SERVICE, another_workspace_may_use_the_same_key);
async fn another_workspace_may_use_the_same_key(test: ServiceTest) {
    let account = account(&test).await;
    create(&test, input(account, "Engines")).await;
    let answer = test.graphql_as(&test.stranger(), CREATE, json!({ "input": input(account, "Engines") })).await;
    // Not the first one's opportunity: the account is not there.
    assert_eq!(answer["data"]["createOpportunity"]["errors"][0]["code"], "NOT_FOUND");
}
