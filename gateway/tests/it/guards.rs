//! `@authenticated`, `@requiresScopes` and `@policy`: who may see what, by the text of the supergraph alone.

use futures::StreamExt;
use pipewright_gateway::{Limits, Request, Supergraph};
use serde_json::{Value, json};

use crate::{
    shop::customer,
    standin::{Standin, World, problems},
};

const LINKED: &str = r#"@link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
    @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
    @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
    @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)"#;

/// A museum: the hall shows its pieces, the vault knows what they are worth. `head` stands on the schema.
fn supergraph(head: &str) -> String {
    const BODY: &str = r#"
schema {head} { query: Query mutation: Mutation subscription: Subscription }

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

scalar join__FieldSet
scalar requiresScopes__Scope
scalar policy__Policy

enum join__Graph {
  HALL @join__graph(name: "hall", url: "http://hall.invalid")
  VAULT @join__graph(name: "vault", url: "http://vault.invalid")
}

type Query @join__type(graph: HALL) @join__type(graph: VAULT) {
  paintings: [Painting!]! @join__field(graph: HALL)
  pieces: [Piece] @join__field(graph: HALL)
  finds: [Find] @join__field(graph: HALL)
  dated: [Dated] @join__field(graph: HALL)
  owned: [Owned] @join__field(graph: HALL)
  letter: Letter @join__field(graph: HALL)
  takings: Int @join__field(graph: VAULT) @authenticated
}

type Mutation @join__type(graph: HALL) {
  lend(id: ID!): Painting @join__field(graph: HALL) @authenticated
  dust(id: ID!): Painting @join__field(graph: HALL)
  hang(id: ID!): Piece @join__field(graph: HALL)
}

type Subscription @join__type(graph: HALL) { arrivals: Painting @join__field(graph: HALL) @authenticated }

interface Piece @join__type(graph: HALL) { id: ID! title: String }

interface Dated @join__type(graph: HALL) { year: Int }

interface Owned @join__type(graph: HALL) @authenticated { owner: String }

type Painting implements Piece & Dated & Owned
  @join__implements(graph: HALL, interface: "Piece") @join__implements(graph: HALL, interface: "Dated")
  @join__implements(graph: HALL, interface: "Owned")
  @join__type(graph: HALL, key: "id") @join__type(graph: VAULT, key: "id") {
  id: ID!
  title: String @join__field(graph: HALL)
  year: Int @join__field(graph: HALL)
  owner: String @join__field(graph: HALL)
  price: Int @join__field(graph: VAULT) @join__field(graph: HALL, external: true) @authenticated
  label: String @join__field(graph: HALL, requires: "price")
  insured: Int! @join__field(graph: VAULT) @authenticated
  appraisal: String @join__field(graph: VAULT) @requiresScopes(scopes: [["read:price", "read:appraisal"], ["admin"]])
  provenance: String @join__field(graph: VAULT) @policy(policies: [["lawful"]])
  state: State @join__field(graph: VAULT)
  lock: Lock @join__field(graph: VAULT)
}

type Letter implements Piece @join__implements(graph: HALL, interface: "Piece") @join__type(graph: HALL) @authenticated {
  id: ID!
  title: String
}

type Coin implements Dated @join__implements(graph: HALL, interface: "Dated") @join__type(graph: HALL) {
  id: ID!
  year: Int @authenticated
}

union Find @join__type(graph: HALL) @join__unionMember(graph: HALL, member: "Painting") @join__unionMember(graph: HALL, member: "Letter") = Painting | Letter

enum State @join__type(graph: VAULT) @authenticated { SOUND @join__enumValue(graph: VAULT) TORN @join__enumValue(graph: VAULT) }

scalar Lock @join__type(graph: VAULT) @authenticated
"#;
    BODY.replace("{head}", head)
}

