use futures::future::join_all;
use pipewright_pipeline::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::world::{account, create};

on_both_engines!(SERVICE, a_workspace_has_a_pipeline_before_it_asks);
async fn a_workspace_has_a_pipeline_before_it_asks(test: ServiceTest) {
    let query = "{ pipelines { edges { node { id name stages { name position probability state } } } pageInfo { hasNextPage } } }";
    let first = test.graphql(query, json!({})).await;
    let edges = &first["pipelines"]["edges"];
    assert_eq!(edges.as_array().unwrap().len(), 1);
    assert_eq!(edges[0]["node"]["name"], "New business");
    assert_eq!(
        edges[0]["node"]["stages"],
        json!([
            { "name": "Discovery", "position": 1, "probability": 10, "state": "OPEN" },
            { "name": "Qualification", "position": 2, "probability": 25, "state": "OPEN" },
            { "name": "Proposal", "position": 3, "probability": 50, "state": "OPEN" },
            { "name": "Negotiation", "position": 4, "probability": 75, "state": "OPEN" },
            { "name": "Closed Won", "position": 5, "probability": 100, "state": "WON" },
            { "name": "Closed Lost", "position": 6, "probability": 0, "state": "LOST" },
        ])
    );
    assert_eq!(test.graphql(query, json!({})).await, first);
}

on_both_engines!(SERVICE, many_who_need_the_first_pipeline_at_once_share_one);
async fn many_who_need_the_first_pipeline_at_once_share_one(test: ServiceTest) {
    let account = account(&test).await;
    let payloads = join_all((0..8).map(|_| create(&test, json!({ "name": "Engines", "accountId": account })))).await;
    let first = &payloads[0]["opportunity"];
    for payload in &payloads {
        assert_eq!(payload["errors"], json!([]));
        assert_eq!(payload["opportunity"]["pipeline"], first["pipeline"]);
        assert_eq!(payload["opportunity"]["stage"], first["stage"]);
    }
    let data = test.graphql("{ pipelines { edges { node { stages { id } } } } }", json!({})).await;
    let edges = data["pipelines"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 1);
    assert_eq!(edges[0]["node"]["stages"].as_array().unwrap().len(), 6);
}
