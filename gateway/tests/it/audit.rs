//! The audits for servers of the package `graphql-http` (1.23), by their ids, over a real socket.

use pipewright_gateway::router;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::shop::{Shop, reqwest_client, serve};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";
const TYPENAME: &str = "{ __typename }";

/// What an audit wants to see.
enum Wants {
    /// One of these statuses.
    Status(std::ops::RangeInclusive<u16>),
    /// 200, and this in the content type.
    Type(&'static str),
    /// 200, and no errors.
    Success,
    /// 200, and errors.
    Told,
    /// An answer without `data`.
    NoData,
}

const OK: Wants = Wants::Status(200..=200);
const BAD: Wants = Wants::Status(400..=400);

struct Auditor {
    client: reqwest::Client,
    url: String,
}

impl Auditor {
    fn post(&self, accept: Option<&str>, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.client.post(&self.url).header("content-type", JSON).body(body);
        accept.into_iter().fold(request, |request, accept| request.header("accept", accept))
    }

    fn send(&self, accept: Option<&str>, body: &Value) -> RequestBuilder {
        self.post(accept, body.to_string())
    }

    fn get(&self, accept: Option<&str>, parameters: &[(&str, &str)]) -> RequestBuilder {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let parameters: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = self.client.get(format!("{}?{}", self.url, parameters.join("&")));
        accept.into_iter().fold(request, |request, accept| request.header("accept", accept))
    }

