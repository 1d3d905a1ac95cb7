//! What a request may look like, and what is said of those that do not.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use pipewright_gateway::{Limits, router};
use serde_json::{Value, json};

use crate::{
    http::{RESPONSE, open, post, query, send},
    shop::Shop,
};

#[tokio::test]
async fn a_head_request_is_a_get_without_its_body() {
    let router = open();
    let uri = "/graphql?query=%7Bwhoami%7D";
    let get = send(&router, Request::get(uri).body(Body::empty()).unwrap()).await;
    let head = send(&router, Request::head(uri).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header("content-type"), get.header("content-type"));
    let act = "/graphql?query=mutation%7Brestock(upc%3A%22table%22)%7Bupc%7D%7D";
    let head = send(&router, Request::head(act).body(Body::empty()).unwrap()).await;
    assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_malformed_request_says_what_is_wrong_with_it() {
    let router = open();
    for (body, message) in [
        ("", "the body is empty"),
        (" \n", "the body is empty"),
        ("{", "the body is no JSON: EOF"),
        ("{\"query\":\"\u{fffd}\"", "the body is no JSON"),
        ("7", "a request is a JSON object, not a number"),
        ("\"{ whoami }\"", "a request is a JSON object, not a string"),
        ("{}", "the parameter `query` is missing"),
        ("{\"query\": null}", "the parameter `query` is missing"),
        ("{\"query\": 1}", "`query` is a string, not a number"),
        ("{\"query\": \"\", \"operationName\": []}", "`operationName` is a string, not a list"),
        ("{\"query\": \"\", \"variables\": \"{}\"}", "`variables` is an object, not a string"),
        ("{\"query\": \"\", \"extensions\": true}", "`extensions` is an object, not a boolean"),
        ("{\"query\": \"\", \"extensions\": {\"persistedQuery\": 1}}", "`extensions.persistedQuery` is an object"),
        ("{\"query\": \"{ a }\", \"query\": \"{ b }\"}", "the body names a parameter, or"),
        ("{\"query\": \"{ whoami }\", \"variables\": {\"a\": 1, \"a\": 2}}", "the body names a parameter, or"),
        ("{\"query\": \"\", \"variables\": {\"a\": [{\"b\": 1, \"\\u0062\": 2}]}}", "the body names a parameter, or"),
    ] {
        for accept in [RESPONSE, "application/json", "text/event-stream"] {
            let answer = send(&router, post(&[("accept", accept)], body)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
            let told = answer.json()["errors"][0].clone();
            assert!(told["message"].as_str().unwrap().starts_with(message), "{body}: {told}");
            assert_eq!(told["extensions"]["code"], "BAD_REQUEST");
        }
    }
    let deep =
        format!("{{\"query\": \"{{ whoami }}\", \"variables\": {{\"a\": {}{}}}}}", "[".repeat(500), "]".repeat(500));
    assert_eq!(send(&router, post(&[], deep)).await.status, StatusCode::BAD_REQUEST);
    // What we do not know is ignored.
    let more = json!({ "query": "{ whoami }", "id": 7, "extensions": { "client": {} }, "operationName": "" });
    assert_eq!(send(&router, post(&[], more.to_string())).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_query_string_is_text_and_its_variables_say_nothing_twice() {
    let router = open();
    let asked = async |asked: &str| {
        let request = Request::get(format!("/graphql?query={asked}")).body(Body::empty()).unwrap();
        let answer = send(&router, request).await;
        (answer.status.as_u16(), answer.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned())
    };
    for bytes in ["%ff", "%C3", "%c3&operationName=%a9", "%ED%A0%80"] {
        let told = asked(&format!("%7Bwhoami%7D%23{bytes}")).await;
        assert_eq!(told, (400, "the query string is not in UTF-8".to_owned()), "{bytes}");
    }
    let (status, told) = asked("%7Bwhoami%7D&variables=%7B%22a%22%3A1%2C%22a%22%3A2%7D").await;
    assert_eq!((status, told.contains("`variables`") && told.contains("twice")), (400, true), "{told}");
    // What is text, or no escape, is taken as it stands.
    for fine in ["%23%C3%A9", "%23%E2%82%AC", "%23100%", "%23%zz", "&variables=%7B%22a%22%3A%7B%22a%22%3A1%7D%7D"] {
        assert_eq!(asked(&format!("%7Bwhoami%7D{fine}")).await, (200, String::new()), "{fine}");
    }
}

#[tokio::test]
async fn each_refusal_has_its_status_its_code_and_the_id_of_its_request() {
    let limits = Limits { body_bytes: 300, ..Limits::default() };
    let router = router(Shop::builder().limits(limits).build().gateway);
    let with = |method: &str, headers: &[(&str, &str)], body: &str| {
        let request = Request::builder().method(method).uri("/graphql");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(Body::from(body.to_owned())).unwrap()
    };
    let json_type = ("content-type", "application/json");
    let ask = query("{ whoami }");
    for (request, status, code) in [
        (with("PUT", &[json_type], &ask), 405, "METHOD_NOT_ALLOWED"),
        (with("DELETE", &[], ""), 405, "METHOD_NOT_ALLOWED"),
        (with("POST", &[json_type, ("accept", "image/png")], &ask), 406, "NOT_ACCEPTABLE"),
        (with("POST", &[json_type, ("accept", "application/json;charset=latin1")], &ask), 406, "NOT_ACCEPTABLE"),
        (with("POST", &[], &ask), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (with("POST", &[("content-type", "application/graphql")], &ask), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (with("POST", &[json_type, ("content-encoding", "gzip")], &ask), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (with("POST", &[json_type], &format!("{ask}{}", " ".repeat(300))), 413, "PAYLOAD_TOO_LARGE"),
        (with("POST", &[json_type], "{"), 400, "BAD_REQUEST"),
        (with("POST", &[json_type], "[]"), 400, "BATCH_REFUSED"),
        (with("POST", &[json_type, ("accept", RESPONSE)], &query("{")), 400, "GRAPHQL_PARSE_FAILED"),
        (with("POST", &[json_type], &query("{")), 200, "GRAPHQL_PARSE_FAILED"),
        (with("POST", &[json_type, ("accept", RESPONSE)], &query("{ no }")), 400, "GRAPHQL_VALIDATION_FAILED"),
        (
            with("POST", &[json_type, ("accept", RESPONSE)], "{\"query\":\"{ whoami }\",\"operationName\":\"No\"}"),
            400,
            "BAD_REQUEST",
        ),
        (with("GET", &[("accept", RESPONSE)], ""), 400, "BAD_REQUEST"),
        (with("GET", &[("upgrade", "websocket")], ""), 400, "BAD_REQUEST"),
    ] {
        let (told, said) = (format!("{request:?}"), ("x-request-id", "find-me"));
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(said.0, said.1.parse().unwrap());
        let answer = send(&router, Request::from_parts(parts, body)).await;
        assert_eq!(answer.status.as_u16(), status, "{told} {}", answer.text);
        assert_eq!(answer.code(), code, "{told}");
        assert_eq!(answer.json()["errors"][0]["extensions"]["requestId"], "find-me", "{told}");
        assert_eq!(answer.header("x-request-id"), "find-me");
        assert_eq!(answer.json().get("data"), None, "{told}");
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{told}");
    }
}

#[tokio::test]
async fn several_operations_travel_together_only_where_that_is_switched_on() {
    let (one, two) = (json!({ "query": "{ whoami }" }), json!({ "query": "{ me { name } }" }));
    let list = |requests: &[&Value]| post(&[("accept", RESPONSE)], json!(requests).to_string());
    let answer = send(&open(), list(&[&one])).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "BATCH_REFUSED"));
    let limits = Limits { batching: 2, ..Limits::default() };
    let router = router(Shop::builder().limits(limits).build().gateway);
    let answer = send(&router, list(&[&two, &one])).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::OK, "application/graphql-response+json; charset=utf-8")
    );
    assert_eq!(answer.json(), json!([{ "data": { "me": { "name": "Ada" } } }, { "data": { "whoami": null } }]));
    let broken = json!({ "query": "{" });
    let answer = send(&router, list(&[&broken, &two])).await;
    assert_eq!(answer.json()[0]["errors"][0]["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
    assert_eq!(answer.json()[1]["data"]["me"]["name"], "Ada");
    for (requests, message) in [
        (vec![&one, &one, &one], "3 operations in one request; 2 are allowed"),
        (vec![], "the list of operations is empty"),
    ] {
        let answer = send(&router, list(&requests)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "BATCH_REFUSED"));
        assert_eq!(answer.json()["errors"][0]["message"], message);
    }
    let answer = send(&router, list(&[&one, &json!({ "query": 1 })])).await;
    assert_eq!(answer.json()["errors"][0]["message"], "`query` is a string, not a number");
}

#[tokio::test]
async fn what_has_no_value_is_a_syntax_error_and_nothing_is_run() {
    let router = router(Shop::in_process().gateway);
    for (document, line, column) in [
        ("{ product(upc) { title } }", 1, 11),
        ("{ whoami(nope) }", 1, 10),
        ("{ whoami @include(if) }", 1, 19),
        ("mutation {\n  rate(input: { upc: \"table\", stars FIVE }) { id } }", 2, 31),
    ] {
        let body = json!({ "query": document }).to_string();
        let answer = send(&router, post(&[("accept", RESPONSE)], body)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "GRAPHQL_PARSE_FAILED"), "{document}");
        let place = json!([{ "line": line, "column": column }]);
        assert_eq!(answer.json()["errors"][0]["locations"], place, "{document}");
    }
}

#[tokio::test]
async fn commas_mean_nothing_anywhere_and_descriptions_neither() {
    let shop = Shop::in_process();
    for document in [
        "{,...,F,} fragment F on Query { product(upc:,\"table\",) { title } }",
        "{ ..., on, Query { product(upc: \"table\") { title } } }",
        "\"what it asks\" query A(\"which, exactly\" $upc: ID = \"table\") { product(upc: $upc) { title } }",
        "{ ...F } \"\"\"\na part\n\"\"\" fragment F on Query { product(upc: \"table\") { title } }",
    ] {
        assert_eq!(shop.data(document).await, json!({ "product": { "title": "Table" } }), "{document}");
    }
}
