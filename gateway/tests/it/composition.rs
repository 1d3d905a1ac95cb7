use pipewright_gateway::{ComposeError, SubgraphSdl, Supergraph, check_satisfiability, compose};

use crate::shop::Shop;

#[test]
fn the_same_schemas_compose_to_the_same_text_in_any_order() {
    let sdls = Shop::builder().sdls;
    let text = compose(&sdls).unwrap();
    let reversed: Vec<_> = sdls.into_iter().rev().collect();
    for _ in 0..5 {
        assert_eq!(compose(&reversed).unwrap(), text);
    }
}

#[test]
fn a_supergraph_says_who_answers_its_root_fields() {
    let text = compose(&Shop::builder().sdls).unwrap();
    for expected in [
        "@link(url: \"https://specs.apollo.dev/join/v0.3\"",
        "@join__graph(name: \"accounts\", url: \"http://accounts.invalid/graphql\")",
        "type Query @join__type(graph: ACCOUNTS) @join__type(graph: INVENTORY) @join__type(graph: PRODUCTS) @join__type(graph: REVIEWS)",
        "type Subscription @join__type(graph: INVENTORY) {",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn every_field_of_the_shop_can_be_planned() {
    let supergraph = Supergraph::parse(&compose(&Shop::builder().sdls).unwrap()).unwrap();
    assert_eq!(check_satisfiability(&supergraph), []);
}

#[test]
fn a_broken_schema_is_named() {
    let mut sdls = Shop::builder().sdls;
    sdls[1].sdl.push_str("type {");
    let error = compose(&sdls).unwrap_err();
    assert!(matches!(&error, ComposeError::Unreadable { subgraph, .. } if *subgraph == sdls[1].name), "{error}");
}

#[test]
fn schemas_that_contradict_each_other_do_not_compose() {
    let subgraph = |name: &str, ty: &str| SubgraphSdl {
        name: name.into(),
        url: String::new(),
        sdl: format!(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@shareable\"])\n\
             type Query {{ size: {ty} @shareable }}"
        ),
    };
    let error = compose(&[subgraph("a", "Int"), subgraph("b", "String")]).unwrap_err();
    assert!(matches!(&error, ComposeError::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("Query.size"), "{error}");
}

#[test]
fn a_field_that_nobody_can_reach_is_found() {
    // The only key of `a` is not known to `b`, so the extra field hangs in the air.
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])";
    let sdl = |name: &str, sdl: &str| SubgraphSdl {
        name: name.into(),
        url: "http://x".into(),
        sdl: format!("{link}\n{sdl}"),
    };
    let supergraph = compose(&[
        sdl("a", "type Query { thing: Thing } type Thing @key(fields: \"id\") { id: ID! }"),
        sdl("b", "type Query { other: Int } type Thing @key(fields: \"code\") { code: ID! extra: Int }"),
    ]);
    let supergraph = Supergraph::parse(&supergraph.unwrap()).unwrap();
    let mut unplannable: Vec<_> =
        check_satisfiability(&supergraph).into_iter().map(|problem| problem.coordinate).collect();
    unplannable.sort();
    assert_eq!(unplannable, ["Thing.code", "Thing.extra"]);
}
