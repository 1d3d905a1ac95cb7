use chrono::TimeDelta;
use kernel::AccountId;
use pipewright_pipeline::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::{account, opportunity_at};

const OF_ACCOUNTS: &str = "query($accounts: [_Any!]!, $first: Int, $after: String) {
    _entities(representations: $accounts) { ... on Account { id opportunities(first: $first, after: $after) {
        totalCount edges { node { name stage { name } } } pageInfo { hasNextPage endCursor } } } } }";

fn representations(accounts: &[AccountId]) -> Value {
    accounts.iter().map(|id| json!({ "__typename": "Account", "id": id })).collect()
}

fn names(account: &Value) -> Vec<&str> {
    let edges = account["opportunities"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["name"].as_str().unwrap()).collect()
}

/// Three opportunities at the first account, one at the second, none at the third.
async fn three_accounts(test: &ServiceTest) -> [AccountId; 3] {
    let accounts = [account(test).await, account(test).await, account(test).await];
    for (at, name) in [(0, "first"), (1, "only"), (0, "second"), (0, "third")] {
        opportunity_at(test, accounts[at], name).await;
        test.clock.advance(TimeDelta::seconds(1));
    }
    accounts
}

on_both_engines!(SERVICE, each_account_gets_its_own_first_page);
async fn each_account_gets_its_own_first_page(test: ServiceTest) {
    let accounts = three_accounts(&test).await;
    let variables = json!({ "accounts": representations(&accounts), "first": 2 });
    let data = test.graphql(OF_ACCOUNTS, variables).await;
    let of = |index: usize| &data["_entities"][index];
    assert_eq!(names(of(0)), ["third", "second"]);
    assert_eq!(
        (&of(0)["opportunities"]["totalCount"], &of(0)["opportunities"]["pageInfo"]["hasNextPage"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(names(of(1)), ["only"]);
    assert_eq!(
        (&of(1)["opportunities"]["totalCount"], &of(1)["opportunities"]["pageInfo"]["hasNextPage"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(names(of(2)), [""; 0]);
    assert_eq!(of(2)["opportunities"]["totalCount"], 0);
}

on_both_engines!(SERVICE, an_accounts_list_goes_on_after_a_cursor);
async fn an_accounts_list_goes_on_after_a_cursor(test: ServiceTest) {
    let accounts = three_accounts(&test).await;
    let representations = representations(&accounts[..1]);
    let data = test.graphql(OF_ACCOUNTS, json!({ "accounts": representations, "first": 2 })).await;
    let after = &data["_entities"][0]["opportunities"]["pageInfo"]["endCursor"];
    let data = test.graphql(OF_ACCOUNTS, json!({ "accounts": representations, "first": 2, "after": after })).await;
    assert_eq!(names(&data["_entities"][0]), ["first"]);
    assert_eq!(data["_entities"][0]["opportunities"]["pageInfo"]["hasNextPage"], false);
}

on_both_engines!(SERVICE, many_accounts_cost_no_more_statements_than_one);
async fn many_accounts_cost_no_more_statements_than_one(test: ServiceTest) {
    let mut accounts = Vec::new();
    for _ in 0..10 {
        let account = account(&test).await;
        opportunity_at(&test, account, "Engines").await;
        accounts.push(account);
    }
    let one = test.graphql(OF_ACCOUNTS, json!({ "accounts": representations(&accounts[..1]) }));
    let (cost_of_one, _) = test.statements(one).await;
    let ten = test.graphql(OF_ACCOUNTS, json!({ "accounts": representations(&accounts) }));
    let (cost_of_ten, data) = test.statements(ten).await;
    assert_eq!(data["_entities"].as_array().unwrap().len(), 10);
    // The pages, the counts, the stages.
    assert_eq!((cost_of_one, cost_of_ten), (3, 3));
}

on_both_engines!(SERVICE, another_workspace_finds_an_empty_list_at_the_account);
async fn another_workspace_finds_an_empty_list_at_the_account(test: ServiceTest) {
    let accounts = three_accounts(&test).await;
    let variables = json!({ "accounts": representations(&accounts[..1]) });
    let answer = test.graphql_as(&test.stranger(), OF_ACCOUNTS, variables).await;
    assert_eq!(answer["data"]["_entities"][0]["opportunities"]["totalCount"], 0);
    assert_eq!(names(&answer["data"]["_entities"][0]), [""; 0]);
}
