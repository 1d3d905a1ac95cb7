//! Services that hear of a change a moment after it: whoever made it, or is told of it, gets a whole answer.

use futures::StreamExt;
use pipewright_gateway::{Limits, Request, Resilience};
use platform::hearing::HEARS_WITHIN;
use serde_json::json;

use crate::standin::{Standin, World};

/// The till takes orders; the kitchen knows what becomes of them, once it has heard.
fn restaurant(kitchen_is_late: usize) -> World {
    let resilience = Resilience { hears_within: HEARS_WITHIN, ..Resilience::default() };
    World::tuned(staff(kitchen_is_late), Limits::default(), resilience)
}

fn staff(kitchen_is_late: usize) -> [Standin; 2] {
    let order = json!({ "id": "1" });
    let till = Standin::new(
        "till",
        "type Query { order: Order } type Mutation { take: Order } type Subscription { taken: Order }
         type Order @key(fields: \"id\") { id: ID! }",
        json!({ "Query": { "order": order }, "Mutation": { "take": order }, "Subscription": { "taken": [order] } }),
    );
    let kitchen = Standin::new(
        "kitchen",
        "type Order @key(fields: \"id\") { id: ID! cook: String! }",
        json!({ "Order": [{ "id": "1", "cook": "Ada" }] }),
    );
    [till, kitchen.late(kitchen_is_late)]
}

#[tokio::test]
async fn after_a_mutation_whoever_has_not_heard_is_asked_again() {
    let world = restaurant(2);
    world.check("mutation { take { id cook } }", json!({ "take": { "id": "1", "cook": "Ada" } })).await;
    assert_eq!(world.services(), ["till", "kitchen", "kitchen", "kitchen"], "and the change is made once");
}

#[tokio::test]
async fn an_event_waits_for_those_who_have_not_heard() {
    let world = restaurant(2);
    let events = world.gateway.stream(Request::new("subscription { taken { cook } }"), None).await;
    let events: Vec<_> = events.map(|event| serde_json::to_value(event).unwrap()).collect().await;
    assert_eq!(events, [json!({ "data": { "taken": { "cook": "Ada" } } })]);
}

#[tokio::test]
async fn whoever_never_hears_is_named() {
    let world = restaurant(usize::MAX);
    let answer = world.ask("mutation { take { id cook } }").await;
    assert_eq!(answer["data"], json!({ "take": null }));
    let error = &answer["errors"][0];
    assert_eq!(error["path"], json!(["take", "cook"]));
    assert_eq!(
        (&error["extensions"]["code"], &error["extensions"]["service"]),
        (&json!("NOT_FOUND"), &json!("kitchen"))
    );
    assert!((2..20).contains(&world.services().len()), "it is not waited for without end");
}

#[tokio::test]
async fn services_that_do_not_hear_of_each_other_are_not_waited_for() {
    let world = World::of(staff(1));
    world.fails("mutation { take { id cook } }", json!({ "take": null }), &[("take.cook", "NOT_FOUND")]).await;
    assert_eq!(world.services(), ["till", "kitchen"]);
}

#[tokio::test]
async fn a_query_takes_an_answer_as_it_is() {
    let world = restaurant(1);
    world.fails("{ order { id cook } }", json!({ "order": null }), &[("order.cook", "NOT_FOUND")]).await;
    world.check("{ order { id cook } }", json!({ "order": { "id": "1", "cook": "Ada" } })).await;
}
