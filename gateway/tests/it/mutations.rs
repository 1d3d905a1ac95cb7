use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn mutations_act_one_after_the_other_across_services() {
    let shop = Shop::in_process();
    let answer = shop
        .ask(
            "mutation {
                a: setPrice(upc: \"table\", price: 1) { price stock }
                b: restock(upc: \"table\") { upc }
                c: renameUser(id: \"u1\", name: \"Lady\") { name reviews { id } }
                d: setPrice(upc: \"chair\", price: 2) { price }
                e: restock(upc: \"chair\") { title }
            }",
        )
        .await;
    assert_eq!(
        answer,
        json!({ "data": {
            "a": { "price": 1, "stock": 3 },
            "b": { "upc": "table" },
            "c": { "name": "Lady", "reviews": [{ "id": "r1" }, { "id": "r3" }] },
            "d": { "price": 2 },
            "e": { "title": "Chair" },
        } })
    );
    assert_eq!(
        shop.world.notes(),
        [
            "products: price of table is 1",
            "inventory: product table",
            "inventory: restock table",
            "accounts: rename u1 to Lady",
            "reviews: user u1",
            "products: price of chair is 2",
            "inventory: restock chair",
            "products: product chair",
        ]
    );
}

#[tokio::test]
async fn a_failed_mutation_does_not_hide_the_others() {
    let shop = Shop::in_process();
    let query = "mutation ($body: String!) {
        first: writeReview(upc: \"chair\", body: $body) { author { name } }
        second: renameUser(id: \"u2\", name: \"Amazing\") { name }
    }";
    let answer = shop.ask_with(query, json!({ "body": "" })).await;
    assert_eq!(answer["data"], json!({ "first": null, "second": { "name": "Amazing" } }));
    assert_eq!(answer["errors"][0]["path"], json!(["first"]));
    let answer = shop.ask_with(query, json!({ "body": "Nice" })).await;
    assert_eq!(answer["data"]["first"], json!({ "author": { "name": "Grace" } }));
}

#[tokio::test]
async fn a_mutation_names_its_root_type() {
    let answer = Shop::in_process().ask("mutation { t: __typename restock(upc: \"table\") { upc } }").await;
    assert_eq!(answer, json!({ "data": { "t": "Mutation", "restock": { "upc": "table" } } }));
}
