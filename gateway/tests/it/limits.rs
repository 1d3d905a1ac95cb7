use pipewright_gateway::Limits;
use serde_json::Value;

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
    assert!(message.as_str().unwrap().contains("limit"), "{message}");
}

#[tokio::test]
async fn too_many_at_once_are_turned_away() {
    let limits = Limits { operations: 0, ..Limits::default() };
    let answer = Shop::builder().limits(limits).build().ask("{ whoami }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "OVERLOADED");
}