fn standins(paintings: i32) -> [Standin; 2] {
    let painting = |n: i32| {
        json!({
            "__typename": "Painting", "id": format!("p{n}"), "title": format!("No. {n}"), "year": 1870 + n,
            "owner": "the city",
        })
    };
    let shown: Vec<Value> = (0..paintings).map(painting).collect();
    let painting = painting(0);
    let letter = json!({ "__typename": "Letter", "id": "l", "title": "To Theo" });
    let hall = Standin::new(
        "hall",
        "type Query {
           paintings: [Painting!]! pieces: [Piece] finds: [Find] dated: [Dated] owned: [Owned] letter: Letter
         }
         type Mutation { lend(id: ID!): Painting dust(id: ID!): Painting hang(id: ID!): Piece }
         type Subscription { arrivals: Painting }
         interface Piece { id: ID! title: String } interface Dated { year: Int } interface Owned { owner: String }
         union Find = Painting | Letter
         type Painting implements Piece & Dated & Owned @key(fields: \"id\") {
           id: ID! title: String year: Int owner: String price: Int @external label: String @requires(fields: \"price\")
         }
         type Letter implements Piece { id: ID! title: String }
         type Coin implements Dated { id: ID! year: Int }",
        json!({
            "Query": {
                "paintings": shown,
                "pieces": [painting, letter],
                "finds": [painting, letter],
                "dated": [painting, { "__typename": "Coin", "id": "c", "year": 330 }],
                "owned": [painting],
                "letter": letter,
            },
            "Subscription": { "arrivals": [painting] },
            "Painting": shown,
        }),
    )
    .compute("Painting.label", |painting, _| json!(format!("{} crowns", painting["price"])))
    .compute("Mutation.lend", |_, arguments| json!({ "id": arguments["id"] }))
    .compute("Mutation.dust", |_, arguments| json!({ "id": arguments["id"] }))
    .compute("Mutation.hang", |_, arguments| json!({ "__typename": "Painting", "id": arguments["id"] }));
    let worth = |n: i32| {
        json!({
            "id": format!("p{n}"), "price": 900 + n, "insured": 1000 + n, "appraisal": "a copy", "provenance": "bought",
            "state": "SOUND", "lock": "4711",
        })
    };
    let worth: Vec<Value> = (0..paintings).map(worth).collect();
    let vault = Standin::new(
        "vault",
        "type Query { takings: Int } enum State { SOUND TORN } scalar Lock
         type Painting @key(fields: \"id\") {
           id: ID! price: Int insured: Int! appraisal: String provenance: String state: State lock: Lock
         }",
        json!({ "Query": { "takings": 12 }, "Painting": worth }),
    );
    [hall, vault]
}

fn museum() -> World {
    World::served(&supergraph(LINKED), standins(2))
}

async fn as_customer(museum: &World, query: &str) -> Value {
    museum.asked();
    serde_json::to_value(museum.gateway.execute(Request::new(query), Some(customer())).await).unwrap()
}

/// Asks as somebody who is known, and holds the answer to `data` without errors.
async fn shown(museum: &World, query: &str, data: Value) {
    assert_eq!(as_customer(museum, query).await, json!({ "data": data }), "{query}\n{:#?}", museum.asked());
}

/// Has any service been asked for something that is called so, since the last look?
fn asked_for(museum: &World, names: &[&str]) -> bool {
    museum.asked().iter().any(|asked| names.iter().any(|name| asked.query.contains(name)))
}

const REFUSED: &str = "UNAUTHORIZED_FIELD_OR_TYPE";

#[tokio::test]
async fn what_somebody_must_be_known_for_is_null_for_everybody_else_and_is_not_asked_for() {
    let museum = museum();
    let query = "{ paintings { title ...worth } takings } fragment worth on Painting { cost: price ... { price } }";
    museum
        .fails(
            query,
            json!({
                "paintings": [
                    { "title": "No. 0", "cost": null, "price": null },
                    { "title": "No. 1", "cost": null, "price": null },
                ],
                "takings": null,
            }),
            &[
                ("paintings.0.cost", REFUSED),
                ("paintings.0.price", REFUSED),
                ("paintings.1.cost", REFUSED),
                ("paintings.1.price", REFUSED),
                ("takings", REFUSED),
            ],
        )
        .await;
    assert_eq!(museum.services(), ["hall"]);
    let painting = |n: i32| json!({ "title": format!("No. {n}"), "cost": 900 + n, "price": 900 + n });
    shown(&museum, query, json!({ "paintings": ([0, 1].map(painting)), "takings": 12 })).await;
}

