use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use pipewright_gateway::{Limits, Request, Resilience, Response, router};
use serde_json::{Value, json};

use crate::{
    http::{Keys, post, send},
    shop::{Shop, ShopBuilder, customer},
    standin::{Standin, World, problems},
};

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
async fn an_event_does_not_wait_for_ever_and_the_next_one_comes() {
    let order = json!({ "id": "1" });
    let till = Standin::new(
        "till",
        "type Query { order: Order } type Subscription { taken: Order } type Order @key(fields: \"id\") { id: ID! }",
        json!({ "Subscription": { "taken": [order, order] } }),
    );
    let kitchen = Standin::new(
        "kitchen",
        "type Order @key(fields: \"id\") { id: ID! cook: String }",
        json!({ "Order": [{ "id": "1", "cook": "Ada" }] }),
    );
    let limits = Limits { deadline: Duration::from_secs(1), ..Limits::default() };
    let world = World::tuned([till, kitchen.silent(1)], limits, Resilience::default());
    let events = world.gateway.stream(Request::new("subscription { taken { id cook } }"), None).await;
    let events: Vec<_> = events.map(|event| json(&event)).collect().await;
    assert_eq!(events[0]["data"], json!({ "taken": { "id": "1", "cook": null } }));
    assert_eq!(problems(&events[0]), [" DEADLINE_EXCEEDED"]);
    assert_eq!(events[1..], [json!({ "data": { "taken": { "id": "1", "cook": "Ada" } } })]);
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

/// Services in other processes answer only to a known actor.
fn with_keys() -> ShopBuilder {
    Shop::builder().authenticator(Keys(Arc::default()))
}

/// The ids and the data of a stream of events.
async fn told(router: &axum::Router, query: &str, after: Option<&str>) -> Vec<(String, Value)> {
    let mut headers = vec![("accept", "text/event-stream"), ("x-api-key", "good")];
    headers.extend(after.map(|id| ("last-event-id", id)));
    let answer = send(router, post(&headers, json!({ "query": query }).to_string())).await;
    let line = |event: &str, name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
    };
    let events = answer.text.split("\n\n").filter(|event| event.contains("event: next"));
    events.map(|event| (line(event, "id:"), serde_json::from_str(&line(event, "data:")).unwrap())).collect()
}

#[tokio::test]
async fn whoever_names_the_last_event_hears_what_followed_it() {
    const DELIVERIES: &str = "subscription { deliveries }";
    for shop in [Shop::in_process(), with_keys().over_http().await.build()] {
        let router = router(shop.gateway.clone());
        let all = told(&router, DELIVERIES, None).await;
        let numbers = |told: &[(String, Value)]| {
            told.iter().map(|(_, event)| event["data"]["deliveries"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&all), [1, 2, 3]);
        for (id, event) in &all {
            assert!(id.starts_with("evt_") && event["extensions"]["eventId"] == json!(id), "{id} {event}");
        }
        let rest = told(&router, DELIVERIES, Some(&all[0].0)).await;
        assert_eq!(rest, all[1..]);
        // Without headers, as over a WebSocket.
        let extensions = json!({ "query": DELIVERIES, "extensions": { "resumeAfter": all[1].0 } });
        let request = serde_json::from_value(extensions).unwrap();
        let rest: Vec<_> =
            shop.gateway.stream(request, Some(customer())).await.map(|event| json(&event)).collect().await;
        assert_eq!(rest, [all[2].1.clone()]);
    }
}

#[tokio::test]
async fn what_cannot_be_resumed_says_so_and_ends() {
    for shop in [Shop::in_process(), with_keys().over_http().await.build()] {
        let router = router(shop.gateway.clone());
        // No id, and a service that knows nothing of ids.
        for (query, id) in
            [("subscription { deliveries }", "nonsense"), ("subscription { countdown(from: 5) }", "evt_1")]
        {
            let told = told(&router, query, Some(id)).await;
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(told[0].1["errors"][0]["extensions"]["code"], "CANNOT_RESUME", "{told:?}");
        }
    }
    let asked = json!({ "query": "subscription { deliveries }", "extensions": { "resumeAfter": 7 } });
    let refused = send(&router(Shop::in_process().gateway), post(&[], asked.to_string())).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "BAD_REQUEST"));
}