    fn audits(&self) -> Vec<(String, RequestBuilder, Wants)> {
        let typename = json!({ "query": TYPENAME });
        let named = json!({ "query": "query Query { __typename }", "operationName": "Query" });
        let of_type = "query Type($name: String!) { __type(name: $name) { name } }";
        let typed = json!({ "query": of_type, "variables": { "name": "sometype" } });
        let uncoerced = json!({ "query": "query CoerceFailure($id: ID!) { product(upc: $id) { upc } }", "variables": { "id": null } });
        let unknown = json!({ "query": "{ f8f31403dfe404bccbb0e835f2629c6a7 }" });
        let extended = json!({ "query": TYPENAME, "extensions": { "some": "value" } });
        let typed_get = [("query", of_type), ("variables", r#"{"name":"sometype"}"#)];
        let with_charset = self.client.post(&self.url).header("content-type", "application/json; charset=utf-8");
        let mut audits = vec![
            ("22EB", self.send(Some(GRAPHQL), &typename), Wants::Type(GRAPHQL)),
            ("4655", self.send(Some(JSON), &typename), Wants::Type(JSON)),
            ("47DE", self.send(Some("*/*"), &typename), Wants::Type(JSON)),
            ("80D8", self.get(None, &[("query", TYPENAME)]), Wants::Type(JSON)),
            ("82A3", self.send(None, &typename), OK),
            ("BF61", with_charset.body(typename.to_string()), OK),
            ("78D5", self.send(None, &typename), OK),
            ("2C94", self.send(None, &typename), OK),
            ("5A70", self.get(None, &[("query", TYPENAME)]), OK),
            ("9C48", self.get(Some(GRAPHQL), &[("query", "mutation { __typename }")]), Wants::Status(400..=499)),
            ("9ABE", self.client.post(&self.url).body(typename.to_string()), Wants::Status(400..=499)),
            ("03D4", self.send(None, &typename), OK),
            ("A5BF", self.post(None, ""), BAD),
            ("423L", self.send(Some(GRAPHQL), &json!({ "notquery": TYPENAME })), BAD),
            ("34A2", self.send(Some(GRAPHQL), &typename), OK),
            ("13EE", self.send(Some(JSON), &typename), Wants::Success),
            ("8161", self.send(Some(GRAPHQL), &named), OK),
            ("B8B3", self.send(Some(JSON), &named), Wants::Success),
            ("2EA1", self.send(Some(GRAPHQL), &typed), OK),
            ("28B9", self.send(Some(JSON), &typed), Wants::Success),
            ("D6D5", self.get(Some(GRAPHQL), &typed_get), OK),
            ("6A70", self.get(Some(JSON), &typed_get), Wants::Success),
            ("428F", self.send(Some(GRAPHQL), &extended), OK),
            ("1B7A", self.send(Some(JSON), &extended), Wants::Success),
            ("B6DC", self.post(Some(JSON), "{ \"not a JSON"), Wants::Status(200..=599)),
            ("BCF8", self.post(Some(JSON), "{ \"not a JSON"), BAD),
            ("B7N8", self.post(Some(GRAPHQL), "{ \"not a JSON"), BAD),
            ("8764", self.send(None, &json!({ "qeury": TYPENAME })), Wants::Status(400..=599)),
            ("3E3A", self.send(None, &json!({ "qeury": TYPENAME })), BAD),
            ("572B", self.send(Some(JSON), &json!({ "query": "{" })), Wants::Told),
            ("FDE2", self.send(Some(JSON), &unknown), Wants::Told),
            ("7B9B", self.send(Some(JSON), &uncoerced), Wants::Told),
            ("865D", self.send(Some(GRAPHQL), &json!({ "query": "{" })), Wants::Status(400..=599)),
            ("556A", self.send(Some(GRAPHQL), &json!({ "query": "{" })), BAD),
            ("D586", self.send(Some(GRAPHQL), &json!({ "query": "{" })), Wants::NoData),
            ("51FE", self.send(Some(GRAPHQL), &unknown), Wants::Status(400..=599)),
            ("74FF", self.send(Some(GRAPHQL), &unknown), BAD),
            ("5E5B", self.send(Some(GRAPHQL), &unknown), Wants::NoData),
            ("86EE", self.send(Some(GRAPHQL), &uncoerced), BAD),
        ]
        .into_iter()
        .map(|(id, request, wants)| (id.to_owned(), request, wants))
        .collect::<Vec<_>>();
        let texts = [json!({ "obj": "ect" }), json!(0), json!(false), json!(["array"])];
        let maps = [json!("string"), json!(0), json!(false), json!(["array"])];
        for (id, parameter, wrong) in [
            ("LKJ", "query", &texts),
            ("6C0", "operationName", &texts),
            ("476", "variables", &maps),
            ("58B", "extensions", &maps),
        ] {
            for (number, wrong) in wrong.iter().enumerate() {
                let mut body = typename.clone();
                body[parameter] = wrong.clone();
                audits.push((format!("{id}{number}"), self.send(None, &body), BAD));
            }
        }
        for (number, parameter) in ["variables", "operationName", "extensions"].into_iter().enumerate() {
            let body = json!({ "query": TYPENAME, parameter: null });
            audits.push((format!("94B{number}"), self.send(Some(GRAPHQL), &body), Wants::Success));
            audits.push((format!("022{number}"), self.send(Some(JSON), &body), Wants::Success));
        }
        audits
    }
}

/// What is wrong with the answer.
async fn fault(answer: Response, wants: Wants) -> Option<String> {
    let status = answer.status().as_u16();
    let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).expect("an answer is UTF-8");
    let body: Value = serde_json::from_str(&text).unwrap();
    let fine = match wants {
        Wants::Status(statuses) => statuses.contains(&status),
        Wants::Type(wanted) => status == 200 && media.starts_with(wanted),
        Wants::Success => status == 200 && body.get("errors").is_none(),
        Wants::Told => status == 200 && body.get("errors").is_some(),
        Wants::NoData => body.get("data").is_none(),
    };
    (!fine).then(|| format!("{status} {media} {text}"))
}

#[tokio::test]
async fn the_audits_of_graphql_http_pass() {
    let url = format!("{}/graphql", serve(router(Shop::in_process().gateway)).await);
    let auditor = Auditor { client: reqwest_client(), url };
    let audits = auditor.audits();
    assert_eq!(audits.len(), 61);
    let mut faults = Vec::new();
    for (id, request, wants) in audits {
        if let Some(fault) = fault(request.send().await.unwrap(), wants).await {
            faults.push(format!("{id}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
