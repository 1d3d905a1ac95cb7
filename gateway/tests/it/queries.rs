use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn an_entity_is_joined_across_three_services() {
    let shop = Shop::in_process();
    let data = shop.data("{ me { name reviews { body product { title stock } } } }").await;
    assert_eq!(
        data,
        json!({ "me": { "name": "Ada", "reviews": [
            { "body": "Sturdy", "product": { "title": "Table", "stock": 3 } },
            { "body": "Fine", "product": { "title": "Chair", "stock": 0 } },
        ] } })
    );
}

#[tokio::test]
async fn the_same_answers_come_over_http() {
    let near = Shop::in_process();
    let far = Shop::builder().over_http().await.build();
    for query in [
        "{ me { name reviews { body product { title stock } } } whoami }",
        "{ products { title shipping status sizes reviews { author { name } } } }",
        "{ media { __typename title ... on Book { blurb } ... on Film { director { name } } } }",
        "{ product(upc: \"chair\") { warehouse { name keeper { name } } } broken }",
    ] {
        assert_eq!(far.ask(query).await, near.ask(query).await, "{query}");
    }
}

#[tokio::test]
async fn what_a_field_requires_is_fetched_first() {
    let shop = Shop::in_process();
    let data = shop.data("{ shortages { shipping } product(upc: \"table\") { shipping } }").await;
    // Nobody asked for price and weight, so nobody gets them.
    assert_eq!(
        data,
        json!({ "shortages": [{ "shipping": 5000 }, { "shipping": null }], "product": { "shipping": 0 } })
    );
}

#[tokio::test]
async fn an_aliased_requirement_does_not_get_in_the_way() {
    let shop = Shop::in_process();
    let data = shop.data("{ product(upc: \"chair\") { price: title weight: price cost: shipping } }").await;
    assert_eq!(data, json!({ "product": { "price": "Chair", "weight": 5000, "cost": 5000 } }));
}

