use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use futures::{StreamExt, stream};
use pipewright_gateway::{HttpSubgraph, Limits, Request};
use platform::graphql::{Subgraph, SubgraphCall, SubgraphError};
use serde_json::{Value, json};

use crate::shop::{Shop, reqwest_client, serve};

fn codes(answer: &Value) -> Vec<&str> {
    answer["errors"].as_array().unwrap().iter().map(|error| error["extensions"]["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_document_that_does_not_parse_says_where() {
    let answer = Shop::in_process().ask("{ me { name }").await;
    assert_eq!(answer.get("data"), None);
    assert_eq!(codes(&answer), ["GRAPHQL_PARSE_FAILED"]);
    assert_eq!(answer["errors"][0]["locations"][0]["line"], 1, "{answer}");
}

#[tokio::test]
async fn a_document_that_does_not_fit_the_schema_says_every_place() {
    let answer = Shop::in_process().ask("{\n  me { shoes }\n  hats\n}").await;
    assert_eq!(answer.get("data"), None);
    assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED"], "{answer}");
    assert_eq!(answer["errors"][0]["locations"], json!([{ "line": 2, "column": 8 }]));
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("shoes"), "{answer}");
    let answer = Shop::in_process().ask("{ product { title } }").await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("Query.product(upc:)"), "{answer}");
}

#[tokio::test]
async fn a_variable_of_the_wrong_type_is_refused() {
    let shop = Shop::in_process();
    for variables in [json!({ "upc": 1.5 }), json!({ "upc": null }), json!({})] {
        let answer = shop.ask_with("query ($upc: ID!) { product(upc: $upc) { title } }", variables).await;
        assert_eq!(answer.get("data"), None);
        assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"]);
        assert_eq!(answer["errors"][0]["locations"], json!([{ "line": 1, "column": 8 }]), "{answer}");
    }
}

#[tokio::test]
async fn a_field_of_an_input_is_said_once() {
    let shop = Shop::in_process();
    for query in [
        "{ products(filter: { limit: 1, limit: 2 }) { title } }",
        "query ($filter: Filter = { limit: 1, limit: 2 }) { products(filter: $filter) { title } }",
    ] {
        let answer = shop.ask(query).await;
        assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"], "{answer}");
        assert_eq!(answer["errors"][0]["message"], "There can be only one input field named \"limit\".");
        let column = query.rfind("limit").unwrap() + 1;
        assert_eq!(answer["errors"][0]["locations"], json!([{ "line": 1, "column": column }]));
    }
}

#[tokio::test]
async fn an_input_of_one_field_takes_exactly_one() {
    let shop = Shop::in_process();
    let ask = "query ($by: By!) { productBy(by: $by) { title } }";
    for wrong in [json!({}), json!({ "upc": "table", "title": "Chair" }), json!({ "upc": null })] {
        let answer = shop.ask_with(ask, json!({ "by": wrong })).await;
        assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"], "{answer}");
    }
    for wrong in ["{}", "{ upc: \"table\", title: \"Chair\" }", "{ upc: null }", "{ upc: $nullable }"] {
        let declared = if wrong.contains('$') { "($nullable: ID = 1)" } else { "" };
        let answer = shop.ask(&format!("query {declared} {{ productBy(by: {wrong}) {{ title }} }}")).await;
        assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"], "{wrong} {answer}");
        assert_eq!(answer["errors"][0]["locations"][0]["line"], 1, "{wrong} {answer}");
    }
    let answer = shop.ask_with(ask, json!({ "by": { "title": "Chair" } })).await;
    assert_eq!(answer, json!({ "data": { "productBy": { "title": "Chair" } } }));
    let data = shop.data("query ($upc: ID! = \"table\") { productBy(by: { upc: $upc }) { title } }").await;
    assert_eq!(data, json!({ "productBy": { "title": "Table" } }));
}

#[tokio::test]
async fn what_is_inaccessible_cannot_be_asked_for_and_reads_as_null() {
    let shop = Shop::in_process();
    for query in ["{ me { secret } }", "{ media { ... on Prototype { title } } }"] {
        let answer = shop.ask(query).await;
        assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"], "{query} {answer}");
    }
    let answer = shop.ask("{ products { status } }").await;
    assert_eq!(
        answer["data"],
        json!({ "products": [{ "status": "ON_SALE" }, { "status": null }, { "status": null }] })
    );
    assert!(codes(&answer).iter().all(|code| *code == "INTERNAL"), "{answer}");
    assert!(!answer.to_string().contains("RECALLED"), "{answer}");
}