#[tokio::test]
async fn a_refusal_says_where_it_is_and_blames_no_service() {
    let answer = museum().ask("{\n  paintings {\n    cost: price\n  }\n}").await;
    let error = &answer["errors"][0];
    assert_eq!(error["path"], json!(["paintings", 0, "cost"]));
    assert_eq!(error["locations"], json!([{ "line": 3, "column": 5 }]));
    assert_eq!(error["message"], "Painting.price, or what it gives, is not for whoever asks");
    assert!(error["extensions"]["requestId"].is_string() && error["extensions"].get("service").is_none(), "{answer}");
}

#[tokio::test]
async fn of_very_many_refusals_of_one_field_a_hundred_are_told() {
    let museum = World::served(&supergraph(LINKED), standins(150));
    let answer = museum.ask("{ paintings { price lock } }").await;
    let paintings = answer["data"]["paintings"].as_array().unwrap();
    assert_eq!(paintings.iter().filter(|painting| **painting == json!({ "price": null, "lock": null })).count(), 150);
    assert_eq!(problems(&answer).len(), 200, "a hundred of each");
}

#[tokio::test]
async fn a_refused_field_that_may_not_be_null_takes_its_parent_with_it() {
    let museum = museum();
    museum
        .fails(
            "{ pieces { ... on Painting { id insured } } }",
            json!({ "pieces": [null, {}] }),
            &[("pieces.0.insured", REFUSED)],
        )
        .await;
    museum.fails("{ paintings { title insured } }", json!(null), &[("paintings.0.insured", REFUSED)]).await;
    assert_eq!(museum.services(), ["hall"]);
    shown(&museum, "{ pieces { ... on Painting { insured } } }", json!({ "pieces": [{ "insured": 1000 }, {}] })).await;
}

#[tokio::test]
async fn scopes_that_nobody_can_prove_and_policies_that_nobody_decides_on_are_refused_to_all() {
    let museum = museum();
    let query = "{ pieces { ... on Painting { appraisal provenance } } }";
    let data = json!({ "pieces": [{ "appraisal": null, "provenance": null }, {}] });
    let errors = [("pieces.0.appraisal", REFUSED), ("pieces.0.provenance", REFUSED)];
    museum.fails(query, data.clone(), &errors).await;
    assert_eq!(museum.services(), ["hall"]);
    let answer = as_customer(&museum, query).await;
    assert_eq!(answer["data"], data);
    assert_eq!(problems(&answer), errors.map(|(path, code)| format!("{path} {code}")));
    assert_eq!(museum.services(), ["hall"]);
}

#[tokio::test]
async fn a_guarded_type_guards_every_field_that_gives_it() {
    let museum = museum();
    let query = "{ pieces { ... on Painting { state lock } } letter { title } }";
    museum
        .fails(
            query,
            json!({ "pieces": [{ "state": null, "lock": null }, {}], "letter": null }),
            &[("letter", REFUSED), ("pieces.0.lock", REFUSED), ("pieces.0.state", REFUSED)],
        )
        .await;
    assert!(!asked_for(&museum, &["state", "lock", "letter"]));
    let pieces = json!([{ "state": "SOUND", "lock": "4711" }, {}]);
    shown(&museum, query, json!({ "pieces": pieces, "letter": { "title": "To Theo" } })).await;
}

#[tokio::test]
async fn an_interface_with_a_guarded_type_behind_it_is_not_asked_for_what_all_have() {
    let museum = museum();
    museum.fails("{ pieces { id title } }", json!({ "pieces": null }), &[("pieces", REFUSED)]).await;
    assert!(museum.asked().is_empty());
    let pieces = json!([{ "id": "p0", "title": "No. 0" }, { "id": "l", "title": "To Theo" }]);
    shown(&museum, "{ pieces { id title } }", json!({ "pieces": pieces })).await;
}

#[tokio::test]
async fn behind_an_interface_or_a_union_each_type_stands_for_itself() {
    let museum = museum();
    museum
        .fails(
            "{ pieces { __typename ... on Painting { title } ...read } } fragment read on Letter { title }",
            json!({ "pieces": [
                { "__typename": "Painting", "title": "No. 0" },
                { "__typename": "Letter", "title": null },
            ] }),
            &[("pieces.1.title", REFUSED)],
        )
        .await;
    assert!(!asked_for(&museum, &["Letter"]));
    let finds = "{ finds { ... on Letter { id } ... on Painting { id } } }";
    museum.fails(finds, json!({ "finds": [{ "id": "p0" }, null] }), &[("finds.1.id", REFUSED)]).await;
    assert!(!asked_for(&museum, &["Letter"]));
    shown(&museum, finds, json!({ "finds": [{ "id": "p0" }, { "id": "l" }] })).await;
}

