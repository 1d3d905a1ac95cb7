//! Interfaces, unions and interface objects whose members live in several services.

use serde_json::json;

use crate::standin::{Standin, World};

/// Vehicles: the works know every kind, the road knows cars and a union of its own.
pub fn garage() -> World {
    let works = Standin::new(
        "works",
        "type Query { vehicles: [Vehicle!]! named: [Named] one(id: ID!): Vehicle }
         interface Named { name: String! }
         interface Vehicle implements Named { id: ID! name: String! wheels: Int! }
         type Car implements Vehicle & Named @key(fields: \"id\") { id: ID! name: String! wheels: Int! doors: Int! }
         type Bike implements Vehicle & Named @key(fields: \"id\") { id: ID! name: String! wheels: Int! bell: Boolean! }
         type Horse implements Named { name: String! }",
        json!({
            "Query": {
                "vehicles": [
                    { "__typename": "Car", "id": "c", "name": "Käfer", "wheels": 4, "doors": 3 },
                    { "__typename": "Bike", "id": "b", "name": "Rad", "wheels": 2, "bell": true },
                ],
                "named": [
                    { "__typename": "Horse", "name": "Rocinante" },
                    null,
                    { "__typename": "Bike", "id": "b", "name": "Rad", "wheels": 2, "bell": true },
                ],
            },
            "Car": [{ "id": "c", "name": "Käfer", "wheels": 4, "doors": 3 }],
            "Bike": [{ "id": "b", "name": "Rad", "wheels": 2, "bell": true }],
        }),
    )
    .compute("Query.one", |query, arguments| {
        let all = query["vehicles"].as_array().unwrap();
        all.iter().find(|vehicle| vehicle["id"] == arguments["id"]).cloned().unwrap_or_default()
    });
    let road = Standin::new(
        "road",
        "type Query { seen: [Seen!]! }
         union Seen = Car | Sign
         interface Taxed { tax: Int! }
         type Car implements Taxed @key(fields: \"id\") { id: ID! tax: Int! speed: Speed! }
         type Bike @key(fields: \"id\") { id: ID! speed: Speed! }
         type Speed { kmh: Int! limit(unit: String): String! }
         type Sign { text: String! }",
        json!({
            "Query": { "seen": [{ "__typename": "Sign", "text": "Stop" }, { "__typename": "Car", "id": "c", "tax": 80, "speed": { "kmh": 130 } }] },
            "Car": [{ "id": "c", "tax": 80, "speed": { "kmh": 130 } }],
            "Bike": [{ "id": "b", "speed": { "kmh": 25 } }],
        }),
    )
    .compute("Speed.limit", |speed, arguments| json!(format!("{} {}", speed["kmh"], arguments["unit"].as_str().unwrap_or("km/h"))));
    World::of([works, road])
}

#[tokio::test]
async fn each_kind_gets_its_own_fields_from_its_own_service() {
    garage()
        .check(
            "{ vehicles { __typename name ... on Car { doors tax speed { kmh } } ... on Bike { speed { limit(unit: \"mph\") } } wheels } }",
            json!({ "vehicles": [
                { "__typename": "Car", "name": "Käfer", "doors": 3, "tax": 80, "speed": { "kmh": 130 }, "wheels": 4 },
                { "__typename": "Bike", "name": "Rad", "speed": { "limit": "25 mph" }, "wheels": 2 },
            ] }),
        )
        .await;
}

#[tokio::test]
async fn an_interface_may_be_asked_for_by_another() {
    let garage = garage();
    garage
        .check(
            "{ named { name ... on Vehicle { wheels ... on Taxed { tax } } ... on Taxed { __typename } } }",
            json!({ "named": [{ "name": "Rocinante" }, null, { "name": "Rad", "wheels": 2 }] }),
        )
        .await;
    garage
        .check(
            "{ vehicles { ... on Taxed { tax ... on Vehicle { name } } } }",
            json!({ "vehicles": [{ "tax": 80, "name": "Käfer" }, {}] }),
        )
        .await;
    garage
        .check(
            "{ vehicles { ... on Named { ... on Vehicle { ... on Named { ... on Car { ... on Vehicle { id } } } } } } }",
            json!({ "vehicles": [{ "id": "c" }, {}] }),
        )
        .await;
}

#[tokio::test]
async fn a_union_member_is_completed_by_another_service() {
    garage()
        .check(
            "{ seen { ... on Sign { text } ... on Car { name speed { limit } } ... on Vehicle { wheels } } }",
            json!({ "seen": [{ "text": "Stop" }, { "name": "Käfer", "speed": { "limit": "130 km/h" }, "wheels": 4 }] }),
        )
        .await;
}

#[tokio::test]
async fn the_same_alias_may_mean_another_field_of_another_type() {
    garage()
        .check(
            "{ vehicles { ... on Car { what: doors id: name } ... on Bike { what: wheels id: name } }
               one(id: \"b\") { ... on Bike { x: speed { y: kmh } } ... on Car { x: speed { y: kmh } } } }",
            json!({
                "vehicles": [{ "what": 3, "id": "Käfer" }, { "what": 2, "id": "Rad" }],
                "one": { "x": { "y": 25 } },
            }),
        )
        .await;
}

#[tokio::test]
async fn the_same_alias_may_hold_values_of_different_nullability_shapes() {
    garage()
        .check(
            "{ vehicles { ... on Car { it: speed { kmh } } ... on Bike { it: speed { limit } } } }",
            json!({ "vehicles": [{ "it": { "kmh": 130 } }, { "it": { "limit": "25 km/h" } }] }),
        )
        .await;
}

/// Media: one service knows books and films apart, others know them as one.
pub fn media() -> World {
    let items = json!([
        { "__typename": "Book", "id": "b1", "title": "Emma", "pages": 400 },
        { "__typename": "Film", "id": "f1", "title": "Solaris", "minutes": 167 },
    ]);
    let catalogue = Standin::new(
        "catalogue",
        "type Query { media: [Media!]! }
         interface Media @key(fields: \"id\") { id: ID! title: String! }
         type Book implements Media @key(fields: \"id\") { id: ID! title: String! pages: Int! }
         type Film implements Media @key(fields: \"id\") { id: ID! title: String! minutes: Int! }",
        json!({ "Query": { "media": items }, "Book": [items[0]], "Film": [items[1]] }),
    );
    let ratings = Standin::new(
        "ratings",
        "type Query { best: Media! ranking: [Ranked!]! }
         type Ranked { place: Int! media: Media }
         type Media @interfaceObject @key(fields: \"id\") { id: ID! stars: Int! review(by: String): Review }
         type Review { text: String! of: Media! }",
        json!({
            "Query": {
                "best": { "id": "f1", "stars": 5 },
                "ranking": [{ "place": 1, "media": { "id": "b1", "stars": 4 } }, { "place": 2, "media": null }],
            },
            "Media": [{ "id": "b1", "stars": 4 }, { "id": "f1", "stars": 5 }],
        }),
    )
    .compute("Media.review", |media, _| if media["id"] == "f1" { json!({ "text": "Slow" }) } else { json!(null) })
    .compute("Review.of", |_, _| json!({ "id": "f1", "stars": 5 }));
    let cinema = Standin::new(
        "cinema",
        "type Film @key(fields: \"id\") { id: ID! shows: [String!]! }",
        json!({ "Film": [{ "id": "f1", "shows": ["20:15"] }] }),
    );
    let labels = Standin::new(
        "labels",
        "type Media @interfaceObject @key(fields: \"id\") {
           id: ID! stars: Int! @external title: String! @external label: String! @requires(fields: \"stars title\")
         }",
        json!({}),
    )
    .compute("Media.label", |media, _| json!(format!("{} {}", media["title"].as_str().unwrap(), media["stars"])));
    World::of([catalogue, ratings, cinema, labels])
}

#[tokio::test]
async fn an_interface_object_adds_to_every_kind() {
    media()
        .check(
            "{ media { title stars ... on Book { pages stars } ... on Film { shows review { text } } } }",
            json!({ "media": [
                { "title": "Emma", "stars": 4, "pages": 400 },
                { "title": "Solaris", "stars": 5, "shows": ["20:15"], "review": { "text": "Slow" } },
            ] }),
        )
        .await;
}

#[tokio::test]
async fn an_interface_object_is_given_its_true_type() {
    let media = media();
    media
        .check(
            "{ best { __typename stars title } ranking { place media { __typename title } } }",
            json!({
                "best": { "__typename": "Film", "stars": 5, "title": "Solaris" },
                "ranking": [{ "place": 1, "media": { "__typename": "Book", "title": "Emma" } }, { "place": 2, "media": null }],
            }),
        )
        .await;
    media.check("{ best { stars } }", json!({ "best": { "stars": 5 } })).await;
}

#[tokio::test]
async fn a_kind_below_an_interface_object_field_has_its_own_fields() {
    media()
        .check("{ best { ... on Film { minutes } ... on Book { pages } } }", json!({ "best": { "minutes": 167 } }))
        .await;
}

#[tokio::test]
async fn a_kind_below_an_interface_object_field_has_the_fields_of_a_third_service() {
    media()
        .check(
            "{ best { stars ... on Film { shows title } } }",
            json!({ "best": { "stars": 5, "shows": ["20:15"], "title": "Solaris" } }),
        )
        .await;
    media()
        .check(
            "{ ranking { media { ... on Film { shows } ... on Book { pages kind: __typename } } } best { review { of { ... on Film { shows } } } } }",
            json!({
                "ranking": [{ "media": { "pages": 400, "kind": "Book" } }, { "media": null }],
                "best": { "review": { "of": { "shows": ["20:15"] } } },
            }),
        )
        .await;
}

#[tokio::test]
async fn an_interface_object_field_on_one_kind_only() {
    media()
        .check(
            "{ media { ... on Book { stars } } best { ... on Film { stars } } }",
            json!({ "media": [{ "stars": 4 }, {}], "best": { "stars": 5 } }),
        )
        .await;
    media().check("{ best { ... on Book { stars } } }", json!({ "best": {} })).await;
}

#[tokio::test]
async fn an_interface_object_may_require_fields_of_others() {
    let media = media();
    media
        .check(
            "{ media { label } best { label } }",
            json!({ "media": [{ "label": "Emma 4" }, { "label": "Solaris 5" }], "best": { "label": "Solaris 5" } }),
        )
        .await;
    media.check("{ media { ... on Film { label } } }", json!({ "media": [{}, { "label": "Solaris 5" }] })).await;
}

/// Two services share a union without agreeing on its members; a box is known to both, a drawer is not.
pub fn unions() -> World {
    let letter = json!({ "__typename": "Letter", "text": "Dear" });
    let service = |name: &str, member: &str, other: serde_json::Value| {
        let lid = json!({ "items": [letter, other] });
        Standin::new(
            name,
            &format!(
                "type Query {{ {name}: Box {name}Drawer: Drawer shared: Lid @shareable }}
                 type Box @key(fields: \"id\") {{ id: ID! lid: Lid @shareable }}
                 type Drawer @shareable {{ lid: Lid }}
                 type Lid @shareable {{ items: [Item!]! }}
                 union Item = Letter | {member}
                 type Letter @shareable {{ text: String! }} type {member} {{ worth: Int }}"
            ),
            json!({
                "Query": { name: { "id": "1", "lid": lid }, format!("{name}Drawer"): { "lid": lid }, "shared": { "items": [letter] } },
                "Box": [{ "id": "1", "lid": lid }],
            }),
        )
    };
    World::of([
        service("post", "Parcel", json!({ "__typename": "Parcel", "worth": 7 })),
        service("bank", "Cheque", json!({ "__typename": "Cheque", "worth": 100 })),
    ])
}

const ITEMS: &str =
    "lid { items { __typename ... on Letter { text } ... on Parcel { worth } ... on Cheque { worth } } }";

#[tokio::test]
async fn services_may_know_different_members_of_a_union() {
    let unions = unions();
    let letter = json!({ "__typename": "Letter", "text": "Dear" });
    unions
        .check(
            &format!("{{ postDrawer {{ {ITEMS} }} bankDrawer {{ {ITEMS} }} }}"),
            json!({
                "postDrawer": { "lid": { "items": [letter, { "__typename": "Parcel", "worth": 7 }] } },
                "bankDrawer": { "lid": { "items": [letter, { "__typename": "Cheque", "worth": 100 }] } },
            }),
        )
        .await;
    unions
        .check(
            "{ shared { items { ... on Letter { text } ... on Cheque { worth } } } postDrawer { lid { items { ... on Cheque { worth } } } } }",
            json!({ "shared": { "items": [{ "text": "Dear" }] }, "postDrawer": { "lid": { "items": [{}, {}] } } }),
        )
        .await;
}

/// A known limit of the planner: where both could answer a shared field, it asks for the members that both know.
#[tokio::test]
async fn a_shared_union_below_an_entity_has_the_members_that_all_know() {
    unions()
        .check(
            &format!("{{ post {{ {ITEMS} }} }}"),
            json!({ "post": { "lid": { "items": [
                { "__typename": "Letter", "text": "Dear" },
                { "__typename": "Parcel", "worth": null },
            ] } } }),
        )
        .await;
}

#[tokio::test]
async fn kinds_below_an_interface_object_may_ask_for_different_things() {
    let media = media();
    media
        .check(
            "{ best { ... on Film { stars label title } ... on Book { stars } } }",
            json!({ "best": { "stars": 5, "label": "Solaris 5", "title": "Solaris" } }),
        )
        .await;
    // The planner gives up on two arguments under one name; told apart, it does not.
    media
        .check(
            "{ best { a: stars ... on Film { a: stars b: review(by: \"x\") { text } } ... on Book { b: review { text } } }
               media { ... on Film { b: review(by: \"a\") { of { t: title } } } ... on Book { b: review(by: \"b\") { of { t: label } } } } }",
            json!({
                "best": { "a": 5, "b": { "text": "Slow" } },
                "media": [{ "b": null }, { "b": { "of": { "t": "Solaris" } } }],
            }),
        )
        .await;
}
