//! `@requires` and `@provides`: what one service must be told before it answers, and what it can tell of others.

use serde_json::{Value, json};

use crate::standin::{Standin, World};

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A bakery: the recipe, the market's prices, and a shop whose price needs both.
pub fn bakery() -> World {
    let loaves = json!([
        { "id": "rye", "grams": 500, "oven": { "degrees": 250, "minutes": 40 },
          "parts": [{ "flour": 300, "cost": 1 }, { "flour": 20, "cost": 9 }] },
        { "id": "bun", "grams": null, "oven": { "degrees": 220, "minutes": 15 }, "parts": [] },
    ]);
    let recipes = Standin::new(
        "recipes",
        "type Query { loaves: [Loaf!]! }
         type Loaf @key(fields: \"id\") { id: ID! grams: Int oven: Oven! parts: [Part!]! }
         type Oven { degrees: Int! minutes: Int! } type Part { flour: Int! cost: Int! }",
        json!({ "Query": { "loaves": loaves }, "Loaf": loaves }),
    );
    let market = Standin::new(
        "market",
        "type Loaf @key(fields: \"id\") {
           id: ID! grams: Int @external oven: Oven! @external parts: [Part!]! @external
           price(currency: String!): Int! @requires(fields: \"grams\")
           energy: Int! @requires(fields: \"oven { degrees minutes }\")
           flour: Int! @requires(fields: \"parts { flour }\")
         }
         type Oven { degrees: Int! @external minutes: Int! @external } type Part { flour: Int! @external }",
        json!({}),
    )
    .compute("Loaf.price", |loaf, arguments| {
        let grams = loaf["grams"].as_i64().unwrap_or(100);
        json!(if arguments["currency"] == "EUR" { grams } else { 2 * grams })
    })
    .compute("Loaf.energy", |loaf, _| json!(number(&loaf["oven"]["degrees"]) * number(&loaf["oven"]["minutes"])))
    .compute("Loaf.flour", |loaf, _| {
        json!(loaf["parts"].as_array().unwrap().iter().map(|part| number(&part["flour"])).sum::<i64>())
    });
    let shop = Standin::new(
        "shop",
        "type Query { special: Loaf! }
         type Loaf @key(fields: \"id\") {
           id: ID! price(currency: String!): Int! @external energy: Int! @external
           label: String! @requires(fields: \"price(currency: \\\"EUR\\\")\")
           export: String! @requires(fields: \"price(currency: \\\"CHF\\\") energy\")
         }",
        json!({ "Query": { "special": { "id": "rye" } } }),
    )
    .compute("Loaf.label", |loaf, _| json!(format!("{} cent", number(&loaf["price"]))))
    .compute("Loaf.export", |loaf, _| json!(format!("{}/{}", number(&loaf["price"]), number(&loaf["energy"]))));
    World::of([recipes, market, shop])
}

#[tokio::test]
async fn a_requirement_may_be_deep_and_in_a_list() {
    bakery()
        .check(
            "{ loaves { energy flour } special { energy flour parts { cost } } }",
            json!({
                "loaves": [{ "energy": 10_000, "flour": 320 }, { "energy": 3_300, "flour": 0 }],
                "special": { "energy": 10_000, "flour": 320, "parts": [{ "cost": 1 }, { "cost": 9 }] },
            }),
        )
        .await;
}

#[tokio::test]
async fn a_requirement_that_is_null_is_sent_as_null() {
    bakery()
        .check("{ loaves { price(currency: \"EUR\") } }", json!({ "loaves": [{ "price": 500 }, { "price": 100 }] }))
        .await;
}

#[tokio::test]
async fn a_requirement_may_require_another() {
    let bakery = bakery();
    bakery.check("{ special { label } }", json!({ "special": { "label": "500 cent" } })).await;
    assert_eq!(bakery.services(), ["shop", "recipes", "market", "shop"]);
    bakery.check("{ loaves { label } }", json!({ "loaves": [{ "label": "500 cent" }, { "label": "100 cent" }] })).await;
}

#[tokio::test]
async fn a_requirement_with_arguments_stands_beside_the_clients_own() {
    bakery()
        .check(
            "{ special { price(currency: \"USD\") label } }",
            json!({ "special": { "price": 1000, "label": "500 cent" } }),
        )
        .await;
    bakery()
        .check(
            "{ special { price: label label: price(currency: \"USD\") } }",
            json!({ "special": { "price": "500 cent", "label": 1000 } }),
        )
        .await;
}

#[tokio::test]
async fn two_requirements_may_want_one_field_with_other_arguments() {
    bakery()
        .check("{ special { export label } }", json!({ "special": { "export": "1000/10000", "label": "500 cent" } }))
        .await;
}

#[tokio::test]
async fn a_requirement_that_failed_leaves_the_field_unasked() {
    let stars = Standin::new(
        "stars",
        "type Query { stars: [Star!]! } type Star @key(fields: \"id\") { id: ID! mass: Int }",
        json!({ "Query": { "stars": [{ "id": "a", "mass": { "$error": "too far" } }, { "id": "b", "mass": 2 }] } }),
    );
    let fate = Standin::new(
        "fate",
        "type Star @key(fields: \"id\") { id: ID! mass: Int @external end: String @requires(fields: \"mass\") }",
        json!({}),
    )
    .compute("Star.end", |star, _| json!(format!("of mass {}", star["mass"])));
    let world = World::of([stars, fate]);
    // Null is what the service would have to be told, and it may be told null.
    world
        .fails(
            "{ stars { id end } }",
            json!({ "stars": [{ "id": "a", "end": "of mass null" }, { "id": "b", "end": "of mass 2" }] }),
            &[("stars.0.mass", "INTERNAL")],
        )
        .await;
}

#[tokio::test]
async fn what_requires_a_dead_service_is_null_and_says_why() {
    let stars = Standin::new(
        "stars",
        "type Query { stars: [Star!]! } type Star @key(fields: \"id\") { id: ID! }",
        json!({ "Query": { "stars": [{ "id": "a" }, { "id": "b" }] } }),
    );
    let scales = Standin::new("scales", "type Star @key(fields: \"id\") { id: ID! mass: Int! }", json!({})).down();
    let fate = Standin::new(
        "fate",
        "type Star @key(fields: \"id\") { id: ID! mass: Int! @external end: String @requires(fields: \"mass\") }",
        json!({}),
    );
    let world = World::of([stars, scales, fate]);
    world
        .fails(
            "{ stars { id end } }",
            json!({ "stars": [{ "id": "a", "end": null }, { "id": "b", "end": null }] }),
            &[("stars.0.end", "SUBGRAPH_UNAVAILABLE"), ("stars.1.end", "SUBGRAPH_UNAVAILABLE")],
        )
        .await;
    assert_eq!(world.services(), ["stars", "scales"]);
}

#[tokio::test]
async fn a_requirement_may_reach_into_an_entity_of_a_third_service() {
    let songs = Standin::new(
        "songs",
        "type Query { songs: [Song!]! }
         type Song @key(fields: \"id\") { id: ID! singer: Singer }
         type Singer @key(fields: \"id\", resolvable: false) { id: ID! }",
        json!({ "Query": { "songs": [{ "id": "s1", "singer": { "id": "nina" } }, { "id": "s2", "singer": null }] } }),
    );
    let singers = Standin::new(
        "singers",
        "type Singer @key(fields: \"id\") { id: ID! name: String! }",
        json!({ "Singer": [{ "id": "nina", "name": "Nina" }] }),
    );
    let radio = Standin::new(
        "radio",
        "type Song @key(fields: \"id\") {
           id: ID! singer: Singer @external said: String! @requires(fields: \"singer { name }\")
         }
         type Singer @key(fields: \"id\") { id: ID! name: String! @external }",
        json!({}),
    )
    .compute("Song.said", |song, _| json!(format!("by {}", song["singer"]["name"].as_str().unwrap_or("nobody"))));
    World::of([songs, singers, radio])
        .check("{ songs { said } }", json!({ "songs": [{ "said": "by Nina" }, { "said": "by nobody" }] }))
        .await;
}

#[tokio::test]
async fn two_services_may_require_from_each_other() {
    let one = Standin::new(
        "one",
        "type Query { posts: [Post!]! }
         type Post @key(fields: \"id\") { id: ID! age: Int! old: Boolean! @requires(fields: \"votes\") votes: Int! @external }",
        json!({ "Query": { "posts": [{ "id": "p", "age": 3 }] }, "Post": [{ "id": "p", "age": 3 }] }),
    )
    .compute("Post.old", |post, _| json!(number(&post["votes"]) > 5));
    let two = Standin::new(
        "two",
        "type Post @key(fields: \"id\") { id: ID! age: Int! @external votes: Int! @requires(fields: \"age\")
           hot: Boolean! @requires(fields: \"old\") old: Boolean! @external }",
        json!({}),
    )
    .compute("Post.votes", |post, _| json!(2 * number(&post["age"])))
    .compute("Post.hot", |post, _| json!(post["old"] == json!(false)));
    World::of([one, two]).check("{ posts { hot } }", json!({ "posts": [{ "hot": false }] })).await;
}

#[tokio::test]
async fn a_requirement_may_select_by_type() {
    let zoo = Standin::new(
        "zoo",
        "type Query { pens: [Pen!]! }
         type Pen @key(fields: \"id\") { id: ID! tenant: Tenant! }
         interface Tenant { name: String! }
         type Bear implements Tenant { name: String! honey: Int! } type Fish implements Tenant { name: String! depth: Int! }",
        json!({ "Query": { "pens": [
            { "id": "1", "tenant": { "__typename": "Bear", "name": "Baloo", "honey": 4 } },
            { "id": "2", "tenant": { "__typename": "Fish", "name": "Nemo", "depth": 30 } },
        ] } }),
    );
    let keeper = Standin::new(
        "keeper",
        "type Pen @key(fields: \"id\") { id: ID! tenant: Tenant! @external
           food: String! @requires(fields: \"tenant { name ... on Bear { honey } ... on Fish { depth } }\") }
         interface Tenant { name: String! }
         type Bear implements Tenant { name: String! @external honey: Int! @external }
         type Fish implements Tenant { name: String! @external depth: Int! @external }",
        json!({}),
    )
    .compute("Pen.food", |pen, _| {
        let tenant = &pen["tenant"];
        json!(format!("{} {}{}", tenant["name"].as_str().unwrap(), tenant["honey"], tenant["depth"]))
    });
    World::of([zoo, keeper])
        .check("{ pens { food } }", json!({ "pens": [{ "food": "Baloo 4null" }, { "food": "Nemo null30" }] }))
        .await;
}

/// A guide that knows some of what the archive knows, by the way it is asked.
pub fn guide() -> World {
    let archive = Standin::new(
        "archive",
        "type Query { building: Building }
         type Building @key(fields: \"id\") { id: ID! name: String! architect: Architect! floors: Int! }
         type Architect @key(fields: \"id\") { id: ID! name: String! born: Int! }",
        json!({
            "Query": { "building": { "id": "b", "name": "Tower", "architect": { "id": "a", "name": "Ada", "born": 1900 }, "floors": 9 } },
            "Building": [{ "id": "b", "name": "Tower", "architect": { "id": "a", "name": "Ada", "born": 1900 }, "floors": 9 }],
            "Architect": [{ "id": "a", "name": "Ada", "born": 1900 }],
        }),
    );
    let guide = Standin::new(
        "guide",
        "type Query { sight: Building @provides(fields: \"name architect { name }\") stop: Building sights: [Sight!]! @provides(fields: \"... on Building { floors }\") }
         union Sight = Building | View
         type View { metres: Int! }
         type Building @key(fields: \"id\") { id: ID! name: String! @external architect: Architect! @external floors: Int! @external }
         type Architect @key(fields: \"id\") { id: ID! name: String! @external }",
        json!({ "Query": {
            "sight": { "id": "b", "name": "Tower, says the guide", "architect": { "id": "a", "name": "Ada, says the guide" } },
            "stop": { "id": "b", "name": "never asked" },
            "sights": [{ "__typename": "Building", "id": "b", "floors": 10 }, { "__typename": "View", "metres": 400 }],
        } }),
    );
    World::of([archive, guide])
}

#[tokio::test]
async fn what_is_provided_comes_from_there_and_the_rest_from_its_owner() {
    let guide = guide();
    guide
        .check(
            "{ sight { name architect { name } } }",
            json!({ "sight": { "name": "Tower, says the guide", "architect": { "name": "Ada, says the guide" } } }),
        )
        .await;
    assert_eq!(guide.services(), ["guide"]);
    guide
        .check(
            "{ sight { name floors architect { name born } } stop { name } }",
            json!({
                "sight": { "name": "Tower, says the guide", "floors": 9, "architect": { "name": "Ada, says the guide", "born": 1900 } },
                "stop": { "name": "Tower" },
            }),
        )
        .await;
}

#[tokio::test]
async fn a_member_of_a_union_may_be_provided() {
    let guide = guide();
    guide
        .check(
            "{ sights { ... on Building { floors } ... on View { metres } } }",
            json!({ "sights": [{ "floors": 10 }, { "metres": 400 }] }),
        )
        .await;
    assert_eq!(guide.services(), ["guide"]);
}
