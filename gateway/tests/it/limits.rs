use pipewright_gateway::{Limits, Response};
use serde_json::{Value, json};

use crate::shop::Shop;

async fn refused(limits: Limits, query: &str) -> Value {
    let answer = Shop::builder().limits(limits).build().ask(query).await;
    assert_eq!(answer.get("data"), None, "{answer}");
    answer["errors"][0]["message"].clone()
}

#[tokio::test]
async fn an_operation_may_not_be_too_deep() {
    let limits = || Limits { depth: 3, ..Limits::default() };
    let message = refused(limits(), "{ me { reviews { product { title } } } }").await;
    assert_eq!(message, "the operation has more than 3 levels of fields");
    let shop = Shop::builder().limits(limits()).build();
    shop.data("{ me { reviews { body } } }").await;
}

#[tokio::test]
async fn fragments_count_where_they_are_spread() {
    let bomb = "{ me { ...a ...a } } fragment a on User { ...b ...b } fragment b on User { ...c ...c } fragment c on User { name id }";
    let message = refused(Limits { fields: 10, ..Limits::default() }, bomb).await;
    assert_eq!(message, "the operation has more than 10 fields");
}

#[tokio::test]
async fn fragments_of_nothing_count_too() {
    let mut bomb = "{ me { ...f0 } }".to_owned();
    for level in 0..40 {
        bomb.push_str(&format!(" fragment f{level} on User {{ ...f{0} ...f{0} }}", level + 1));
    }
    bomb.push_str(" fragment f40 on User { name @skip(if: true) }");
    let message = refused(Limits::default(), &bomb).await;
    assert_eq!(message, "the operation has more than 5000 fragments");
}

#[tokio::test]
async fn introspection_is_counted_before_it_runs() {
    let limits = || Limits { aliases: 2, ..Limits::default() };
    let message = refused(limits(), "{ __schema { types { a: name b: name c: name } } }").await;
    assert_eq!(message, "the operation has more than 2 aliases");
    let message = refused(limits(), "{ a: __schema { types { name } } b: __typename c: __typename }").await;
    assert_eq!(message, "the operation has more than 2 aliases");
}

#[tokio::test]
async fn aliases_and_tokens_are_counted() {
    let message = refused(Limits { aliases: 2, ..Limits::default() }, "{ a: whoami b: whoami c: whoami }").await;
    assert_eq!(message, "the operation has more than 2 aliases");
    let message = refused(Limits { tokens: 5, ..Limits::default() }, "{ me { name id } }").await;
    assert_eq!(message, "the operation has more than 5 tokens");
}

#[tokio::test]
async fn root_fields_directives_and_different_fields_are_counted() {
    let limits = || Limits { root_fields: 2, ..Limits::default() };
    let message = refused(limits(), "{ whoami ...more } fragment more on Query { a: whoami b: whoami }").await;
    assert_eq!(message, "the operation has more than 2 fields at its root");
    Shop::builder().limits(limits()).build().data("{ whoami me { id name reviews { body } } }").await;

    let limits = || Limits { directives: 2, ..Limits::default() };
    let twice = "query ($x: Boolean!) { whoami @skip(if: $x) ...f } fragment f on Query { me @skip(if: true) { id";
    let message =
        refused(limits(), &format!("{twice} @skip(if: $x) }} }}").replace("$x: Boolean!", "$x: Boolean = true")).await;
    assert_eq!(message, "the operation has more than 2 directives");
    let shop = Shop::builder().limits(limits()).build();
    shop.data(&format!("{twice} }} }}").replace("$x: Boolean!", "$x: Boolean = true")).await;

    let limits = || Limits { height: 3, ..Limits::default() };
    let message = refused(limits(), "{ me { id name ... on User { reviews { body } } } }").await;
    assert_eq!(message, "the operation has more than 3 different fields");
    Shop::builder().limits(limits()).build().data("{ me { id a: id b: id } other: me { name } }").await;
}

