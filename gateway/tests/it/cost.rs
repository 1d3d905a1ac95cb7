//! What operations cost, and who may spend how much.

use async_graphql::{EmptyMutation, EmptySubscription, Interface, Object, Schema, SimpleObject, Union};
use axum::http::StatusCode;
use chrono::TimeDelta;
use pipewright_gateway::{Limits, Supergraph, router};
use serde_json::{Value, json};

use crate::{
    http::{Keys, RESPONSE, post, query, send},
    shop::{Shop, clock},
};

#[derive(SimpleObject)]
struct Author {
    name: String,
    born: Place,
}

#[derive(SimpleObject)]
struct Place {
    city: String,
}

#[derive(SimpleObject)]
struct Book {
    title: String,
    author: Author,
    tags: Vec<String>,
}

#[derive(SimpleObject)]
struct Map {
    title: String,
    of: Place,
}

#[derive(Union)]
enum Item {
    Book(Book),
    Map(Map),
}

#[derive(Interface)]
#[graphql(field(name = "title", ty = "&String"))]
enum Titled {
    Book(Book),
    Map(Map),
}

#[derive(SimpleObject)]
struct Edge {
    node: Book,
}

#[derive(SimpleObject)]
struct Books {
    edges: Vec<Edge>,
    total: i32,
}

struct Query;

#[Object]
impl Query {
    async fn motto(&self) -> &str {
        "read"
    }

    async fn books(&self, first: Option<i32>, last: Option<i32>, #[graphql(default = 3)] limit: i32) -> Books {
        let _ = (first, last, limit);
        Books { edges: Vec::new(), total: 0 }
    }

    async fn shelf(&self, first: Option<i32>) -> Vec<Book> {
        let _ = first;
        Vec::new()
    }

    async fn items(&self) -> Vec<Item> {
        Vec::new()
    }

    async fn titled(&self) -> Vec<Titled> {
        Vec::new()
    }
}

const COST: &str = "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | FIELD_DEFINITION | OBJECT\n\
     directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], \
     requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION\n";

/// A library that limits costs. `edit` is what the supergraph says beyond the subgraph, as replacements.
fn library(limits: Limits, edit: &[(&str, &str)]) -> Shop {
    let mut builder = Shop::empty().limits(limits);
    builder.add("library", Schema::new(Query, EmptyMutation, EmptySubscription));
    let mut supergraph = builder.compose();
    for (from, to) in edit {
        assert!(supergraph.contains(from), "{from} is not in {supergraph}");
        supergraph = supergraph.replace(from, to);
    }
    let supergraph = if edit.is_empty() { supergraph } else { format!("{COST}{supergraph}") };
    builder.supergraph(supergraph).build()
}

fn limited() -> Limits {
    Limits { cost: 1_000_000, assumed_list_size: 10, ..Limits::default() }
}

async fn cost(shop: &Shop, query: &str, variables: Value) -> Value {
    shop.ask_with(query, variables).await["extensions"]["cost"]["requested"].clone()
}

#[tokio::test]
async fn objects_cost_one_leaves_nothing_and_lists_what_they_may_hold() {
    let shop = library(limited(), &[]);
    for (query, variables, expected) in [
        // One for the operation itself.
        ("{ motto }", json!({}), 1),
        ("{ __typename }", json!({}), 1),
        // A connection, its edges, in each a book.
        ("{ books(first: 5) { total edges { node { title } } } }", json!({}), 1 + 1 + 5 * 2),
        ("{ books(last: 7) { edges { node { title tags } } } }", json!({}), 1 + 1 + 7 * 2),
        ("query ($n: Int) { books(first: $n) { edges { node { title } } } }", json!({ "n": 20 }), 1 + 1 + 20 * 2),
        ("query ($n: Int = 4) { books(first: $n) { edges { node { title } } } }", json!({}), 1 + 1 + 4 * 2),
        // Nobody says how many: ten are assumed.
        ("{ books { edges { node { title } } } }", json!({}), 1 + 1 + 10 * 2),
        ("query ($n: Int) { books(first: $n) { edges { node { title } } } }", json!({ "n": null }), 1 + 1 + 10 * 2),
        ("{ shelf(first: 3) { title } }", json!({}), 1 + 3),
        ("{ shelf { author { born { city } } } }", json!({}), 1 + 10 * 3),
        ("{ shelf(first: 0) { title } }", json!({}), 1),
        ("{ shelf(first: -5) { title } }", json!({}), 1),
        // What merges is counted once, aliases are not.
        ("{ shelf(first: 2) { title } shelf(first: 2) { author { name } } }", json!({}), 1 + 2 * 2),
        ("{ shelf(first: 2) { title } more: shelf(first: 2) { author { name } } }", json!({}), 1 + 2 + 2 * 2),
        // An object is a book or a map, so the dearer counts.
        ("{ items { ... on Book { author { born { city } } } ... on Map { of { city } } } }", json!({}), 1 + 10 * 3),
        ("{ titled { title ... on Map { of { city } } ... on Titled { title } } }", json!({}), 1 + 10 * 2),
        // Left out is free.
        ("query ($x: Boolean = false) { motto shelf @include(if: $x) { title } }", json!({}), 1),
    ] {
        assert_eq!(cost(&shop, query, variables).await, expected, "{query}");
    }
}

