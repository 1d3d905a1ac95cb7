//! What several services say of one thing: sharing, overriding, hiding, and enums and inputs that must agree.

use serde_json::json;

use crate::standin::{Standin, World, problems};

#[tokio::test]
async fn shared_values_come_from_whoever_is_asked_anyway() {
    let place = "type Place @shareable { city: String! street: String }";
    let users = Standin::new(
        "users",
        &format!("type Query {{ user: User }} type User @key(fields: \"id\") {{ id: ID! home: Place! }} {place}"),
        json!({ "Query": { "user": { "id": "1", "home": { "city": "Rome", "street": "Via A" } } } }),
    );
    let jobs = Standin::new(
        "jobs",
        &format!("type User @key(fields: \"id\") {{ id: ID! work: Place! }} {place}"),
        json!({ "User": [{ "id": "1", "work": { "city": "Ostia", "street": null } }] }),
    );
    World::of([users, jobs])
        .check(
            "{ user { home { city street } work { street city } } }",
            json!({ "user": { "home": { "city": "Rome", "street": "Via A" }, "work": { "street": null, "city": "Ostia" } } }),
        )
        .await;
}

/// Prices moved from the old service to the new one, which derives a field from another.
pub fn moved() -> World {
    let old = Standin::new(
        "old",
        "type Query { things: [Thing!]! } type Thing @key(fields: \"id\") { id: ID! price: Int! tax: Int! @requires(fields: \"rate\") rate: Int! @external }",
        json!({ "Query": { "things": [{ "id": "1", "price": 1 }] }, "Thing": [{ "id": "1", "price": 1 }] }),
    )
    .compute("Thing.tax", |_, _| json!(-1));
    let new = Standin::new(
        "new",
        "type Thing @key(fields: \"id\") { id: ID! price: Int! @override(from: \"old\") rate: Int!
           tax: Int! @override(from: \"old\") }",
        json!({ "Thing": [{ "id": "1", "price": 2, "rate": 10, "tax": 3 }] }),
    );
    let gone = Standin::new(
        "other",
        "type Thing @key(fields: \"id\") { id: ID! colour: String! @override(from: \"nobody\") }",
        json!({ "Thing": [{ "id": "1", "colour": "red" }] }),
    );
    World::of([old, new, gone])
}

#[tokio::test]
async fn an_overridden_field_comes_from_its_new_owner() {
    moved()
        .check("{ things { price tax colour } }", json!({ "things": [{ "price": 2, "tax": 3, "colour": "red" }] }))
        .await;
}

/// A clinic with much that clients may not know.
pub fn clinic() -> World {
    let front = Standin::new(
        "front",
        "type Query {
           patients(first: Int = 2, secretly: Boolean = true @inaccessible): [Patient!]!
           state: State
           states: [State!]
           rooms: [Room]
           staff: [Person!]!
           audit: Audit @inaccessible
           find(by: Search!): String!
         }
         type Patient @key(fields: \"number\") { number: ID! @inaccessible name: String! }
         enum State { OPEN CLOSED RAIDED @inaccessible }
         interface Room { size: Int! }
         type Office implements Room { size: Int! }
         type Vault implements Room @inaccessible { size: Int! gold: Int! }
         union Person = Doctor | Spy
         type Doctor { name: String! } type Spy @inaccessible { code: Int! }
         type Audit @inaccessible { lines: [String!]! }
         input Search { name: String = \"any\" code: Int = 7 @inaccessible }",
        json!({ "Query": {
            "state": "RAIDED",
            "states": ["OPEN", "CLOSED"],
            "rooms": [{ "__typename": "Office", "size": 9 }, { "__typename": "Vault", "size": 1, "gold": 5 }],
            "staff": [{ "__typename": "Doctor", "name": "Who" }],
        } }),
    )
    .compute("Query.patients", |_, arguments| {
        assert_eq!(arguments["secretly"], true);
        let patient = |number: i64| json!({ "number": number.to_string(), "name": format!("Patient {number}") });
        json!((1..=arguments["first"].as_i64().unwrap()).map(patient).collect::<Vec<_>>())
    })
    .compute("Query.find", |_, arguments| json!(arguments["by"].to_string()));
    let wards = Standin::new(
        "wards",
        "type Patient @key(fields: \"number\") { number: ID! bed: Int! }",
        json!({ "Patient": [{ "number": "1", "bed": 11 }, { "number": "2", "bed": 12 }] }),
    );
    World::of([front, wards])
}

#[tokio::test]
async fn a_key_that_clients_may_not_see_still_joins() {
    let clinic = clinic();
    clinic
        .check(
            "{ patients { name bed } }",
            json!({ "patients": [{ "name": "Patient 1", "bed": 11 }, { "name": "Patient 2", "bed": 12 }] }),
        )
        .await;
    clinic.check("{ patients(first: 1) { number: bed } }", json!({ "patients": [{ "number": 11 }] })).await;
}

#[tokio::test]
async fn what_is_inaccessible_reads_as_null() {
    let clinic = clinic();
    clinic
        .fails(
            "{ state states rooms { size } staff { ... on Doctor { name } } }",
            json!({ "state": null, "states": ["OPEN", "CLOSED"], "rooms": [{ "size": 9 }, null], "staff": [{ "name": "Who" }] }),
            &[("state", "INTERNAL")],
        )
        .await;
    let answer = clinic.ask("{ state }").await;
    assert!(!answer.to_string().contains("RAIDED"), "{answer}");
}

#[tokio::test]
async fn what_is_inaccessible_cannot_be_named() {
    let clinic = clinic();
    for query in [
        "{ patients { number } }",
        "{ patients(secretly: false) { name } }",
        "{ audit { lines } }",
        "{ rooms { ... on Vault { gold } } }",
        "{ staff { ... on Spy { code } } }",
        "{ find(by: { code: 1 }) }",
        "query ($audit: Audit) { state }",
    ] {
        let problems = problems(&clinic.ask(query).await);
        let refused = problems.iter().all(|problem| problem == " GRAPHQL_VALIDATION_FAILED");
        assert!(refused && !problems.is_empty(), "{query} {problems:?}");
    }
    assert!(clinic.services().is_empty());
    clinic.check("{ find(by: {}) }", json!({ "find": "{\"name\":\"any\",\"code\":7}" })).await;
}

#[tokio::test]
async fn what_is_inaccessible_is_not_in_the_public_schema() {
    let clinic = clinic();
    let answer = clinic
        .ask(
            "{ patient: __type(name: \"Patient\") { fields { name } }
               query: __type(name: \"Query\") { fields { name args { name } } }
               state: __type(name: \"State\") { enumValues { name } }
               person: __type(name: \"Person\") { possibleTypes { name } }
               room: __type(name: \"Room\") { possibleTypes { name } }
               search: __type(name: \"Search\") { inputFields { name defaultValue } }
               audit: __type(name: \"Audit\") { name } vault: __type(name: \"Vault\") { name }
               __schema { types { name } directives { name } } }",
        )
        .await;
    let data = &answer["data"];
    assert_eq!(data["patient"], json!({ "fields": [{ "name": "bed" }, { "name": "name" }] }), "{answer}");
    assert_eq!(data["query"]["fields"][1], json!({ "name": "patients", "args": [{ "name": "first" }] }));
    assert_eq!(data["query"]["fields"].as_array().unwrap().len(), 6);
    assert_eq!(data["state"], json!({ "enumValues": [{ "name": "OPEN" }, { "name": "CLOSED" }] }));
    assert_eq!(data["person"], json!({ "possibleTypes": [{ "name": "Doctor" }] }));
    assert_eq!(data["room"], json!({ "possibleTypes": [{ "name": "Office" }] }));
    assert_eq!(data["search"], json!({ "inputFields": [{ "name": "name", "defaultValue": "\"any\"" }] }));
    assert_eq!((&data["audit"], &data["vault"]), (&json!(null), &json!(null)));
    let names = |list: &str| -> Vec<String> {
        let names = data["__schema"][list].as_array().unwrap().iter();
        names.map(|named| named["name"].as_str().unwrap().to_owned()).filter(|name| !name.starts_with("__")).collect()
    };
    for machinery in ["join__Graph", "link__Import", "_Any", "_Entity", "_Service", "FieldSet", "federation__FieldSet"]
    {
        assert!(!names("types").iter().any(|name| name == machinery), "{machinery} shows");
    }
    let mut directives = names("directives");
    directives.sort();
    assert_eq!(directives, ["deprecated", "include", "oneOf", "skip", "specifiedBy"]);
}

#[tokio::test]
async fn an_enum_that_goes_in_has_the_values_that_all_know() {
    let one = Standin::new(
        "one",
        "type Query { inTown(size: Size!): String! } enum Size { SMALL BIG HUGE }",
        json!({ "Query": {} }),
    )
    .compute("Query.inTown", |_, arguments| arguments["size"].clone());
    let two = Standin::new(
        "two",
        "type Query { onLand(size: Size!): String! } enum Size { SMALL BIG TINY }",
        json!({ "Query": {} }),
    )
    .compute("Query.onLand", |_, arguments| arguments["size"].clone());
    let world = World::of([one, two]);
    world.check("{ inTown(size: BIG) onLand(size: SMALL) }", json!({ "inTown": "BIG", "onLand": "SMALL" })).await;
    for query in ["{ inTown(size: HUGE) }", "{ onLand(size: TINY) }"] {
        assert_eq!(problems(&world.ask(query).await), [" GRAPHQL_VALIDATION_FAILED"], "{query}");
    }
}

#[tokio::test]
async fn an_enum_that_comes_out_has_the_values_that_any_knows() {
    let one =
        Standin::new("one", "type Query { here: Mood! } enum Mood { GLAD SAD }", json!({ "Query": { "here": "SAD" } }));
    let two = Standin::new(
        "two",
        "type Query { there: [Mood]! } enum Mood { GLAD ANGRY }",
        json!({ "Query": { "there": ["ANGRY", "GLAD"] } }),
    );
    World::of([one, two]).check("{ here there }", json!({ "here": "SAD", "there": ["ANGRY", "GLAD"] })).await;
}

#[tokio::test]
async fn an_input_has_the_fields_and_arguments_that_all_know() {
    let one = Standin::new(
        "one",
        "type Query { total(filter: Filter, exact: Boolean): String! @shareable first(filter: Filter): String! }
         input Filter { name: String year: Int colour: String }",
        json!({ "Query": {} }),
    )
    .compute("Query.first", |_, arguments| json!(arguments.to_string()))
    .compute("Query.total", |_, arguments| json!(arguments.to_string()));
    let two = Standin::new(
        "two",
        "type Query { total(filter: Filter): String! @shareable second(filter: Filter): String! }
         input Filter { name: String! year: Int }",
        json!({ "Query": {} }),
    )
    .compute("Query.second", |_, arguments| json!(arguments.to_string()))
    .compute("Query.total", |_, arguments| json!(arguments.to_string()));
    let world = World::of([one, two]);
    world
        .check(
            "{ first(filter: { name: \"x\", year: 1 }) second(filter: { name: \"y\" }) total(filter: { name: \"z\" }) }",
            json!({
                "first": "{\"filter\":{\"name\":\"x\",\"year\":1}}",
                "second": "{\"filter\":{\"name\":\"y\"}}",
                "total": "{\"filter\":{\"name\":\"z\"}}",
            }),
        )
        .await;
    for query in [
        "{ first(filter: { name: \"x\", colour: \"red\" }) }",
        "{ first(filter: { year: 1 }) }",
        "{ total(exact: true) }",
    ] {
        assert_eq!(problems(&world.ask(query).await), [" GRAPHQL_VALIDATION_FAILED"], "{query}");
    }
}