#[tokio::test]
async fn a_field_of_an_interface_is_guarded_as_it_is_of_any_type_that_may_come() {
    let museum = museum();
    museum
        .fails(
            "{ dated { year } }",
            json!({ "dated": [{ "year": null }, { "year": null }] }),
            &[("dated.0.year", REFUSED), ("dated.1.year", REFUSED)],
        )
        .await;
    assert!(!asked_for(&museum, &["year"]));
    museum
        .fails(
            "{ dated { ... on Painting { year } ... on Coin { year } } }",
            json!({ "dated": [{ "year": 1870 }, { "year": null }] }),
            &[("dated.1.year", REFUSED)],
        )
        .await;
    // Here neither a coin nor a letter can come.
    museum
        .check(
            "{ paintings { ... on Dated { year } ... on Piece { title } } }",
            json!({ "paintings": [{ "year": 1870, "title": "No. 0" }, { "year": 1871, "title": "No. 1" }] }),
        )
        .await;
}

#[tokio::test]
async fn a_guarded_interface_is_guarded_however_it_is_entered_and_its_objects_as_themselves_are_not() {
    let museum = museum();
    museum.fails("{ owned { owner } }", json!({ "owned": null }), &[("owned", REFUSED)]).await;
    museum
        .fails(
            "{ pieces { ... on Owned { owner ... on Painting { mine: owner } } } }",
            json!({ "pieces": [{ "owner": null, "mine": null }, {}] }),
            &[("pieces.0.mine", REFUSED), ("pieces.0.owner", REFUSED)],
        )
        .await;
    assert!(!asked_for(&museum, &["owner", "owned"]));
    let pieces = json!([{ "owner": "the city" }, {}]);
    museum.check("{ pieces { ... on Painting { owner } } }", json!({ "pieces": pieces })).await;
    shown(&museum, "{ pieces { ... on Owned { owner } } }", json!({ "pieces": pieces })).await;
}

#[tokio::test]
async fn what_is_refused_costs_nothing() {
    let museum = World::served_within(Limits { cost: 10, ..Limits::default() }, &supergraph(LINKED), standins(2));
    let query = "{ letter { title } }";
    let refused = museum.ask(query).await;
    assert_eq!(refused["extensions"]["cost"]["requested"], 1, "{refused}");
    let answered = as_customer(&museum, query).await;
    assert_eq!(answered["extensions"]["cost"]["requested"], 2, "{answered}");
}

#[tokio::test]
async fn services_may_need_among_themselves_what_the_client_may_not_see() {
    let museum = museum();
    museum
        .fails(
            "{ paintings { price label } }",
            json!({ "paintings": [
                { "price": null, "label": "900 crowns" },
                { "price": null, "label": "901 crowns" },
            ] }),
            &[("paintings.0.price", REFUSED), ("paintings.1.price", REFUSED)],
        )
        .await;
    assert!(asked_for(&museum, &["price"]));
}

#[tokio::test]
async fn a_mutation_that_is_refused_does_not_act_and_the_others_do() {
    let museum = museum();
    let query = "mutation { lend(id: \"p0\") { id } dust(id: \"p1\") { id } }";
    museum.fails(query, json!({ "lend": null, "dust": { "id": "p1" } }), &[("lend", REFUSED)]).await;
    let asked = museum.asked();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(asked[0].query.contains("dust") && !asked[0].query.contains("lend"), "{asked:#?}");
    shown(&museum, query, json!({ "lend": { "id": "p0" }, "dust": { "id": "p1" } })).await;
}

#[tokio::test]
async fn a_mutation_of_which_a_part_is_refused_does_not_act_for_the_rest() {
    let museum = museum();
    let query = "mutation { hang(id: \"p0\") { id } hang(id: \"p0\") { ... on Painting { title } } }";
    museum.fails(query, json!({ "hang": null }), &[("hang", REFUSED)]).await;
    assert!(museum.asked().is_empty());
}