#[tokio::test]
async fn the_schema_may_say_what_things_cost_and_how_long_lists_are() {
    let shop = library(
        limited(),
        &[
            ("type Place @join", "type Place @cost(weight: 3) @join"),
            ("motto: String!", "motto: String! @cost(weight: 7)"),
            ("items: [Item!]!", "items: [Item!]! @listSize(assumedSize: 50)"),
            (
                "books(first: Int, last: Int, limit: Int! = 3): Books!",
                "books(first: Int @cost(weight: 4), last: Int, limit: Int! = 3): Books! \
                 @listSize(slicingArguments: [\"limit\"], sizedFields: [\"edges\"])",
            ),
        ],
    );
    for (query, expected) in [
        ("{ motto }", 1 + 7),
        ("{ items { __typename } }", 1 + 50),
        ("{ shelf(first: 1) { author { born { city } } } }", 1 + 1 + 1 + 3),
        ("{ books(limit: 9) { edges { node { title } } } }", 1 + 1 + 9 * 2),
        // The default of the argument; four points for another one.
        ("{ books(first: 100) { edges { node { title } } } }", 1 + 4 + 1 + 3 * 2),
    ] {
        assert_eq!(cost(&shop, query, json!({})).await, expected, "{query}");
    }
    // It is part of the public schema now.
    let data = shop.data("{ __schema { directives { name } } }").await;
    assert!(data.to_string().contains("listSize"), "{data}");
}

