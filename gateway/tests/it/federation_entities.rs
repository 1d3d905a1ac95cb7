//! Entities: many keys, keys within keys, keys that only some services know.

use serde_json::json;

use crate::standin::{Standin, World};

/// A library: the catalogue knows works by number and by place, lending by number, the cleaners by place.
pub fn library() -> World {
    let shelf = |room: &str, number: i32| json!({ "room": room, "number": number });
    let catalogue = Standin::new(
        "catalogue",
        "type Query { works: [Work!]! }
         type Work @key(fields: \"isbn\") @key(fields: \"shelf { room number }\") { isbn: ID! shelf: Shelf! title: String! }
         type Shelf @shareable { room: String! number: Int! }",
        json!({
            "Query": { "works": [
                { "isbn": "1", "shelf": shelf("A", 1), "title": "Emma" },
                { "isbn": "2", "shelf": shelf("B", 7), "title": "Ulysses" },
            ] },
            "Work": [
                { "isbn": "1", "shelf": shelf("A", 1), "title": "Emma" },
                { "isbn": "2", "shelf": shelf("B", 7), "title": "Ulysses" },
            ],
        }),
    );
    let lending = Standin::new(
        "lending",
        "type Query { popular: [Work!]! } type Work @key(fields: \"isbn\") { isbn: ID! copies: Int! }",
        json!({
            "Query": { "popular": [{ "isbn": "2", "copies": 3 }] },
            "Work": [{ "isbn": "1", "copies": 5 }, { "isbn": "2", "copies": 3 }],
        }),
    );
    let cleaners = Standin::new(
        "cleaners",
        "type Query { dustiest: Work }
         type Work @key(fields: \"shelf { room number }\") { shelf: Shelf! dust: Int! }
         type Shelf @shareable { room: String! number: Int! }",
        json!({
            "Query": { "dustiest": { "shelf": shelf("B", 7), "dust": 9 } },
            "Work": [{ "shelf": shelf("A", 1), "dust": 2 }, { "shelf": shelf("B", 7), "dust": 9 }],
        }),
    );
    World::of([catalogue, lending, cleaners])
}

#[tokio::test]
async fn a_service_is_asked_by_the_key_it_knows() {
    let library = library();
    library
        .check(
            "{ works { title copies dust } }",
            json!({ "works": [
                { "title": "Emma", "copies": 5, "dust": 2 },
                { "title": "Ulysses", "copies": 3, "dust": 9 },
            ] }),
        )
        .await;
    assert_eq!(library.services().len(), 3);
}

#[tokio::test]
async fn a_third_service_translates_one_key_into_another() {
    let library = library();
    library
        .check(
            "{ dustiest { dust copies title } }",
            json!({ "dustiest": { "dust": 9, "copies": 3, "title": "Ulysses" } }),
        )
        .await;
    library.check("{ popular { dust } }", json!({ "popular": [{ "dust": 9 }] })).await;
    assert_eq!(library.services(), ["lending", "catalogue", "cleaners"]);
}

#[tokio::test]
async fn part_of_a_key_is_a_field_like_any_other() {
    let library = library();
    library
        .check(
            "{ popular { isbn shelf { number } } }",
            json!({ "popular": [{ "isbn": "2", "shelf": { "number": 7 } }] }),
        )
        .await;
    library
        .check(
            "{ dustiest { shelf { where: room } number: isbn } }",
            json!({ "dustiest": { "shelf": { "where": "B" }, "number": "2" } }),
        )
        .await;
}

/// Trains: a seat is known by its train, which is an entity itself, and its number.
pub fn railway() -> World {
    let seats = json!([
        { "train": { "id": "ic1" }, "number": 12, "window": true },
        { "train": { "id": "ic2" }, "number": 40, "window": false },
    ]);
    let booking = Standin::new(
        "booking",
        "type Query { seats: [Seat!]! trip: Trip }
         type Seat @key(fields: \"train { id } number\") { train: Train! number: Int! window: Boolean! }
         type Train @key(fields: \"id\", resolvable: false) { id: ID! }
         type Trip @key(fields: \"legs { from to }\") { legs: [Leg!]! }
         type Leg @shareable { from: String! to: String! }",
        json!({
            "Query": {
                "seats": seats,
                "trip": { "legs": [{ "from": "Bern", "to": "Chur" }, { "from": "Chur", "to": "Davos" }] },
            },
            "Seat": seats,
        }),
    );
    let comfort = Standin::new(
        "comfort",
        "type Seat @key(fields: \"train { id } number\") { train: Train! number: Int! power: Boolean! }
         type Train @key(fields: \"id\") { id: ID! name: String! }
         type Trip @key(fields: \"legs { from to }\") { legs: [Leg!]! scenic: Int! }
         type Leg @shareable { from: String! to: String! }",
        json!({
            "Seat": [
                { "train": { "id": "ic1", "name": "Edelweiss" }, "number": 12, "power": true },
                { "train": { "id": "ic2", "name": "Enzian" }, "number": 40, "power": false },
            ],
            "Train": [{ "id": "ic1", "name": "Edelweiss" }, { "id": "ic2", "name": "Enzian" }],
        }),
    )
    .compute("Trip.scenic", |trip, _| json!(trip["legs"].as_array().unwrap().len()));
    World::of([booking, comfort])
}

#[tokio::test]
async fn a_key_may_hold_another_entity() {
    railway()
        .check(
            "{ seats { number window power train { name } } }",
            json!({ "seats": [
                { "number": 12, "window": true, "power": true, "train": { "name": "Edelweiss" } },
                { "number": 40, "window": false, "power": false, "train": { "name": "Enzian" } },
            ] }),
        )
        .await;
}

#[tokio::test]
async fn a_key_may_hold_a_list() {
    railway()
        .check(
            "{ trip { scenic legs { to } } }",
            json!({ "trip": { "scenic": 2, "legs": [{ "to": "Chur" }, { "to": "Davos" }] } }),
        )
        .await;
}

/// Three services of which the middle one alone knows both keys, and a reference that may be null.
pub fn museum() -> World {
    let works = json!([
        { "id": "w1", "painter": { "code": "p1" } },
        { "id": "w2", "painter": null },
        { "id": "w3", "painter": { "code": "ghost" } },
        { "id": "w4", "painter": { "code": "p1" } },
        null,
    ]);
    let halls = Standin::new(
        "halls",
        "type Query { works: [Work] hung: [[Work]] }
         type Work @key(fields: \"id\") { id: ID! painter: Painter }
         type Painter @key(fields: \"code\", resolvable: false) { code: ID! }",
        json!({ "Query": { "works": works, "hung": [[{ "id": "w1", "painter": { "code": "p1" } }, null], [], null] } }),
    );
    let registry = Standin::new(
        "registry",
        "type Painter @key(fields: \"code\") @key(fields: \"number\") { code: ID! number: Int! name: String! }",
        json!({ "Painter": [{ "code": "p1", "number": 1, "name": "Frida" }] }),
    );
    let archive = Standin::new(
        "archive",
        "type Painter @key(fields: \"number\") { number: Int! letters: [String!]! born: Int }",
        json!({ "Painter": [{ "number": 1, "letters": ["to Diego"], "born": 1907 }] }),
    );
    World::of([halls, registry, archive])
}

#[tokio::test]
async fn entities_that_are_null_or_unknown_leave_nulls() {
    museum()
        .check(
            "{ works { id painter { born } } }",
            json!({ "works": [
                { "id": "w1", "painter": { "born": 1907 } },
                { "id": "w2", "painter": null },
                { "id": "w3", "painter": { "born": null } },
                { "id": "w4", "painter": { "born": 1907 } },
                null,
            ] }),
        )
        .await;
}

#[tokio::test]
async fn a_field_that_must_be_there_takes_its_unknown_entity_with_it() {
    museum()
        .fails(
            "{ works { id painter { name letters } } }",
            json!({ "works": [
                { "id": "w1", "painter": { "name": "Frida", "letters": ["to Diego"] } },
                { "id": "w2", "painter": null },
                { "id": "w3", "painter": null },
                { "id": "w4", "painter": { "name": "Frida", "letters": ["to Diego"] } },
                null,
            ] }),
            &[("works.2.painter.name", "NOT_FOUND")],
        )
        .await;
}

#[tokio::test]
async fn an_error_of_an_entity_is_told_for_each_place_where_it_stands() {
    let halls = Standin::new(
        "halls",
        "type Query { works: [Work] } type Work @key(fields: \"id\") { id: ID! }",
        json!({ "Query": { "works": [{ "id": "1" }, { "id": "2" }, { "id": "1" }] } }),
    );
    let scales = Standin::new(
        "scales",
        "type Work @key(fields: \"id\") { id: ID! weight: Int }",
        json!({ "Work": [{ "id": "1", "weight": { "$error": "it is nailed down" } }, { "id": "2", "weight": 7 }] }),
    );
    World::of([halls, scales])
        .fails(
            "{ works { weight } }",
            json!({ "works": [{ "weight": null }, { "weight": 7 }, { "weight": null }] }),
            &[("works.0.weight", "INTERNAL"), ("works.2.weight", "INTERNAL")],
        )
        .await;
}

#[tokio::test]
async fn an_entity_in_many_places_is_sent_once() {
    let museum = museum();
    museum
        .check(
            "{ hung { painter { name } } works { painter { name: born } } }",
            json!({
                "hung": [[{ "painter": { "name": "Frida" } }, null], [], null],
                "works": [
                    { "painter": { "name": 1907 } },
                    { "painter": null },
                    { "painter": { "name": null } },
                    { "painter": { "name": 1907 } },
                    null,
                ],
            }),
        )
        .await;
    for asked in museum.asked() {
        for representations in asked.variables.as_object().unwrap().values() {
            let sent = representations.as_array().unwrap();
            let mut known = Vec::new();
            for representation in sent {
                assert!(!known.contains(&representation), "twice in {asked:?}");
                known.push(representation);
            }
        }
    }
}

#[tokio::test]
async fn parts_of_a_value_without_a_key_come_by_way_of_its_parent() {
    let shop = Standin::new(
        "shop",
        "type Query { products: [Product!]! }
         type Product @key(fields: \"id\") { id: ID! category: Category @shareable }
         type Category { name: String! @shareable detail: String! }",
        json!({ "Query": { "products": [
            { "id": "1", "category": { "name": "Tools", "detail": "of steel" } },
            { "id": "2", "category": null },
        ] } }),
    );
    let tree = Standin::new(
        "tree",
        "type Product @key(fields: \"id\") { id: ID! category: Category @shareable }
         type Category { name: String! @shareable level: Int! }",
        json!({ "Product": [{ "id": "1", "category": { "name": "Tools", "level": 3 } }, { "id": "2", "category": null }] }),
    );
    World::of([shop, tree])
        .check(
            "{ products { category { level detail name } } }",
            json!({ "products": [{ "category": { "level": 3, "detail": "of steel", "name": "Tools" } }, { "category": null }] }),
        )
        .await;
}

#[tokio::test]
async fn root_fields_that_are_shared_give_their_parts_together() {
    let part = |name: &str, field: &str, value: serde_json::Value| {
        Standin::new(
            name,
            &format!(
                "type Query {{ weather: Weather @shareable now: Int! @shareable }}
                 type Weather {{ place: String! @shareable {field}: Int! }}"
            ),
            json!({ "Query": { "now": 12, "weather": { "place": "Oslo", field: value } } }),
        )
    };
    let world = World::of([
        part("rain", "millimetres", json!(3)),
        part("wind", "knots", json!(9)),
        part("sun", "hours", json!(1)),
    ]);
    world
        .check(
            "{ weather { place millimetres knots hours } now }",
            json!({ "weather": { "place": "Oslo", "millimetres": 3, "knots": 9, "hours": 1 }, "now": 12 }),
        )
        .await;
    world.check("{ weather { knots } }", json!({ "weather": { "knots": 9 } })).await;
    assert_eq!(world.services(), ["wind"]);
}

#[tokio::test]
async fn entities_may_refer_to_one_another_in_circles() {
    let users = json!([{ "id": "1", "name": "Ann", "friend": { "id": "2" } }, { "id": "2", "name": "Bob", "friend": { "id": "1" } }]);
    let people = Standin::new(
        "people",
        "type Query { ann: User! } type User @key(fields: \"id\") { id: ID! name: String! }",
        json!({ "Query": { "ann": { "id": "1", "name": "Ann" } }, "User": users.clone() }),
    );
    let friends = Standin::new("friends", "type User @key(fields: \"id\") { id: ID! friend: User! }", json!({}))
        .compute("User.friend", move |user, _| users[usize::from(user["id"] == "1")].clone());
    World::of([people, friends])
        .check(
            "{ ann { name friend { name friend { name friend { name id } } } } }",
            json!({ "ann": { "name": "Ann", "friend": { "name": "Bob", "friend": { "name": "Ann", "friend": { "name": "Bob", "id": "2" } } } } }),
        )
        .await;
}

#[tokio::test]
async fn the_first_version_of_federation_is_understood() {
    let users = Standin::of_version_1(
        "users",
        "type Query { user: User } type User @key(fields: \"id\") { id: ID! name: String! }",
        json!({ "Query": { "user": { "id": "1", "name": "Ann" } }, "User": [{ "id": "1", "name": "Ann" }] }),
    );
    let posts = Standin::of_version_1(
        "posts",
        "extend type Query { latest: Post }
         type Post { text: String! author: User! }
         extend type User @key(fields: \"id\") { id: ID! @external posts: [Post!]! }",
        json!({
            "Query": { "latest": { "text": "Hello", "author": { "id": "1" } } },
            "User": [{ "id": "1", "posts": [{ "text": "Hello", "author": { "id": "1" } }] }],
        }),
    );
    World::of([users, posts])
        .check(
            "{ user { id posts { text } } latest { author { name id } } }",
            json!({ "user": { "id": "1", "posts": [{ "text": "Hello" }] }, "latest": { "author": { "name": "Ann", "id": "1" } } }),
        )
        .await;
}

/// Friends and pals take turns, so that the same is asked again two levels below.
#[tokio::test]
async fn what_was_read_is_not_read_again_in_the_same_request() {
    let other = |user: &serde_json::Value| json!({ "id": if user["id"] == "1" { "2" } else { "1" } });
    let friends = Standin::new(
        "friends",
        "type Query { ann: User! } type Mutation { move: User! } type User @key(fields: \"id\") { id: ID! friend: User! }",
        json!({ "Query": { "ann": { "id": "1" } }, "Mutation": { "move": { "id": "1" } } }),
    )
    .compute("User.friend", move |user, _| other(user));
    let pals = Standin::new(
        "pals",
        "type Mutation { greet: User! } type User @key(fields: \"id\") { id: ID! pal: User! }",
        json!({ "Mutation": { "greet": { "id": "2" } } }),
    )
    .compute("User.pal", move |user, _| other(user));
    let world = World::of([friends, pals]);
    let expected = json!({ "friend": { "pal": { "friend": { "pal": { "friend": { "pal": { "id": "1" } } } } } } });
    world
        .check("{ ann { friend { pal { friend { pal { friend { pal { id } } } } } } } }", json!({ "ann": expected }))
        .await;
    let mut asked: Vec<String> =
        world.asked().iter().map(|asked| format!("{} {} {}", asked.service, asked.query, asked.variables)).collect();
    let all = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), all, "{asked:#?}");
    assert!(all < 6, "{asked:#?}");
    // After each act of a mutation it is.
    world
        .check(
            "mutation { a: move { friend { pal { friend { id } } } } b: move { friend { pal { friend { id } } } } }",
            json!({ "a": { "friend": { "pal": { "friend": { "id": "2" } } } }, "b": { "friend": { "pal": { "friend": { "id": "2" } } } } }),
        )
        .await;
    assert_eq!(world.asked().iter().filter(|asked| asked.service == "pals").count(), 2);
}
