//! Values that are not quite what the schema says: what services give is held to it, and an id may be a number.

use serde_json::{Value, json};

use crate::standin::{Standin, World};

/// Gives these facts, whatever it is asked.
fn facts(facts: &Value) -> World {
    let sdl = "type Query { facts: Facts }
        type Facts {
          whole: Int real: Float text: String yes: Boolean id: ID numbers: [Int] all: [Int!] must: Int! mood: Mood
          any: JSON other: Facts
        }
        enum Mood { GLAD GRIM @inaccessible }
        scalar JSON";
    World::of([Standin::new("facts", sdl, json!({})).saying(json!({ "facts": facts }))])
}

#[tokio::test]
async fn what_is_not_of_its_type_is_an_error_of_its_field() {
    for (field, wrong) in [
        ("whole", json!("abc")),
        ("whole", json!(99_999_999_999_i64)),
        ("whole", json!(1.5)),
        ("real", json!("1")),
        ("text", json!({ "x": 1 })),
        ("text", json!(1)),
        ("yes", json!("yes")),
        ("id", json!(1.5)),
        ("numbers", json!(5)),
        ("mood", json!("GRIM")),
        ("mood", json!("FURIOUS")),
        ("other { whole }", json!("facts")),
    ] {
        let name = field.split(' ').next().unwrap();
        let (world, query) = (facts(&json!({ name: wrong })), format!("{{ facts {{ {field} }} }}"));
        let path = format!("facts.{name}");
        world.fails(&query, json!({ "facts": { name: null } }), &[(path.as_str(), "INTERNAL")]).await;
        let answer = world.ask(&query).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("a service gave no ") && message.ends_with(&format!("Facts.{name}")), "{message}");
        assert!(!message.contains("GRIM"), "{message}");
    }
}

#[tokio::test]
async fn what_is_of_its_type_passes() {
    let given =
        json!({ "whole": 3.0, "real": 2, "id": 7, "numbers": [1, null], "mood": "GLAD", "any": [{ "x": 1.5 }] });
    facts(&given)
        .check(
            "{ facts { whole real id numbers mood any } }",
            json!({ "facts": { "whole": 3, "real": 2, "id": "7", "numbers": [1, null], "mood": "GLAD", "any": [{ "x": 1.5 }] } }),
        )
        .await;
}

#[tokio::test]
async fn a_null_rises_from_what_is_not_of_its_type() {
    facts(&json!({ "must": "abc" }))
        .fails("{ facts { must } }", json!({ "facts": null }), &[("facts.must", "INTERNAL")])
        .await;
    facts(&json!({ "all": [1, "2", 3] }))
        .fails("{ facts { all } }", json!({ "facts": { "all": null } }), &[("facts.all.1", "INTERNAL")])
        .await;
}

#[tokio::test]
async fn an_id_may_be_written_as_a_number_and_is_text_to_services() {
    let leads = Standin::new(
        "leads",
        "type Query { lead(id: ID!): String leads(ids: [ID!]): String find(by: By): String }
         input By { ids: [ID!] not: By age: Int }",
        json!({}),
    )
    .compute("Query.lead", |_, arguments| json!(arguments["id"].to_string()))
    .compute("Query.leads", |_, arguments| json!(arguments["ids"].to_string()))
    .compute("Query.find", |_, arguments| json!(arguments["by"].to_string()));
    let world = World::of([leads]);
    world.check("{ lead(id: 5) }", json!({ "lead": "\"5\"" })).await;
    world.check("{ leads(ids: [5, \"a\"]) }", json!({ "leads": "[\"5\",\"a\"]" })).await;
    world.check("{ find(by: { not: { ids: [5] } }) }", json!({ "find": "{\"not\":{\"ids\":[\"5\"]}}" })).await;
    world.check("{ find(by: { age: 5 }) }", json!({ "find": "{\"age\":5}" })).await;
    world.check("query ($id: ID! = 5) { lead(id: $id) }", json!({ "lead": "\"5\"" })).await;
    let find = "query ($by: By) { find(by: $by) }";
    let by = json!({ "by": { "not": { "ids": 5 } } });
    world.check_with(find, by, json!({ "find": "{\"not\":{\"ids\":[\"5\"]}}" })).await;
    world.check_with("query ($id: ID!) { lead(id: $id) }", json!({ "id": 5 }), json!({ "lead": "\"5\"" })).await;
    let query = "query ($id: ID!) { leads(ids: [$id, 6]) }";
    world.check_with(query, json!({ "id": 5 }), json!({ "leads": "[\"5\",\"6\"]" })).await;
}

#[tokio::test]
async fn an_id_may_be_as_long_a_number_as_one_likes_and_no_other_number_may() {
    const LONG: &str = "123456789012345678901234567890";
    let leads = Standin::new(
        "leads",
        "scalar Any
         type Query { lead(id: ID!): String leads(ids: [ID!]): String find(by: By): String keep(it: Any): String }
         input By { ids: [ID!] age: Int it: Any }",
        json!({}),
    )
    .compute("Query.lead", |_, arguments| json!(arguments["id"].to_string()))
    .compute("Query.leads", |_, arguments| json!(arguments["ids"].to_string()))
    .compute("Query.find", |_, arguments| json!(arguments["by"].to_string()))
    .compute("Query.keep", |_, arguments| json!(arguments["it"].to_string()));
    let world = World::of([leads]);
    let long = format!("\"{LONG}\"");
    world.check(&format!("{{ lead(id: {LONG}) }}"), json!({ "lead": long })).await;
    world.check(&format!("query ($id: ID! = {LONG}) {{ lead(id: $id) }}"), json!({ "lead": long })).await;
    let spread = format!("{{ ...Lead }} fragment Lead on Query {{ lead(id: {LONG}) }}");
    world.check(&spread, json!({ "lead": long })).await;
    world.check(&format!("{{ leads(ids: [-{LONG}, 7]) }}"), json!({ "leads": format!("[\"-{LONG}\",\"7\"]") })).await;
    let found = format!("{{\"ids\":[\"{LONG}\"]}}");
    world.check(&format!("{{ find(by: {{ ids: {LONG} }}) }}"), json!({ "find": found })).await;
    for other in ["find(by: { age: NUMBER })", "find(by: { it: [NUMBER] })", "keep(it: { id: NUMBER })"] {
        let refused = world.ask(&format!("{{ {} }}", other.replace("NUMBER", LONG))).await;
        let error = &refused["errors"][0];
        assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{refused}");
        assert_eq!(error["locations"][0]["line"], 1, "{refused}");
    }
}

#[tokio::test]
async fn whole_numbers_larger_than_any_int_are_floats_and_ids() {
    let sums = Standin::new("sums", "type Query { half(of: Float): Float lead(id: ID): String }", json!({}))
        .compute("Query.half", |_, arguments| json!(arguments["of"].as_f64().unwrap() / 2.0))
        .compute("Query.lead", |_, arguments| json!(arguments["id"].to_string()));
    let world = World::of([sums]);
    let half = "query ($of: Float) { half(of: $of) }";
    for of in [json!(9_007_199_254_740_992_u64), json!(u64::MAX), json!(i64::MIN), json!(3)] {
        world.check_with(half, json!({ "of": of }), json!({ "half": of.as_f64().unwrap() / 2.0 })).await;
    }
    let lead = "query ($id: ID) { lead(id: $id) }";
    world.check_with(lead, json!({ "id": u64::MAX }), json!({ "lead": format!("\"{}\"", u64::MAX) })).await;
    let refused = world.ask_with(lead, json!({ "id": 1.5 })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{refused}");
}