#[tokio::test]
async fn a_dead_service_leaves_the_rest_standing() {
    let shop = Shop::builder().without("accounts").build();
    let answer =
        shop.ask("{ me { name } product(upc: \"table\") { title warehouse { name } stock } users { name } }").await;
    assert_eq!(answer["data"], Value::Null, "`users` may not be null");
    let answer =
        shop.ask("{ me { name } mine: me { id } product(upc: \"table\") { title warehouse { name } stock } }").await;
    assert_eq!(
        answer["data"],
        json!({ "me": null, "mine": null, "product": { "title": "Table", "warehouse": { "name": "North" }, "stock": 3 } })
    );
    assert_eq!(codes(&answer), ["SUBGRAPH_UNAVAILABLE", "SUBGRAPH_UNAVAILABLE"]);
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["service"], "accounts");
    assert_eq!(error["path"], json!(["me"]));
    assert!(error["extensions"]["requestId"].is_string());
}

#[tokio::test]
async fn a_dead_service_in_the_middle_nulls_only_its_own_fields() {
    let shop = Shop::builder().without("inventory").build();
    let answer = shop.ask("{ product(upc: \"table\") { title shipping warehouse { name } reviews { body } } }").await;
    assert_eq!(
        answer["data"],
        json!({ "product": { "title": "Table", "shipping": null, "warehouse": null, "reviews": [{ "body": "Sturdy" }, { "body": "Wobbly" }] } })
    );
    assert!(codes(&answer).iter().all(|code| *code == "SUBGRAPH_UNAVAILABLE"), "{answer}");
    let paths: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert_eq!(paths, [&json!(["product", "shipping"]), &json!(["product", "warehouse"])]);
}

#[tokio::test]
async fn a_service_that_nobody_listens_for_is_unavailable_over_http_too() {
    let shop = Shop::builder().over_http().await.without("reviews").build();
    let answer = shop.ask("{ me { name } review(id: \"r1\") { body } }").await;
    assert_eq!(answer["data"], json!({ "me": { "name": "Ada" }, "review": null }));
    assert_eq!(codes(&answer), ["SUBGRAPH_UNAVAILABLE"]);
}

