//! Corners where services agree on less than one would think.

use serde_json::{Value, json};

use crate::standin::{Standin, World};

/// Two services that agree on what is there, but not on what may be null and of which kind it is. Our composer wants
/// them to; others do not.
const SHELVES: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph { ONE @join__graph(name: "one", url: "http://one.invalid") TWO @join__graph(name: "two", url: "http://two.invalid") }
type Query @join__type(graph: ONE) @join__type(graph: TWO) { mine: Shelf @join__field(graph: ONE) yours: Shelf @join__field(graph: TWO) }
type Shelf @join__type(graph: ONE, key: "id") @join__type(graph: TWO, key: "id") {
  id: ID!
  first: Item @join__field(graph: ONE, type: "Book") @join__field(graph: TWO, type: "Item")
  second: Item @join__field(graph: TWO)
  tags: [String] @join__field(graph: ONE, type: "[String!]!") @join__field(graph: TWO, type: "[String]")
}
interface Item @join__type(graph: TWO) { title: String }
type Book implements Item @join__implements(graph: TWO, interface: "Item") @join__type(graph: ONE) @join__type(graph: TWO) {
  title: String @join__field(graph: ONE, type: "String!") @join__field(graph: TWO, type: "String")
}
type Map implements Item @join__implements(graph: TWO, interface: "Item") @join__type(graph: TWO) { title: String scale: Int }
"#;

#[tokio::test]
async fn services_may_differ_on_nulls_and_kinds() {
    let book = json!({ "__typename": "Book", "title": "Emma" });
    let one = Standin::new(
        "one",
        "type Query { mine: Shelf } type Shelf @key(fields: \"id\") { id: ID! first: Book tags: [String!]! } type Book { title: String! }",
        json!({ "Query": { "mine": { "id": "s", "first": { "title": "Emma" }, "tags": ["red"] } } }),
    );
    let two = Standin::new(
        "two",
        "type Query { yours: Shelf } type Shelf @key(fields: \"id\") { id: ID! first: Item second: Item tags: [String] }
         interface Item { title: String } type Book implements Item { title: String } type Map implements Item { title: String scale: Int }",
        json!({
            "Query": { "yours": { "id": "t", "first": book, "tags": [null, "blue"] } },
            "Shelf": [{ "id": "s", "first": book, "second": { "__typename": "Map", "title": null, "scale": 25 } }],
        }),
    );
    World::served(SHELVES, [one, two])
        .check(
            "{ mine { tags first { __typename title } second { title ... on Map { scale } } } yours { tags first { title ... on Book { __typename } } } }",
            json!({
                "mine": { "tags": ["red"], "first": { "__typename": "Book", "title": "Emma" }, "second": { "title": null, "scale": 25 } },
                "yours": { "tags": [null, "blue"], "first": { "title": "Emma", "__typename": "Book" } },
            }),
        )
        .await;
}