#[tokio::test]
async fn a_subscription_that_is_refused_says_so_and_ends() {
    let museum = museum();
    let events = async |actor| {
        let events = museum.gateway.stream(Request::new("subscription { arrivals { id } }"), actor).await;
        events.map(|event| serde_json::to_value(&event).unwrap()).collect::<Vec<Value>>().await
    };
    let told = events(None).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["data"], json!({ "arrivals": null }));
    assert_eq!(problems(&told[0]), [format!("arrivals {REFUSED}")]);
    assert!(museum.asked().is_empty());
    assert_eq!(events(Some(customer())).await, [json!({ "data": { "arrivals": { "id": "p0" } } })]);
}

#[tokio::test]
async fn who_may_see_more_has_a_plan_of_their_own() {
    let museum = museum();
    for _ in 0..2 {
        museum.fails("{ takings }", json!({ "takings": null }), &[("takings", REFUSED)]).await;
        shown(&museum, "{ takings }", json!({ "takings": 12 })).await;
    }
}

/// Nobody sees prices or letters, and customers do.
async fn guards(sdl: &str) {
    let museum = World::served(sdl, standins(2));
    let query = "{ pieces { ... on Painting { price appraisal } } letter { id } }";
    let data = json!({ "pieces": [{ "price": null, "appraisal": null }, {}], "letter": null });
    let errors = [("letter", REFUSED), ("pieces.0.appraisal", REFUSED), ("pieces.0.price", REFUSED)];
    museum.fails(query, data, &errors).await;
    assert_eq!(museum.services(), ["hall"]);
    let answer = as_customer(&museum, query).await;
    let data = json!({ "pieces": [{ "price": 900, "appraisal": null }, {}], "letter": { "id": "l" } });
    assert_eq!(answer["data"], data);
    assert_eq!(problems(&answer), [format!("pieces.0.appraisal {REFUSED}")]);
}

#[tokio::test]
async fn guards_may_go_by_other_names_or_without_a_link() {
    let renamed = supergraph(LINKED).replace("@authenticated", "@known").replace("@requiresScopes", "@needs");
    guards(
        &renamed
            .replace("authenticated/v0.1\",", "authenticated/v0.1\", as: \"known\",")
            .replace("requiresScopes/v0.1\",", "requiresScopes/v0.1\", as: \"needs\",")
            .replace("requiresScopes__Scope", "needs__Scope"),
    )
    .await;
    let import = |name: &str, by: &str| format!("{name}/v0.1\", import: [{{ name: \"@{name}\", as: \"@{by}\" }}],");
    guards(
        &renamed
            .replace("authenticated/v0.1\",", &import("authenticated", "known"))
            .replace("requiresScopes/v0.1\",", &import("requiresScopes", "needs")),
    )
    .await;
    let prefixed = supergraph(LINKED).replace("@authenticated", "@known__authenticated");
    guards(&prefixed.replace("authenticated/v0.1\",", "authenticated/v0.1\", as: \"known\",")).await;
    guards(&supergraph("")).await;
}

