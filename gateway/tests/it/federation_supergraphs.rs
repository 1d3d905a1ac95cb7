//! Supergraphs as other composers and other years write them: the text is all that the gateway is given.

use pipewright_gateway::Supergraph;
use serde_json::json;

use crate::standin::{Standin, World, problems};

/// Stars are charted by one service and visited by another; written by hand. `{j}` is what the join elements are
/// called by, `{hide}` the directive that hides, `{head}` what stands on the schema.
fn supergraph(head: &str, join: &str, hide: &str) -> String {
    const BODY: &str = r#"
schema {head} { query: Root mutation: Deeds }

directive @{j}enumValue(graph: {j}Graph!) repeatable on ENUM_VALUE
directive @{j}graph(name: String!, url: String!) on ENUM_VALUE
directive @{j}type(graph: {j}Graph!, key: {j}FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @{j}field(graph: {j}Graph, requires: {j}FieldSet, provides: {j}FieldSet, type: String, external: Boolean, override: String, overrideLabel: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @{j}implements(graph: {j}Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @{j}unionMember(graph: {j}Graph!, member: String!) repeatable on UNION
directive @{hide} on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION

scalar {j}FieldSet

enum {j}Graph {
  CHARTS_X @{j}graph(name: "charts", url: "http://charts.invalid")
  PROBES @{j}graph(name: "probes", url: "http://probes.invalid")
}

type Root @{j}type(graph: CHARTS_X) @{j}type(graph: PROBES) {
  stars(bright: Light = DIM): [Star!]! @{j}field(graph: CHARTS_X)
  far: [Body] @{j}field(graph: PROBES)
}

type Deeds @{j}type(graph: PROBES) { land(on: Spot!): Star @{j}field(graph: PROBES) }

interface Body @{j}type(graph: CHARTS_X) @{j}type(graph: PROBES) { code: ID! }

type Star implements Body
  @{j}implements(graph: CHARTS_X, interface: "Body") @{j}implements(graph: PROBES, interface: "Body")
  @{j}type(graph: CHARTS_X, key: "code") @{j}type(graph: PROBES, key: "code") {
  code: ID!
  mass: Int! @{j}field(graph: CHARTS_X) @{j}field(graph: PROBES, external: true)
  visits: Int! @{j}field(graph: PROBES)
  pull: Int! @{j}field(graph: PROBES, requires: "mass")
  secret: String @{j}field(graph: CHARTS_X) @{hide}
}

type Dust implements Body @{j}implements(graph: PROBES, interface: "Body") @{j}type(graph: PROBES) { code: ID! }

union Thing @{j}type(graph: PROBES) @{j}unionMember(graph: PROBES, member: "Star") = Star

enum Light @{j}type(graph: CHARTS_X) { DIM @{j}enumValue(graph: CHARTS_X) BRIGHT @{j}enumValue(graph: CHARTS_X) BLINDING @{j}enumValue(graph: CHARTS_X) @{hide} }

input Spot @{j}type(graph: PROBES) { code: ID! depth: Int = 1 }
"#;
    BODY.replace("{head}", head).replace("{j}", join).replace("{hide}", hide)
}

fn standins() -> [Standin; 2] {
    standins_with("Dust")
}

/// `dust` is what they call what is no star.
fn standins_with(dust: &str) -> [Standin; 2] {
    let stars = json!([{ "code": "a", "mass": 3, "secret": "x" }, { "code": "b", "mass": 4 }]);
    let charts = Standin::new(
        "charts",
        "schema { query: Root } type Root { stars(bright: Light = DIM): [Star!]! }
         interface Body { code: ID! } enum Light { DIM BRIGHT BLINDING }
         type Star implements Body @key(fields: \"code\") { code: ID! mass: Int! secret: String }",
        json!({ "Star": stars }),
    )
    .compute("Root.stars", move |_, arguments| if arguments["bright"] == "DIM" { stars.clone() } else { json!([]) });
    let probes = Standin::new(
        "probes",
        &"schema { query: Root mutation: Deeds } type Root { far: [Body] }
         type Deeds { land(on: Spot!): Star } input Spot { code: ID! depth: Int = 1 }
         interface Body { code: ID! } type Dust implements Body { code: ID! }
         type Star implements Body @key(fields: \"code\") { code: ID! mass: Int! @external visits: Int! pull: Int! @requires(fields: \"mass\") }"
            .replace("Dust", dust),
        json!({ "Root": { "far": [{ "__typename": dust, "code": "d" }, { "__typename": "Star", "code": "b", "visits": 2 }] } }),
    )
    .compute("Star.visits", |star, _| json!(if star["code"] == "a" { 1 } else { 2 }))
    .compute("Star.mass", |_, _| json!(9))
    .compute("Star.pull", |star, _| json!(2 * star["mass"].as_i64().unwrap()))
    .compute("Deeds.land", |_, arguments| json!({ "code": arguments["on"]["code"] }));
    [charts, probes]
}

/// Joins, reads through the interface, acts, and keeps what is hidden hidden.
async fn works(sdl: &str) {
    let world = World::served(sdl, standins());
    world
        .check(
            "{ stars { code mass visits pull } far { __typename code ... on Star { mass } } }",
            json!({
                "stars": [{ "code": "a", "mass": 3, "visits": 1, "pull": 6 }, { "code": "b", "mass": 4, "visits": 2, "pull": 8 }],
                "far": [{ "__typename": "Dust", "code": "d" }, { "__typename": "Star", "code": "b", "mass": 4 }],
            }),
        )
        .await;
    world
        .check("mutation { land(on: { code: \"a\" }) { mass visits } }", json!({ "land": { "mass": 3, "visits": 1 } }))
        .await;
    world.check("{ __typename stars(bright: BRIGHT) { code } }", json!({ "__typename": "Root", "stars": [] })).await;
    for query in ["{ stars { secret } }", "{ stars(bright: BLINDING) { code } }"] {
        assert_eq!(problems(&world.ask(query).await), [" GRAPHQL_VALIDATION_FAILED"], "{query}");
    }
    let types = world.ask("{ __schema { types { name } directives { name } queryType { name } } }").await;
    let text = types.to_string();
    for machinery in ["Graph", "FieldSet", "join", "link__", "\"link\"", "core", "hide", "inaccessible", "secret"] {
        assert!(!text.contains(machinery), "{machinery} in {text}");
    }
    assert_eq!(types["data"]["__schema"]["queryType"]["name"], "Root");
}

const LINK: &str = r#"@link(url: "https://specs.apollo.dev/link/v1.0")"#;

#[tokio::test]
async fn every_version_of_join_is_served() {
    for version in ["0.3", "0.4", "0.5"] {
        let head = format!(
            r#"{LINK} @link(url: "https://specs.apollo.dev/join/v{version}", for: EXECUTION)
               @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)"#
        );
        works(&supergraph(&head, "join__", "inaccessible")).await;
    }
}

#[tokio::test]
async fn what_a_supergraph_extends_is_served_as_one() {
    let whole = supergraph("", "join__", "inaccessible");
    // What stood there twice would be refused.
    let cut = [
        "  visits: Int! @join__field(graph: PROBES)\n",
        "  secret: String @join__field(graph: CHARTS_X) @inaccessible\n",
        "  far: [Body] @join__field(graph: PROBES)\n",
        "BRIGHT @join__enumValue(graph: CHARTS_X) ",
        " depth: Int = 1",
    ];
    let sdl = cut.iter().fold(whole, |sdl, cut| sdl.replace(*cut, ""));
    let sdl = sdl.replace("interface Body @join__type(graph: CHARTS_X)", "interface Body");
    works(&format!(
        r#"{sdl}
        extend schema {LINK} @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
        extend schema @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
        extend type Star {{
          visits: Int! @join__field(graph: PROBES)
          secret: String @join__field(graph: CHARTS_X) @inaccessible
        }}
        extend type Root {{ far: [Body] @join__field(graph: PROBES) }}
        extend interface Body @join__type(graph: CHARTS_X)
        extend enum Light {{ BRIGHT @join__enumValue(graph: CHARTS_X) }}
        extend input Spot {{ depth: Int = 1 }}
        "#
    ))
    .await;
    let twice = format!("{} extend type Dust {{ code: ID! }}", supergraph("", "join__", "inaccessible"));
    let refused = Supergraph::parse(&twice).unwrap_err().to_string();
    assert!(refused.contains("no valid API schema") && refused.contains("code"), "{refused}");
}

#[tokio::test]
async fn a_supergraph_without_links_is_served() {
    works(&supergraph("", "join__", "inaccessible")).await;
}

#[tokio::test]
async fn the_elder_core_links_as_well() {
    let head = r#"@core(feature: "https://specs.apollo.dev/core/v0.2") @core(feature: "https://specs.apollo.dev/join/v0.2", for: EXECUTION)
        @core(feature: "https://specs.apollo.dev/inaccessible/v0.1", for: SECURITY)"#;
    works(&supergraph(head, "join__", "inaccessible")).await;
}

#[tokio::test]
async fn elements_may_go_by_other_names() {
    let head = format!(
        r#"{LINK} @link(url: "https://specs.apollo.dev/join/v0.3", as: "knit", for: EXECUTION)
           @link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "hide", for: SECURITY)"#
    );
    works(&supergraph(&head, "knit__", "hide")).await;
    let head = format!(
        r#"{LINK} @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
           @link(url: "https://specs.apollo.dev/inaccessible/v0.2", import: [{{ name: "@inaccessible", as: "@hide" }}], for: SECURITY)"#
    );
    works(&supergraph(&head, "join__", "hide")).await;
    for (imports, hide) in [(r#"{ name: "@inaccessible", as: "@hide" }"#, "hide"), ("", "federation__inaccessible")] {
        let head = format!(
            r#"{LINK} @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
               @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{imports}])"#
        );
        works(&supergraph(&head, "join__", hide)).await;
    }
}

#[tokio::test]
async fn elements_may_be_imported_without_their_prefix() {
    let imports = ["@type", "@field", "@graph", "@implements", "@unionMember", "@enumValue", "FieldSet"]
        .map(|name| format!("{name:?}"))
        .join(", ");
    let head = format!(
        r#"@connect(url: "https://specs.apollo.dev/link/v1.0", as: "connect")
           @connect(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION, import: [{imports}, {{ name: "Graph", as: "Subgraph" }}])
           @connect(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY, import: ["@inaccessible"])"#
    );
    let sdl =
        supergraph(&head, "", "inaccessible").replace("Graph!", "Subgraph!").replace("enum Graph", "enum Subgraph");
    works(&sdl).await;
}

#[tokio::test]
async fn a_field_may_move_for_some_of_the_requests() {
    let labelled = |label: &str| {
        supergraph(LINK, "join__", "inaccessible").replace(
            "mass: Int! @join__field(graph: CHARTS_X) @join__field(graph: PROBES, external: true)",
            &format!("mass: Int! @join__field(graph: CHARTS_X, overrideLabel: \"{label}\") @join__field(graph: PROBES, override: \"charts\", overrideLabel: \"{label}\")"),
        )
    };
    let asked_of_probes = async |label: &str| {
        let world = World::served(&labelled(label), standins());
        for _ in 0..400 {
            let mut found = world.ask("{ stars { mass } }").await;
            assert_eq!(found["data"]["stars"].take().as_array().map(Vec::len), Some(2), "{found}");
        }
        world.services().into_iter().filter(|service| service == "probes").count()
    };
    let some = asked_of_probes("percent(25)").await;
    assert!((60..140).contains(&some), "{some} of 400");
    assert_eq!(asked_of_probes("percent(0)").await, 0);
    assert_eq!(asked_of_probes("percent(100)").await, 400);
    // A label that somebody else would have to decide on.
    let refused = Supergraph::parse(&labelled("later")).unwrap_err().to_string();
    assert!(refused.contains("@override(label: \"later\")"), "{refused}");
}

#[test]
fn what_it_must_know_and_does_not_is_refused() {
    let refused = |links: &str| {
        let sdl = supergraph(
            &format!("{LINK} @link(url: \"https://specs.apollo.dev/join/v0.3\") {links}"),
            "join__",
            "inaccessible",
        );
        Supergraph::parse(&sdl).unwrap_err().to_string()
    };
    for (link, name) in [
        (r#"@link(url: "https://specs.apollo.dev/authenticated/v9.0", for: SECURITY)"#, "authenticated/v9.0"),
        (r#"@link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY)"#, "context/v0.1"),
        (r#"@link(url: "https://specs.apollo.dev/connect/v0.1", for: EXECUTION)"#, "connect/v0.1"),
        (r#"@link(url: "https://example.com/secrecy/v3.7", for: SECURITY)"#, "https://example.com/secrecy/v3.7"),
        (r#"@link(url: "https://specs.apollo.dev/inaccessible/v9.0", for: SECURITY)"#, "inaccessible/v9.0"),
    ] {
        let error = refused(link);
        assert!(error.contains(name) && error.contains("cannot be served"), "{error}");
    }
    let first = supergraph(
        r#"@core(feature: "https://specs.apollo.dev/core/v0.1") @core(feature: "https://specs.apollo.dev/join/v0.1")"#,
        "join__",
        "inaccessible",
    );
    assert!(Supergraph::parse(&first).unwrap_err().to_string().contains("join/v0.1"));
    let context = supergraph(LINK, "join__", "inaccessible").replace(
        "visits: Int! @join__field(graph: PROBES)",
        "visits: Int! @join__field(graph: PROBES, contextArguments: [{ context: \"c\", name: \"n\", type: \"Int\", selection: \"x\" }])",
    );
    let error = Supergraph::parse(&context).unwrap_err().to_string();
    assert!(error.contains("Star.visits") && error.contains("context"), "{error}");
}

#[tokio::test]
async fn links_that_bind_nobody_are_passed_over() {
    let head = format!(
        r#"{LINK} @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) @link(url: "https://specs.apollo.dev/tag/v0.3")
           @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
           @link(url: "https://example.com/notes/v1.0", import: ["@note"]) @link(url: "https://example.com/unversioned")"#
    );
    let sdl = supergraph(&head, "join__", "inaccessible")
        .replace("visits: Int!", "visits: Int! @tag(name: \"public\") @note(text: \"counted\")")
        + "\ndirective @note(text: String) on FIELD_DEFINITION\ndirective @tag(name: String!) repeatable on FIELD_DEFINITION\n";
    works(&sdl).await;
}

#[tokio::test]
async fn a_name_with_two_underscores_is_one_of_the_api_unless_a_link_brings_it() {
    let head = format!(r#"{LINK} @link(url: "https://example.com/notes/v1.0")"#);
    let sdl = supergraph(&head, "join__", "inaccessible").replace("Dust", "Fine__Dust") + "\nscalar notes__Text\n";
    let world = World::served(&sdl, standins_with("Fine__Dust"));
    world
        .check(
            "{ far { __typename ... on Fine__Dust { code } } }",
            json!({ "far": [{ "__typename": "Fine__Dust", "code": "d" }, { "__typename": "Star" }] }),
        )
        .await;
    let types = world.ask("{ __schema { types { name } } }").await.to_string();
    assert!(types.contains("\"Fine__Dust\""), "{types}");
    for machinery in ["notes__", "join__", "link__"] {
        assert!(!types.contains(machinery), "{machinery} in {types}");
    }
}

#[tokio::test]
async fn a_directive_for_operations_may_be_written_and_is_not_passed_on() {
    let sdl = supergraph(LINK, "join__", "inaccessible")
        + "\ndirective @traced(level: Int = 1) repeatable on FIELD | QUERY | FRAGMENT_SPREAD\n";
    let world = World::served(&sdl, standins());
    world
        .check(
            "query @traced { stars @traced(level: 2) @traced { code @include(if: true) @traced visits @skip(if: false) } }",
            json!({ "stars": [{ "code": "a", "visits": 1 }, { "code": "b", "visits": 2 }] }),
        )
        .await;
    assert!(world.asked().iter().all(|asked| !asked.query.contains("traced")));
    let types = world.ask("{ __schema { directives { name } } }").await;
    assert!(types.to_string().contains("traced"), "{types}");
    assert_eq!(problems(&world.ask("{ stars @unheard { code } }").await), [" GRAPHQL_VALIDATION_FAILED"]);
}