/// News: the feed hands out references, the writers own posts, and the archive took over half of them.
pub fn news() -> World {
    let feed = Standin::new(
        "feed",
        "type Query { feed: [Post!]! }
         interface Post { id: ID! at: String! }
         type Text implements Post @key(fields: \"id\") { id: ID! at: String! }
         type Image implements Post @key(fields: \"id\") { id: ID! at: String! }",
        json!({ "Query": { "feed": [{ "__typename": "Image", "id": "i1", "at": "feed" }, { "__typename": "Text", "id": "t1", "at": "feed" }] }, "Image": [{ "id": "i1", "at": "feed" }] }),
    );
    let archive = Standin::new(
        "archive",
        "type Query { old: [Post!]! }
         interface Post { id: ID! at: String! }
         type Text implements Post @key(fields: \"id\") { id: ID! at: String! @override(from: \"feed\") words: Int! next: Post }
         type Image implements Post @key(fields: \"id\") { id: ID! at: String! @external }",
        json!({
            "Query": { "old": [{ "__typename": "Text", "id": "t1", "at": "archive", "words": 9, "next": { "__typename": "Image", "id": "i1" } }] },
            "Text": [{ "id": "t1", "at": "archive", "words": 9, "next": { "__typename": "Image", "id": "i1" } }],
        }),
    );
    World::of([feed, archive])
}

#[tokio::test]
async fn one_kind_may_be_overridden_and_the_other_not() {
    news()
        .check(
            "{ feed { id at } old { at ... on Text { words next { at id } } } }",
            json!({
                "feed": [{ "id": "i1", "at": "feed" }, { "id": "t1", "at": "archive" }],
                "old": [{ "at": "archive", "words": 9, "next": { "at": "feed", "id": "i1" } }],
            }),
        )
        .await;
}

#[tokio::test]
async fn a_requirement_follows_a_field_to_its_new_owner() {
    let old = Standin::new(
        "old",
        "type Query { crates: [Crate!]! } type Crate @key(fields: \"id\") { id: ID! weight: Int! }",
        json!({ "Query": { "crates": [{ "id": "1", "weight": -1 }] } }),
    );
    let new = Standin::new(
        "new",
        "type Crate @key(fields: \"id\") { id: ID! weight: Int! @override(from: \"old\") }",
        json!({ "Crate": [{ "id": "1", "weight": 5 }] }),
    );
    let freight = Standin::new(
        "freight",
        "type Crate @key(fields: \"id\") { id: ID! weight: Int! @external fee: Int! @requires(fields: \"weight\") }",
        json!({}),
    )
    .compute("Crate.fee", |item, _| json!(10 * item["weight"].as_i64().unwrap()));
    let world = World::of([old, new, freight]);
    world.check("{ crates { fee } }", json!({ "crates": [{ "fee": 50 }] })).await;
    world.check("{ crates { fee weight } }", json!({ "crates": [{ "fee": 50, "weight": 5 }] })).await;
}

#[tokio::test]
async fn an_interface_may_be_provided_and_refer_to_itself() {
    let products = Standin::new(
        "products",
        "type Query { product: Product }
         interface Product { id: ID! alike: Product }
         type Chair implements Product @key(fields: \"id\") { id: ID! alike: Product maker: Maker @external legs: Int! @external }
         type Maker @key(fields: \"id\") { id: ID! name: String! @external }",
        json!({}),
    )
    .compute("Query.product", |_, _| json!({ "__typename": "Chair", "id": "1" }))
    .compute("Chair.alike", |chair, _| json!({ "__typename": "Chair", "id": if chair["id"] == "1" { "2" } else { "1" } }));
    let works = Standin::new(
        "works",
        "type Query { best: Product @provides(fields: \"... on Chair { maker { name } }\") }
         interface Product { id: ID! }
         type Chair implements Product @key(fields: \"id\") { id: ID! maker: Maker @external }
         type Maker @key(fields: \"id\") { id: ID! name: String! @external }",
        json!({ "Query": { "best": { "__typename": "Chair", "id": "1", "maker": { "id": "m", "name": "Thonet, says the works" } } } }),
    );
    let makers = Standin::new(
        "makers",
        "type Chair @key(fields: \"id\") { id: ID! maker: Maker legs: Int! } type Maker @key(fields: \"id\") { id: ID! name: String! }",
        json!({
            "Chair": [{ "id": "1", "legs": 4, "maker": { "id": "m", "name": "Thonet" } }, { "id": "2", "legs": 3, "maker": null }],
            "Maker": [{ "id": "m", "name": "Thonet" }],
        }),
    );
    let world = World::of([products, works, makers]);
    world
        .check(
            "{ product { alike { id alike { ... on Chair { legs maker { name } alike { ... on Chair { maker { name } } } } } } } }",
            json!({ "product": { "alike": { "id": "2", "alike": { "legs": 4, "maker": { "name": "Thonet" }, "alike": { "maker": null } } } } }),
        )
        .await;
    world
        .check(
            "{ best { ... on Chair { maker { name } legs } } }",
            json!({ "best": { "maker": { "name": "Thonet, says the works" }, "legs": 4 } }),
        )
        .await;
}

#[tokio::test]
async fn a_list_of_provided_values_keeps_its_places() {
    let shop = Standin::new(
        "shop",
        "type Query { orders: [Order!]! }
         type Order { lines: [Line] @provides(fields: \"tags { word }\") }
         type Line @key(fields: \"id\") { id: ID! tags: [Tag!] @external price: Int }
         type Tag @key(fields: \"id\") { id: ID! word: String @external rank: Int @external }",
        json!({ "Query": { "orders": [
            { "lines": [{ "id": "1", "price": 5, "tags": [{ "id": "a", "word": "red" }, { "id": "b", "word": null }] }, null] },
            { "lines": [] },
        ] } }),
    );
    let tags = Standin::new(
        "tags",
        "type Line @key(fields: \"id\") { id: ID! tags: [Tag!] }
         type Tag @key(fields: \"id\") { id: ID! word: String rank: Int }",
        json!({ "Tag": [{ "id": "a", "word": "RED", "rank": 1 }, { "id": "b", "word": "BLUE", "rank": 2 }] }),
    )
    .compute(
        "Line.tags",
        |_, _| json!([{ "id": "a", "word": "RED", "rank": 1 }, { "id": "b", "word": "BLUE", "rank": 2 }]),
    );
    World::of([shop, tags])
        .check(
            "{ orders { lines { price tags { word rank } } } }",
            json!({ "orders": [
                { "lines": [{ "price": 5, "tags": [{ "word": "red", "rank": 1 }, { "word": null, "rank": 2 }] }, null] },
                { "lines": [] },
            ] }),
        )
        .await;
}

#[tokio::test]
async fn lists_and_categories_may_make_up_a_key() {
    let catalogue = Standin::new(
        "catalogue",
        "type Query { list: List } type List @key(fields: \"items { id pid group { id tag } } chosen { id pid }\") { items: [Item!]! chosen: Item }
         type Item @key(fields: \"id pid group { id tag }\") { id: ID! pid: ID group: Group } type Group @key(fields: \"id tag\") { id: ID! tag: String }",
        json!({ "Query": { "list": {
            "items": [{ "id": "1", "pid": "p1", "group": { "id": "g", "tag": "t" } }, { "id": "2", "pid": "p2", "group": { "id": "h", "tag": "u" } }],
            "chosen": { "id": "1", "pid": "p1" },
        } } }),
    );
    let counts = Standin::new(
        "counts",
        "type List @key(fields: \"items { id pid group { id tag } } chosen { id pid }\") { items: [Item!]! chosen: Item length: Int! }
         type Item @key(fields: \"id pid group { id tag }\") { id: ID! pid: ID group: Group } type Group @key(fields: \"id tag\") { id: ID! tag: String }",
        json!({}),
    )
    .compute("List.length", |list, _| json!(list["items"].as_array().map(Vec::len)));
    let prices = Standin::new(
        "prices",
        "type Item @key(fields: \"id pid group { id tag }\") { id: ID! pid: ID group: Group price: String }
         type Group @key(fields: \"id tag\") { id: ID! tag: String head: String }",
        json!({}),
    )
    .compute("Item.price", |item, _| json!(format!("{}{}", item["id"], item["group"]["tag"])))
    .compute("Group.head", |group, _| group["id"].clone());
    World::of([catalogue, counts, prices])
        .check(
            "{ list { length items { price group { head } } } }",
            json!({ "list": { "length": 2, "items": [
                { "price": "\"1\"\"t\"", "group": { "head": "g" } },
                { "price": "\"2\"\"u\"", "group": { "head": "h" } },
            ] } }),
        )
        .await;
}

#[tokio::test]
async fn a_value_that_the_schema_does_not_allow_reads_as_null() {
    let service = Standin::new(
        "service",
        "type Query { scalar: Any list: [Int] object: Thing any: [Any!] } scalar Any type Thing { a: Int }",
        json!({ "Query": { "scalar": { "x": [1, { "y": null }] }, "list": [1, null], "any": [[], {}, "s", 1.5, true] } }),
    );
    World::of([service])
        .check(
            "{ scalar list object { a } any }",
            json!({ "scalar": { "x": [1, { "y": null }] }, "list": [1, null], "object": null, "any": [[], {}, "s", 1.5, true] }),
        )
        .await;
}

#[tokio::test]
async fn numbers_and_texts_arrive_as_they_left() {
    let values = json!({
        "max": 2_147_483_647, "min": -2_147_483_648, "float": 1.0e-7, "whole": 3.0, "big": 1.7976931348623157e308,
        "text": "\u{0}\u{1f600}\"\\\n\u{2028}", "id": "007",
    });
    let service = Standin::new(
        "service",
        "type Query { max: Int! min: Int! float: Float! whole: Float! big: Float! text: String! id: ID! echo(id: ID!, text: String, list: [[Int]], float: Float): String }",
        json!({ "Query": values }),
    )
    .compute("Query.echo", |_, arguments| json!(arguments.to_string()));
    let world = World::of([service]);
    world.check("{ max min float whole big text id }", values.clone()).await;
    let variables = json!({ "id": 7, "text": values["text"], "list": [[1, null], null], "float": 2 });
    let answer = world
        .ask_with("query ($id: ID!, $text: String, $list: [[Int]], $float: Float) { echo(id: $id, text: $text, list: $list, float: $float) }", variables)
        .await;
    let echoed: Value =
        serde_json::from_str(answer["data"]["echo"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap();
    assert_eq!(echoed["text"], values["text"]);
    assert_eq!(echoed["list"], json!([[1, null], null]));
    assert_eq!(echoed["float"].as_f64(), Some(2.0));
    assert_eq!(
        echoed["id"].as_str().map(str::to_owned).or(echoed["id"].as_i64().map(|id| id.to_string())).as_deref(),
        Some("7")
    );
}