#[tokio::test]
async fn a_limit_names_itself_and_the_place() {
    let limits = Limits { depth: 2, ..Limits::default() };
    let answer = Shop::builder().limits(limits).build().ask("{\n  me {\n    reviews { body }\n  }\n}").await;
    let error = &answer["errors"][0];
    assert_eq!(error["locations"], json!([{ "line": 3, "column": 15 }]));
    assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED");
    assert_eq!((&error["extensions"]["limit"], &error["extensions"]["maximum"]), (&json!("max_depth"), &json!(2)));
    assert!(error["extensions"]["requestId"].is_string());
}

#[tokio::test]
async fn what_is_nested_too_deep_to_be_looked_at_is_refused_and_not_fatal() {
    let shop = Shop::in_process();
    let inline = |levels: usize| format!("{{ me {}id{} }}", "{ ... ".repeat(levels), "}".repeat(levels));
    let fields = format!("{}id{}", "{ me ".repeat(3_000), "}".repeat(3_000));
    let value = format!("{{ product(upc: {}1{}) {{ title }} }}", "[".repeat(5_000), "]".repeat(5_000));
    let object = format!("{{ products(filter: {}1{}) {{ title }} }}", "{a: ".repeat(3_000), "}".repeat(3_000));
    let variable = format!("query ($a: {}Int{}) {{ whoami }}", "[".repeat(5_000), "]".repeat(5_000));
    let mut chain = "{ me { ...f0 } }".to_owned();
    for level in 0..1_000 {
        chain.push_str(&format!(" fragment f{level} on User {{ ...f{} }}", level + 1));
    }
    chain.push_str(" fragment f1000 on User { id }");
    let mut both = "{ me { ...f0 } }".to_owned();
    for level in 0..90 {
        let (open, close) = ("{ ... ".repeat(45), "}".repeat(45));
        both.push_str(&format!(" fragment f{level} on User {open}{{ ...f{} }}{close}", level + 1));
    }
    both.push_str(" fragment f90 on User { id }");
    for query in [inline(190), inline(4_000), fields, value, object, variable, chain, both] {
        let answer = shop.ask(&query).await;
        assert!(answer["errors"][0]["extensions"]["code"].is_string() || answer["data"].is_object(), "{answer}");
        assert_ne!(answer["errors"][0]["extensions"]["code"], "INTERNAL", "{answer}");
    }
    // It still works.
    shop.data("{ me { ... { ... { id } } } }").await;
}

#[tokio::test]
async fn too_many_at_once_are_turned_away() {
    let limits = Limits { operations: 0, ..Limits::default() };
    let answer = Shop::builder().limits(limits).build().ask("{ whoami }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "OVERLOADED");
}

#[tokio::test]
async fn a_document_that_many_ask_for_at_once_is_read_and_planned_once() {
    // Read for each, most of them would be turned away.
    let shop = Shop::builder().limits(Limits { thinking: 1, ..Limits::default() }).build();
    let query = format!("{{ {} }}", "me { reviews { body } } ".repeat(90));
    let asked = (0..100).map(|_| shop.gateway.execute(pipewright_gateway::Request::new(query.clone()), None));
    let answers = futures::future::join_all(asked).await;
    let errors: Vec<_> = answers.iter().flat_map(|answer| &answer.errors).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test]
async fn too_many_that_wait_to_be_planned_are_turned_away() {
    let shop = Shop::builder().limits(Limits { thinking: 1, ..Limits::default() }).build();
    // Each takes a core for a while, and no two are the same.
    let query = |number: usize| format!("query Q{number} {{ {} }}", "me { reviews { body } } ".repeat(300));
    let asked = futures::future::join_all((0..100).map(|number| {
        let (gateway, query) = (shop.gateway.clone(), query(number));
        async move { gateway.execute(pipewright_gateway::Request::new(query), None).await }
    }));
    let answers = asked.await;
    let refused = answers.iter().filter(|answer| answer.refused == Some(kernel::Code::Overloaded)).count();
    assert!((50..100).contains(&refused), "{refused} of 100 were refused");
    // The rest was not refused for its number, but may have taken too long for a busy machine.
    let told = |answer: &&Response| answer.refused == Some(kernel::Code::Overloaded) && answer.retry_after == Some(1);
    assert_eq!(answers.iter().filter(told).count(), refused);
}