#[tokio::test]
async fn an_answer_that_is_no_graphql_is_a_failure() {
    for body in ["<html>", "{}", "{\"data\":null}", "[]"] {
        let url = serve(Router::new().fallback(move || async move { body })).await;
        let shop = Shop::builder().at("reviews", &url, Duration::from_secs(5)).build();
        let answer = shop.ask("{ me { name } review(id: \"r1\") { body } }").await;
        assert_eq!(answer["data"], json!({ "me": { "name": "Ada" }, "review": null }), "{body}");
        assert_eq!(answer["errors"][0]["message"], "the reviews service gave an answer that is not GraphQL", "{body}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_is_given_up() {
    let url = serve(Router::new().fallback(std::future::pending::<()>)).await;
    let shop = Shop::builder().at("reviews", &url, Duration::from_millis(50)).build();
    let answer = shop.ask("{ me { name } review(id: \"r1\") { body } }").await;
    assert_eq!(answer["data"], json!({ "me": { "name": "Ada" }, "review": null }));
    assert_eq!(codes(&answer), ["SUBGRAPH_UNAVAILABLE"]);
    assert_eq!(answer["errors"][0]["message"], "the reviews service did not answer in time");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_a_failure() {
    let large = format!("{{\"data\":{{\"text\":\"{}\"}}}}", "x".repeat(1000));
    let event = format!("event: next\ndata: {large}\n\n");
    // The line never ends.
    let endless = stream::iter([Ok::<_, Infallible>(event.clone().into_bytes())])
        .chain(stream::repeat_with(|| Ok(b"x".repeat(100))));
    let endless = Arc::new(Mutex::new(Some(endless)));
    let serve_it = move |headers: HeaderMap| async move {
        if headers[header::ACCEPT] == "text/event-stream" {
            let body = Body::from_stream(endless.lock().unwrap().take().unwrap());
            ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
        } else {
            large.into_response()
        }
    };
    let url = serve(Router::new().fallback(serve_it)).await;
    let subgraph = |bytes| {
        HttpSubgraph::new("away", &url, reqwest_client(), None, Duration::from_secs(5))
            .limits(&Limits { answer_bytes: bytes, ..Limits::default() })
    };
    let call = || SubgraphCall {
        query: "{ text }".into(),
        variables: Default::default(),
        actor: None,
        request_id: "test".into(),
        resume_after: None,
    };
    assert!(subgraph(2000).execute(call()).await.is_ok());
    let too_large = SubgraphError::BadResponse { service: "away".into() };
    assert_eq!(subgraph(500).execute(call()).await.unwrap_err(), too_large);
    let mut events = subgraph(2000).subscribe(call());
    assert!(events.next().await.unwrap().is_ok());
    assert_eq!(events.next().await.unwrap().unwrap_err(), too_large);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn reading_a_document_counts_as_time_too() {
    let limits = || Limits { deadline: Duration::ZERO, ..Limits::default() };
    let long = format!("{{ {}", "me { name } ".repeat(3000));
    let shop = Shop::builder().limits(limits()).build();
    assert_eq!(codes(&shop.ask(&long).await), ["DEADLINE_EXCEEDED"]);
    let events: Vec<_> = shop.gateway.stream(Request::new(long), None).await.collect().await;
    assert_eq!(events.len(), 1);
    assert_eq!(codes(&serde_json::to_value(&events[0]).unwrap()), ["DEADLINE_EXCEEDED"]);
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_given_up() {
    let url = serve(Router::new().fallback(std::future::pending::<()>)).await;
    let limits = Limits { deadline: Duration::from_millis(50), ..Limits::default() };
    let shop = Shop::builder().limits(limits).at("reviews", &url, Duration::from_secs(60)).build();
    let answer = shop.ask("{ review(id: \"r1\") { body } }").await;
    assert_eq!(answer.get("data"), None);
    assert_eq!(codes(&answer), ["DEADLINE_EXCEEDED"]);
    assert!(answer["errors"][0]["extensions"]["requestId"].is_string());
}

#[tokio::test]
async fn an_error_of_a_service_keeps_its_code_and_gets_the_path_of_the_client() {
    let shop = Shop::in_process();
    let asked = "{ products { upc store: warehouse { keeper { name } } } }";
    let answer = shop.ask(asked).await;
    // `name` and `keeper` may not be null, the warehouse may.
    assert_eq!(
        answer["data"]["products"],
        json!([
            { "upc": "table", "store": null },
            { "upc": "chair", "store": null },
            { "upc": "cloud", "store": null },
        ]),
        "{answer}"
    );
    let locked =
        answer["errors"].as_array().unwrap().iter().find(|error| error["extensions"]["code"] == "ACCOUNT_LOCKED");
    let locked = locked.unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(locked["message"], "this account is locked");
    assert_eq!(locked["extensions"]["service"], "accounts");
    let field = locked["path"].as_array().unwrap().last().unwrap().as_str().unwrap();
    let column = asked.find(field).unwrap() + 1;
    assert_eq!(locked["locations"], json!([{ "line": 1, "column": column }]));
    assert!(locked["extensions"]["requestId"].is_string());
}

#[tokio::test]
async fn an_error_at_the_root_of_a_service_is_passed_on() {
    let answer = Shop::in_process().ask("{ it: broken me { name } }").await;
    assert_eq!(answer["data"], json!({ "it": null, "me": { "name": "Ada" } }));
    assert_eq!(answer["errors"][0]["message"], "it is broken");
    assert_eq!(answer["errors"][0]["path"], json!(["it"]));
    assert_eq!(answer["errors"][0]["extensions"]["service"], "products");
}

#[tokio::test]
async fn a_null_that_may_not_be_takes_its_parents_up_to_one_that_may() {
    let shop = Shop::in_process();
    let answer = shop.ask("{ products { upc reviews { id author { name } } } }").await;
    let products = answer["data"]["products"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(products[1]["reviews"], json!([{ "id": "r3", "author": { "name": "Ada" } }]));
    // Nobody knows the author, who must have a name; the review in the list may be null.
    assert_eq!(products[2]["reviews"], json!([null]));
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{answer}");
    assert_eq!(errors[0]["path"], json!(["products", 2, "reviews", 0, "author", "name"]));
    let message = errors[0]["message"].as_str().unwrap();
    assert!(message.starts_with("Cannot return null for non-nullable field User.name"), "{message}");
}

#[tokio::test]
async fn a_null_at_the_root_that_may_not_be_nulls_the_data() {
    let shop = Shop::builder().without("inventory").build();
    let answer = shop.ask("{ me { name } shortages { stock } }").await;
    assert_eq!(answer["data"], Value::Null);
    assert_eq!(codes(&answer), ["SUBGRAPH_UNAVAILABLE"]);
}

#[tokio::test]
async fn a_subscription_needs_a_stream() {
    let shop = Shop::in_process();
    let response = shop.gateway.execute(Request::new("subscription { countdown(from: 1) }"), None).await;
    let answer = serde_json::to_value(response).unwrap();
    assert_eq!(codes(&answer), ["BAD_REQUEST"]);
}
