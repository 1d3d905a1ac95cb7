//! Nulls and errors: a null rises to the nearest place that may be null, each error is told once, with the
//! client's own path, and nothing that exists is lost.

use serde_json::json;

use crate::standin::{Standin, World};

/// An orchard: trees know their apples; the lab, which can be down, knows what is inside.
pub fn orchard(lab_is_down: bool) -> World {
    let apple = |id: &str| json!({ "id": id, "sort": "Boskoop" });
    let bad = json!({ "id": "bad", "sort": null });
    let trees = Standin::new(
        "trees",
        "type Query {
           strict: [Apple!]! items: [Apple!] loose: [Apple]! nested: [[Apple!]]! one: Apple must: Apple! basket: Basket
           broken: Apple
         }
         type Basket { label: String apples: [Apple!]! owner: Owner! }
         type Owner { name: String! }
         type Apple @key(fields: \"id\") { id: ID! sort: String! }",
        json!({ "Query": {
            "strict": [apple("1"), bad],
            "items": [apple("1"), bad, apple("2")],
            "loose": [apple("1"), bad, apple("2"), null],
            "nested": [[apple("1")], [apple("2"), bad], null],
            "one": apple("3"),
            "must": apple("1"),
            "basket": { "label": "B", "apples": [apple("1"), apple("3")], "owner": { "name": { "$error": "secret" } } },
            "broken": { "$error": "fell down" },
        } }),
    );
    let lab = Standin::new(
        "lab",
        "type Apple @key(fields: \"id\") { id: ID! sugar: Int! acid: Int worms: [Worm!] core: Core }
         type Worm { length: Int! } type Core { seeds: [Int!]! }",
        json!({ "Apple": [
            { "id": "1", "sugar": 10, "acid": 4, "worms": [{ "length": 3 }, { "length": null }], "core": { "seeds": [1, 2] } },
            { "id": "2", "sugar": { "$error": "no sample" }, "acid": { "$error": "spilt" }, "core": { "seeds": [1, null] } },
            { "id": "3", "sugar": null, "acid": null, "worms": [] },
        ] }),
    );
    World::of([trees, if lab_is_down { lab.down() } else { lab }])
}

#[tokio::test]
async fn a_null_rises_within_one_service() {
    let orchard = orchard(false);
    orchard
        .fails(
            "{ items { sort } one { sort } }",
            json!({ "items": null, "one": { "sort": "Boskoop" } }),
            &[("items.1.sort", "INTERNAL")],
        )
        .await;
    orchard
        .fails(
            "{ loose { id sort } }",
            json!({ "loose": [{ "id": "1", "sort": "Boskoop" }, null, { "id": "2", "sort": "Boskoop" }, null] }),
            &[("loose.1.sort", "INTERNAL")],
        )
        .await;
    orchard
        .fails(
            "{ nested { sort } }",
            json!({ "nested": [[{ "sort": "Boskoop" }], null, null] }),
            &[("nested.1.1.sort", "INTERNAL")],
        )
        .await;
    orchard.fails("{ strict { sort } one { id } }", json!(null), &[("strict.1.sort", "INTERNAL")]).await;
    orchard
        .fails(
            "{ basket { label owner { name } } one { id } }",
            json!({ "basket": null, "one": { "id": "3" } }),
            &[("basket.owner.name", "INTERNAL")],
        )
        .await;
}

#[tokio::test]
async fn a_null_rises_across_services() {
    let orchard = orchard(false);
    // Two apples lack sugar: one for an error, one for a null that may not be.
    orchard
        .fails(
            "{ one { id sugar } must { sugar } }",
            json!({ "one": null, "must": { "sugar": 10 } }),
            &[("one.sugar", "INTERNAL")],
        )
        .await;
    orchard
        .fails(
            "{ loose { id acid } }",
            json!({ "loose": [{ "id": "1", "acid": 4 }, { "id": "bad", "acid": null }, { "id": "2", "acid": null }, null] }),
            &[("loose.2.acid", "INTERNAL")],
        )
        .await;
    orchard
        .fails(
            "{ basket { label apples { sugar } } one { acid } }",
            json!({ "basket": null, "one": { "acid": null } }),
            &[("basket.apples.1.sugar", "INTERNAL")],
        )
        .await;
    orchard
        .fails(
            "{ loose { worms { length } core { seeds } } }",
            json!({ "loose": [
                { "worms": null, "core": { "seeds": [1, 2] } },
                { "worms": null, "core": null },
                { "worms": null, "core": null },
                null,
            ] }),
            &[("loose.0.worms.1.length", "INTERNAL"), ("loose.2.core.seeds.1", "INTERNAL")],
        )
        .await;
}

#[tokio::test]
async fn an_error_of_an_entity_is_told_for_it_alone() {
    let orchard = orchard(false);
    orchard
        .fails(
            "{ loose { id sugar } }",
            json!({ "loose": [{ "id": "1", "sugar": 10 }, null, null, null] }),
            &[("loose.1.sugar", "NOT_FOUND"), ("loose.2.sugar", "INTERNAL")],
        )
        .await;
    let answer = orchard.ask("{ loose { acid } }").await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("spilt"), "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["service"], "lab");
}