#[tokio::test]
async fn an_alias_may_hide_the_key_of_an_entity() {
    let shop = Shop::in_process();
    let data =
        shop.data("{ products { upc: title code: upc stock: sizes reviews { id: body } shipping: stock } }").await;
    assert_eq!(
        data["products"][1],
        json!({ "upc": "Chair", "code": "chair", "stock": [[1, 2], [3]], "reviews": [{ "id": "Fine" }], "shipping": 0 })
    );
    let data = shop
        .data("{ me: product(upc: \"table\") { upc: stock title: __typename reviews { author { id: name } } } }")
        .await;
    assert_eq!(
        data,
        json!({ "me": { "upc": 3, "title": "Product", "reviews": [{ "author": { "id": "Ada" } }, { "author": { "id": "Grace" } }] } })
    );
    let answer = shop
        .ask("{ me: broken title: product(upc: \"chair\") { stock: warehouse { name: keeper { id: name } } } }")
        .await;
    let mut paths: Vec<_> =
        answer["errors"].as_array().unwrap().iter().map(|error| error["path"].to_string()).collect();
    paths.sort();
    assert_eq!(paths, [r#"["me"]"#, r#"["title","stock","name","id"]"#], "paths are the client's");
}

#[tokio::test]
async fn an_entity_asked_for_many_times_is_fetched_once() {
    let shop = Shop::in_process();
    let data = shop.data("{ users { reviews { author { name } product { reviews { author { name } } } } } }").await;
    assert_eq!(data["users"][1]["reviews"][0]["product"]["reviews"][0]["author"]["name"], "Ada");
    let notes = shop.world.notes();
    let count = |note: &str| notes.iter().filter(|noted| *noted == note).count();
    // Once as the author of a review, once as an author beside it.
    assert!(count("accounts: user u1") <= 2, "{notes:?}");
    assert!(count("reviews: user u1") <= 1, "{notes:?}");
}

#[tokio::test]
async fn lists_within_lists_keep_their_shape() {
    let data = Shop::in_process().data("{ product(upc: \"table\") { sizes } }").await;
    assert_eq!(data, json!({ "product": { "sizes": [[1, 2], [3]] } }));
}

#[tokio::test]
async fn interfaces_and_unions_give_each_type_its_own_fields() {
    let shop = Shop::in_process();
    let data = shop
        .data(
            "{ media { title ... on Book { __typename pages blurb } ...film }
               search { kind: __typename ... on Product { stock } ... on Book { blurb } } }
             fragment film on Film { minutes director { nickname name } }",
        )
        .await;
    assert_eq!(
        data,
        json!({
            "media": [
                { "title": "Notes", "__typename": "Book", "pages": 66, "blurb": "About isbn-1" },
                { "title": "Metropolis", "minutes": 153, "director": { "nickname": null, "name": "Grace" } },
                // Inaccessible: the client cannot know its type.
                null,
            ],
            "search": [{ "kind": "Product", "stock": 3 }, { "kind": "Book", "blurb": "About isbn-1" }],
        })
    );
}

#[tokio::test]
async fn one_field_under_two_names_has_two_values() {
    let shop = Shop::in_process();
    let data = shop
        .data(
            "{ a: product(upc: \"table\") { one: reviews(first: 1) { body } all: reviews { body } }
               b: product(upc: \"chair\") { reviews { text: body } } }",
        )
        .await;
    assert_eq!(
        data,
        json!({
            "a": { "one": [{ "body": "Sturdy" }], "all": [{ "body": "Sturdy" }, { "body": "Wobbly" }] },
            "b": { "reviews": [{ "text": "Fine" }] },
        })
    );
}

#[tokio::test]
async fn fields_come_in_the_order_they_were_asked_for() {
    let shop = Shop::in_process();
    let request = pipewright_gateway::Request::new(
        "{ whoami products { stock title upc price } me { ...b id } } fragment b on User { reviews { id } name }",
    );
    let text = serde_json::to_string(&shop.gateway.execute(request, None).await).unwrap();
    let at = |key: &str| text.find(key).unwrap_or_else(|| panic!("{key} in {text}"));
    assert!(at("whoami") < at("products") && at("products") < at("\"me\""), "{text}");
    assert!(at("stock") < at("title") && at("title") < at("upc") && at("upc") < at("price"), "{text}");
    assert!(text.contains(r#"{"reviews":[{"id":"r1"},{"id":"r3"}],"name":"Ada","id":"u1"}"#), "{text}");
}

#[tokio::test]
async fn skip_and_include_follow_the_variables() {
    let shop = Shop::in_process();
    let query = "query ($deep: Boolean!, $not: Boolean = false) {
        me { name reviews @include(if: $deep) { body @skip(if: $not) ... @include(if: $deep) { product { title @skip(if: true) upc } } } }
        whoami @skip(if: $deep)
    }";
    let shallow = shop.ask_with(query, json!({ "deep": false })).await;
    assert_eq!(shallow, json!({ "data": { "me": { "name": "Ada" }, "whoami": "customer" } }));
    shop.world.notes();
    let deep = shop.ask_with(query, json!({ "deep": true, "not": true })).await;
    assert_eq!(
        deep,
        json!({ "data": { "me": { "name": "Ada", "reviews": [{ "product": { "upc": "table" } }, { "product": { "upc": "chair" } }] } } })
    );
    assert_eq!(shop.world.notes(), ["reviews: user u1"], "nothing that was skipped is fetched");
}

#[tokio::test]
async fn a_selection_of_nothing_is_an_empty_object() {
    let shop = Shop::in_process();
    let query = "query ($no: Boolean!) { me { name @include(if: $no) } media { title @include(if: $no) } }";
    let answer = shop.ask_with(query, json!({ "no": false })).await;
    assert_eq!(answer, json!({ "data": { "me": {}, "media": [{}, {}, null] } }));
    let query = "query ($no: Boolean!) { me @include(if: $no) { name } }";
    assert_eq!(shop.ask_with(query, json!({ "no": false })).await, json!({ "data": {} }));
}

#[tokio::test]
async fn variables_are_coerced_and_defaults_apply() {
    let shop = Shop::in_process();
    let query = "query ($filter: Filter = { limit: 1 }, $first: Int) { products(filter: $filter) { upc reviews(first: $first) { id } } }";
    let answer = shop.ask_with(query, json!({})).await;
    assert_eq!(answer["data"]["products"].as_array().unwrap().len(), 1);
    let answer = shop.ask_with(query, json!({ "filter": { "cheaperThan": 6000 }, "first": 0 })).await;
    assert_eq!(
        answer,
        json!({ "data": { "products": [{ "upc": "chair", "reviews": [] }, { "upc": "cloud", "reviews": [] }] } })
    );
    let answer =
        shop.ask_with("query ($by: By!) { productBy(by: $by) { title } }", json!({ "by": { "upc": "table" } })).await;
    assert_eq!(answer, json!({ "data": { "productBy": { "title": "Table" } } }));
}

#[tokio::test]
async fn the_actor_reaches_the_services() {
    assert_eq!(Shop::in_process().data("{ whoami }").await, json!({ "whoami": "customer" }));
    let shop = Shop::in_process();
    let answer = shop.gateway.execute(pipewright_gateway::Request::new("{ whoami }"), None).await;
    assert_eq!(serde_json::to_value(answer).unwrap(), json!({ "data": { "whoami": null } }));
}

#[tokio::test]
async fn the_right_operation_of_a_document_runs() {
    let shop = Shop::in_process();
    let run = async |name: Option<&str>| {
        let query = "query Mine { me { name } } query Yours { user(id: \"u2\") { name } }".to_owned();
        let operation_name = name.map(str::to_owned);
        let request = pipewright_gateway::Request { query, operation_name, ..Default::default() };
        serde_json::to_value(shop.gateway.execute(request, None).await).unwrap()
    };
    assert_eq!(run(Some("Yours")).await, json!({ "data": { "user": { "name": "Grace" } } }));
    assert_eq!(run(Some("Mine")).await, json!({ "data": { "me": { "name": "Ada" } } }));
    for name in [None, Some("Nobodys")] {
        let answer = run(name).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{answer}");
        assert_eq!(answer.get("data"), None);
    }
}

#[tokio::test]
async fn an_alias_may_be_called_like_the_name_of_the_type() {
    let shop = Shop::in_process();
    let query = "{ review(id: \"r1\") { a: __typename __typename: product { title } author { name } } }";
    let data = shop.data(query).await;
    assert_eq!(data["review"]["__typename"], json!({ "title": "Table" }), "{data}");
    assert_eq!(data["review"]["a"], "Review");
}