#[tokio::test]
async fn guards_may_come_with_federation_as_a_whole_or_by_another_scheme() {
    let bare = r#"@link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)"#;
    let federation = |imports: &str| {
        format!(r#"{bare} @link(url: "https://specs.apollo.dev/federation/v2.5", import: [{imports}])"#)
    };
    guards(&supergraph(&federation(r#""@key", "@authenticated", "@requiresScopes""#))).await;
    for (imports, name) in
        [(r#"{ name: "@authenticated", as: "@known" }"#, "@known"), (r#""@key""#, "@federation__authenticated")]
    {
        let renamed = supergraph("%head%").replace("@authenticated", name);
        guards(&renamed.replace("%head%", &federation(imports))).await;
    }
    for url in ["http://specs.apollo.dev/authenticated/v0.1", "https://Specs.Apollo.dev/authenticated/v0.1/"] {
        guards(&supergraph(&format!("{bare} @link(url: \"{url}\")"))).await;
    }
}

#[tokio::test]
async fn guards_that_composition_only_carries_along_hold() {
    const LINK: &str = r#"@link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
        @join__directive(graphs: [VAULT], name: "link", args: { url: "https://specs.apollo.dev/federation/v2.9",
            import: ["@key", { name: "@authenticated", as: "@known" }, "@requiresScopes", "@policy"] })"#;
    const CARRIER: &str = "
        directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on
            SCHEMA | FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
        scalar join__DirectiveArguments";
    let own = |line: &&str| {
        !["authenticated", "requiresScopes", "policy"]
            .iter()
            .any(|guard| line.starts_with(&format!("directive @{guard}")))
    };
    let sdl = supergraph("%head%").lines().filter(own).collect::<Vec<_>>().join("\n");
    let carried = |name: &str| format!("@join__directive(graphs: [VAULT], name: \"{name}\"");
    let sdl = sdl
        .replace("@authenticated", &format!("{})", carried("known")))
        .replace("@requiresScopes(", &format!("{}, args: {{ ", carried("requiresScopes")))
        .replace("@policy(", &format!("{}, args: {{ ", carried("policy")))
        .replace("\"]])", "\"]] })");
    let sdl = format!("{sdl}{CARRIER}");
    guards(&sdl.replace("%head%", LINK)).await;
    let problem = |sdl: &str| Supergraph::parse(sdl).unwrap_err().to_string();
    let unreadable = sdl.replace("%head%", LINK).replace("scopes: [[", "scopses: [[");
    assert!(problem(&unreadable).contains("has no lists of scopes"), "{}", problem(&unreadable));
    let unknown = LINK.replace("federation/v2.9\",", "sanctum/v1.0\", for: SECURITY,");
    assert!(
        problem(&sdl.replace("%head%", &unknown)).contains("sanctum"),
        "{}",
        problem(&sdl.replace("%head%", &unknown))
    );
}

#[tokio::test]
async fn a_guard_counts_where_something_is_extended() {
    let schema = "schema %head% { query: Query mutation: Mutation subscription: Subscription }";
    let price = "  price: Int @join__field(graph: VAULT) @join__field(graph: HALL, external: true) @authenticated\n";
    let sdl = supergraph("%head%").replace(schema, "").replace(price, "").replace(" @authenticated {\n", " {\n");
    let extended =
        format!("{sdl} extend schema {LINKED} extend type Painting {{ {price} }} extend type Letter @authenticated\n");
    guards(&extended).await;
    // Beside those that there are already.
    let museum = World::served(&format!("{extended} extend type Letter @policy(policies: [])"), standins(2));
    let answer = as_customer(&museum, "{ letter { id } }").await;
    assert_eq!(problems(&answer), [format!("letter {REFUSED}")], "{answer}");
}

#[tokio::test]
async fn a_namesake_from_another_specification_guards_nothing() {
    let head = LINKED.replace(
        "@link(url: \"https://specs.apollo.dev/authenticated/v0.1\", for: SECURITY)",
        "@link(url: \"https://example.com/house/v1.0\", import: [\"@authenticated\"])",
    );
    World::served(&supergraph(&head), standins(2)).check("{ takings }", json!({ "takings": 12 })).await;
    // Where federation's own goes by another name, it guards under that one.
    let own = "@link(url: \"https://specs.apollo.dev/authenticated/v0.1\", as: \"known\", for: SECURITY)";
    let sdl = supergraph(&format!("{head} {own}")).replace("year: Int @authenticated", "year: Int @known");
    let museum = World::served(&sdl, standins(2));
    museum.check("{ takings }", json!({ "takings": 12 })).await;
    let query = "{ dated { ... on Coin { year } } }";
    museum.fails(query, json!({ "dated": [{}, { "year": null }] }), &[("dated.1.year", REFUSED)]).await;
}

#[tokio::test]
async fn clients_see_the_fields_and_not_their_guards() {
    let types = museum().ask("{ __schema { types { name fields { name } } directives { name } } }").await;
    let text = types.to_string();
    for guard in ["authenticated", "requiresScopes", "policy", "Scope"] {
        assert!(!text.contains(guard), "{guard} in {text}");
    }
    for shown in ["\"takings\"", "\"appraisal\"", "\"Letter\""] {
        assert!(text.contains(shown), "{shown}");
    }
}

#[test]
fn a_guard_that_cannot_be_read_is_refused() {
    let sdl = supergraph(LINKED).replace("[[\"read:price\", \"read:appraisal\"], [\"admin\"]]", "3");
    let error = Supergraph::parse(&sdl).unwrap_err().to_string();
    assert!(error.contains("cannot be served") && error.contains("Painting.appraisal: @requiresScopes"), "{error}");
}