#[tokio::test]
async fn aliases_are_in_the_paths_of_errors() {
    orchard(false)
        .fails(
            "{ id: loose { id: acid a: acid } broken { id } it: broken { id } }",
            json!({
                "id": [{ "id": 4, "a": 4 }, { "id": null, "a": null }, { "id": null, "a": null }, null],
                "broken": null,
                "it": null,
            }),
            &[("broken", "INTERNAL"), ("id.2.a", "INTERNAL"), ("id.2.id", "INTERNAL"), ("it", "INTERNAL")],
        )
        .await;
}

#[tokio::test]
async fn a_dead_service_takes_what_must_be_there_and_no_more() {
    let orchard = orchard(true);
    orchard
        .fails(
            "{ loose { id acid } one { id sugar } }",
            json!({
                "loose": [{ "id": "1", "acid": null }, { "id": "bad", "acid": null }, { "id": "2", "acid": null }, null],
                "one": null,
            }),
            &[
                ("loose.0.acid", "SUBGRAPH_UNAVAILABLE"),
                ("loose.1.acid", "SUBGRAPH_UNAVAILABLE"),
                ("loose.2.acid", "SUBGRAPH_UNAVAILABLE"),
                ("one.sugar", "SUBGRAPH_UNAVAILABLE"),
            ],
        )
        .await;
    orchard.fails("{ must { sugar } one { id } }", json!(null), &[("must.sugar", "SUBGRAPH_UNAVAILABLE")]).await;
    orchard.check("{ must { id sort } }", json!({ "must": { "id": "1", "sort": "Boskoop" } })).await;
}

#[tokio::test]
async fn what_fails_as_a_whole_is_told_at_each_field_that_is_null_for_it() {
    let hall = |rooms: usize| {
        let rooms: Vec<_> = (0..rooms).map(|id| json!({ "id": id.to_string(), "name": "Room" })).collect();
        Standin::new(
            "hall",
            "type Query { rooms: [Room!]! } type Room @key(fields: \"id\") { id: ID! name: String }",
            json!({ "Query": { "rooms": rooms } }),
        )
    };
    let heat = || {
        Standin::new(
            "heat",
            "type Room @key(fields: \"id\") { id: ID! warm: Boolean stove: Stove } type Stove { fuel: String! }",
            json!({}),
        )
    };
    let world = World::of([hall(2), heat().down()]);
    world
        .fails(
            "{ rooms { name cosy: warm stove { fuel } } }",
            json!({ "rooms": [{ "name": "Room", "cosy": null, "stove": null }, { "name": "Room", "cosy": null, "stove": null }] }),
            &[
                ("rooms.0.cosy", "SUBGRAPH_UNAVAILABLE"),
                ("rooms.0.stove", "SUBGRAPH_UNAVAILABLE"),
                ("rooms.1.cosy", "SUBGRAPH_UNAVAILABLE"),
                ("rooms.1.stove", "SUBGRAPH_UNAVAILABLE"),
            ],
        )
        .await;
    let many = World::of([hall(150), heat().down()]).ask("{ rooms { warm } }").await;
    assert_eq!(many["errors"].as_array().unwrap().len(), 100, "of one field no more than a hundred times");
}

#[tokio::test]
async fn an_entity_that_fails_leaves_no_field_null_without_a_word() {
    let shelf = Standin::new(
        "shelf",
        "type Query { books: [Book!]! } type Book @key(fields: \"id\") { id: ID! title: String }",
        json!({ "Query": { "books": [{ "id": "1", "title": "Emma" }, { "id": "2" }] } }),
    );
    let shop = Standin::new(
        "shop",
        "type Book @key(fields: \"id\") { id: ID! price: Int used: Boolean }",
        json!({ "Book": [{ "id": "1", "$error": "torn" }, { "id": "2", "price": 7 }] }),
    );
    World::of([shelf, shop])
        .fails(
            "{ books { title costs: price used } }",
            json!({ "books": [
                { "title": "Emma", "costs": null, "used": null },
                { "title": null, "costs": null, "used": null },
            ] }),
            &[
                ("books.0.costs", "INTERNAL"),
                ("books.0.used", "INTERNAL"),
                ("books.1.costs", "INTERNAL"),
                ("books.1.used", "INTERNAL"),
            ],
        )
        .await;
}

#[tokio::test]
async fn a_dead_service_at_the_root_is_told_once_a_field() {
    let trees = Standin::new("trees", "type Query { one: Int two: Int }", json!({})).down();
    let lab = Standin::new("lab", "type Query { three: Int }", json!({ "Query": { "three": 3 } }));
    World::of([trees, lab])
        .fails(
            "{ a: one two three }",
            json!({ "a": null, "two": null, "three": 3 }),
            &[("a", "SUBGRAPH_UNAVAILABLE"), ("two", "SUBGRAPH_UNAVAILABLE")],
        )
        .await;
}
