use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn introspection_mixes_with_data() {
    let shop = Shop::in_process();
    let data = shop
        .data(
            "{ root: __typename me { t: __typename name } type: __type(name: \"Product\") { name fields { name } }
               __schema { queryType { name } subscriptionType { name } } }",
        )
        .await;
    assert_eq!(data["root"], "Query");
    assert_eq!(data["me"], json!({ "t": "User", "name": "Ada" }));
    assert_eq!(
        data["__schema"],
        json!({ "queryType": { "name": "Query" }, "subscriptionType": { "name": "Subscription" } })
    );
    let fields: Vec<_> = data["type"]["fields"].as_array().unwrap().iter().map(|field| &field["name"]).collect();
    assert_eq!(fields.len(), 10, "{fields:?}");
}

#[tokio::test]
async fn only_what_clients_may_know_is_shown() {
    let shop = Shop::in_process();
    let data = shop.data("{ __schema { types { name fields { name } enumValues { name } possibleTypes { name } } directives { name } } }").await;
    let text = data.to_string();
    for hidden in
        ["join__", "link__", "_Any", "_entities", "_service", "\"secret\"", "RECALLED", "Prototype", "inaccessible"]
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    for shown in ["\"nickname\"", "ON_SALE", "\"oneOf\"", "\"Film\""] {
        assert!(text.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn an_input_object_says_whether_it_takes_one_of_its_fields() {
    let shop = Shop::in_process();
    let data = shop
        .data(
            "{ by: __type(name: \"By\") { isOneOf ...again }
               filter: __type(name: \"Filter\") { exactly: isOneOf name }
               product: __type(name: \"Product\") { kind ... on __Type { isOneOf skipped: isOneOf @skip(if: true) } }
               none: __type(name: \"Nothing\") { isOneOf } itself: __type(name: \"__Type\") { fields { name } }
               query: __type(name: \"Query\") { fields { name args { type { isOneOf ofType { isOneOf } } } } }
               me { name } __schema { types { name isOneOf } } }
             fragment again on __Type { isOneOf same: isOneOf }",
        )
        .await;
    assert_eq!(data["by"], json!({ "isOneOf": true, "same": true }));
    assert_eq!(data["filter"], json!({ "exactly": false, "name": "Filter" }));
    assert_eq!(data["product"], json!({ "kind": "OBJECT", "isOneOf": null }));
    assert_eq!((&data["none"], &data["me"]), (&json!(null), &json!({ "name": "Ada" })));
    assert!(data["itself"]["fields"].as_array().unwrap().contains(&json!({ "name": "isOneOf" })));
    let fields = data["query"]["fields"].as_array().unwrap();
    let by = fields.iter().find(|field| field["name"] == "productBy").unwrap();
    assert_eq!(by["args"], json!([{ "type": { "isOneOf": null, "ofType": { "isOneOf": true } } }]));
    let types = data["__schema"]["types"].as_array().unwrap();
    let one_of: Vec<_> = types.iter().filter(|ty| ty["isOneOf"] == true).map(|ty| &ty["name"]).collect();
    assert_eq!(one_of, ["By"]);
}

#[tokio::test]
async fn an_introspection_that_would_explode_is_refused() {
    let shop = Shop::in_process();
    let answer = shop
        .ask("{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }")
        .await;
    assert_eq!(answer.get("data"), None, "{answer}");
}
