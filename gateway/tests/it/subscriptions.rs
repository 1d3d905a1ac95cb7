use futures::StreamExt;
use pipewright_gateway::{Request, Response};
use serde_json::{Value, json};

use crate::shop::{Shop, customer};

fn json(response: &Response) -> Value {
    serde_json::to_value(response).unwrap()
}

const JOINED: &str = "subscription { stockChanged { upc stock title reviews { author { name } } } }";

fn table() -> Value {
    json!({ "data": { "stockChanged": { "upc": "table", "stock": 3, "title": "Table",
        "reviews": [{ "author": { "name": "Ada" } }, { "author": { "name": "Grace" } }] } } })
}

/// Until the service hears of the subscription.
async fn subscribed(shop: &Shop) {
    while shop.world.stock.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_event_is_joined_with_what_other_services_know() {
    let shop = Shop::in_process();
    let mut events = shop.gateway.stream(Request::new(JOINED), Some(customer())).await;
    let (event, ()) = tokio::join!(events.next(), async {
        subscribed(&shop).await;
        shop.data("mutation { restock(upc: \"table\") { upc } }").await;
    });
    assert_eq!(json(&event.unwrap()), table());
}

#[tokio::test]
async fn a_subscription_ends_with_its_source() {
    for shop in [Shop::in_process(), Shop::builder().over_http().await.build()] {
        let request = Request::new("subscription ($n: Int!) { n: countdown(from: $n) }").variables(json!({ "n": 2 }));
        let events: Vec<_> =
            shop.gateway.stream(request, Some(customer())).await.map(|event| json(&event)).collect().await;
        let expected: Vec<_> = [2, 1, 0].map(|n| json!({ "data": { "n": n } })).into();
        assert_eq!(events, expected);
    }
}

#[tokio::test]
async fn an_event_survives_a_dead_service() {
    let shop = Shop::builder().without("products").build();
    let mut events = shop.gateway.stream(Request::new("subscription { stockChanged { upc shipping } }"), None).await;
    let (event, ()) = tokio::join!(events.next(), async {
        subscribed(&shop).await;
        shop.world.stock.send("chair".into()).unwrap();
    });
    let event = json(&event.unwrap());
    assert_eq!(event["data"], json!({ "stockChanged": { "upc": "chair", "shipping": null } }));
    assert_eq!(event["errors"][0]["extensions"]["service"], "products");
}

#[tokio::test]
async fn a_refused_subscription_says_why_and_ends() {
    let shop = Shop::in_process();
    for (query, code) in [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { stockChanged { upc } countdown(from: 1) }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let events: Vec<_> =
            shop.gateway.stream(Request::new(query), None).await.map(|event| json(&event)).collect().await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0]["errors"][0]["extensions"]["code"], code);
    }
    let shop = Shop::builder().without("inventory").build();
    let events: Vec<_> = shop
        .gateway
        .stream(Request::new("subscription { countdown(from: 1) }"), None)
        .await
        .map(|event| json(&event))
        .collect()
        .await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["errors"][0]["extensions"]["code"], "SUBGRAPH_UNAVAILABLE");
}

#[tokio::test]
async fn draining_ends_subscriptions() {
    let shop = Shop::in_process();
    let events = shop.gateway.stream(Request::new(JOINED), None).await;
    shop.gateway.drain();
    assert_eq!(events.count().await, 0);
}