#[tokio::test]
async fn costs_count_under_whatever_names_they_go() {
    for (link, price, size) in [
        (r#"import: [{ name: "@cost", as: "@price" }, { name: "@listSize", as: "@size" }]"#, "@price", "@size"),
        (r#"as: "price""#, "@price", "@price__listSize"),
        (r#"import: ["@listSize"]"#, "@cost", "@listSize"),
    ] {
        let mut builder = Shop::empty().limits(limited());
        builder.add("library", Schema::new(Query, EmptyMutation, EmptySubscription));
        let head = format!(r#"schema @link(url: "https://specs.apollo.dev/cost/v0.1", {link})"#);
        let supergraph = builder
            .compose()
            .replacen("schema", &head, 1)
            .replace("motto: String!", &format!("motto: String! {price}(weight: 7)"))
            .replace("items: [Item!]!", &format!("items: [Item!]! {size}(assumedSize: 50)"));
        let shop = builder.supergraph(supergraph).build();
        for (query, expected) in [("{ motto }", 1 + 7), ("{ items { __typename } }", 1 + 50)] {
            assert_eq!(cost(&shop, query, json!({})).await, expected, "{query} {link}");
        }
    }
}

#[tokio::test]
async fn a_weight_may_be_a_string_and_one_that_is_no_number_is_refused_at_the_start() {
    let mut builder = Shop::empty().limits(limited());
    builder.add("library", Schema::new(Query, EmptyMutation, EmptySubscription));
    let composed = builder.compose();
    let saying = |directive: &str| composed.replace("motto: String!", &format!("motto: String! {directive}"));
    let definition = COST.replace("weight: Int!", "weight: String!");
    let weighing = |weight: &str| format!("{definition}{}", saying(&format!("@cost(weight: {weight})")));
    let shop = builder.supergraph(weighing("\"7\"")).build();
    assert_eq!(cost(&shop, "{ motto }", json!({})).await, 8);
    for weight in ["\"seven\"", "\"-1\"", "\"NaN\""] {
        let refused = Supergraph::parse(&weighing(weight)).unwrap_err().to_string();
        assert!(refused.contains(&format!("@cost(weight: {weight}) on Query")), "{refused}");
    }
    // What the planner gives up on is told in its own words.
    let label = "@join__field(graph: LIBRARY, override: \"x\", overrideLabel: \"percent(101)\")";
    let refused = Supergraph::parse(&saying(label)).unwrap_err().to_string();
    assert!(refused.contains("between 0 and 100"), "{refused}");
}

#[tokio::test]
async fn a_field_may_want_exactly_one_argument_that_sizes_it() {
    let sized = "shelf(first: Int): [Book!]! @listSize(slicingArguments: [\"first\"])";
    let shop = library(limited(), &[("shelf(first: Int): [Book!]!", sized)]);
    let answer = shop.ask("{ shelf { title } }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{answer}");
    assert_eq!(answer["errors"][0]["locations"], json!([{ "line": 1, "column": 3 }]));
    assert_eq!(cost(&shop, "{ shelf(first: 4) { title } }", json!({})).await, 5);
}

#[tokio::test]
async fn an_operation_that_costs_too_much_does_not_run() {
    let shop = library(Limits { cost: 20, ..limited() }, &[]);
    let answer = shop.ask("{ shelf(first: 20) { title } }").await;
    assert_eq!(answer.get("data"), None);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "COST_LIMIT_EXCEEDED");
    assert_eq!(answer["errors"][0]["message"], "the operation costs 21, and one may cost 20");
    assert_eq!(answer["extensions"]["cost"], json!({ "requested": 21, "limit": 20 }));
    let answer = shop.ask("{ shelf(first: 19) { title } }").await;
    assert_eq!(answer, json!({ "data": { "shelf": [] }, "extensions": { "cost": { "requested": 20, "limit": 20 } } }));
}

#[tokio::test]
async fn a_list_may_not_be_asked_to_be_too_long() {
    let shop = library(Limits { list_size: 100, ..Limits::default() }, &[]);
    let ask = "query ($n: Int) {\n  books(first: $n) { total }\n  shelf(first: 101) { title }\n}";
    let answer = shop.ask_with(ask, json!({ "n": 5000 })).await;
    let told = |error: &Value| {
        assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED");
        assert_eq!(
            (&error["extensions"]["limit"], &error["extensions"]["maximum"]),
            (&json!("list_size"), &json!(100))
        );
        (error["message"].clone(), error["locations"][0].clone())
    };
    let errors: Vec<_> = answer["errors"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        errors,
        [
            (json!("`first` asks for 5000 entries; 100 are allowed"), json!({ "line": 2, "column": 9 })),
            (json!("`first` asks for 101 entries; 100 are allowed"), json!({ "line": 3, "column": 9 })),
        ]
    );
    shop.data("{ books(last: 100) { total } }").await;
    // Costs are not limited here, so nothing is said of them.
    assert_eq!(shop.ask("{ motto }").await, json!({ "data": { "motto": "read" } }));
}

#[tokio::test]
async fn a_key_that_has_spent_its_budget_waits_for_it() {
    let clock = clock();
    let limits = Limits { cost: 50, cost_budget: 60, ..limited() };
    let mut builder = Shop::empty().limits(limits).clock(clock.clone()).authenticator(Keys(Default::default()));
    builder.add("library", Schema::new(Query, EmptyMutation, EmptySubscription));
    let router = router(builder.build().gateway);
    let ask = |accept: &'static str, size: usize| {
        let headers = [("accept", accept), ("x-api-key", "good")];
        let router = router.clone();
        async move { send(&router, post(&headers, query(&format!("{{ shelf(first: {size}) {{ title }} }}")))).await }
    };
    let answer = ask(RESPONSE, 39).await;
    assert_eq!(answer.status, StatusCode::OK);
    let left = json!({ "requested": 40, "limit": 50, "budget": 60, "remaining": 20, "resetSeconds": 40 });
    assert_eq!(answer.json()["extensions"]["cost"], left);
    for accept in [RESPONSE, "application/json", "text/event-stream"] {
        let answer = ask(accept, 29).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{accept}");
        assert_eq!((answer.header("retry-after"), answer.code().as_str()), ("10", "RATE_LIMITED"));
        assert_eq!(answer.json()["extensions"]["cost"]["remaining"], 20);
    }
    clock.advance(TimeDelta::seconds(10));
    assert_eq!(ask("application/json", 29).await.json()["extensions"]["cost"]["remaining"], 0);
}
