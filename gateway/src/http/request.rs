//! What a client asks, read from a body or from a query string.

use axum::{body::Body, http::HeaderMap};
use kernel::Code;
use platform::door::{Malformed, read_json};
use serde::Deserialize;
use serde_json::Value;

use crate::{Limits, Request, response::Parameters};

/// All else has been found right.
const TWICE: &str = "the body names a parameter, or something in `variables`, twice";

pub(super) enum Asked {
    One(Request),
    /// A list of requests in one body.
    Many(Vec<Request>),
}

pub(super) async fn read_body(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Asked, Malformed> {
    let body = read_json(headers, body, limits.body_bytes, limits.body_time).await?;
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(bad("the body is empty; a request is a JSON object with a `query`")),
        Some(b'[') => read_list(&body, limits.batching).map(Asked::Many),
        Some(_) => serde_json::from_slice(&body).map(Asked::One).map_err(|_| bad(explain(&body))),
    }
}

fn read_list(body: &[u8], most: usize) -> Result<Vec<Request>, Malformed> {
    let refuse = |message: String| Err((Code::BatchRefused, message));
    if most == 0 {
        return refuse("a request is one operation: lists of them are switched off".to_owned());
    }
    let Ok(requests) = serde_json::from_slice::<Vec<Request>>(body) else {
        let list: Result<Vec<Value>, _> = serde_json::from_slice(body);
        let problem = list.map(|list| list.into_iter().find_map(problem).unwrap_or_else(|| TWICE.to_owned()));
        return Err(bad(problem.unwrap_or_else(|error| format!("the body is no JSON: {error}"))));
    };
    match requests.len() {
        0 => refuse("the list of operations is empty".to_owned()),
        many if many > most => refuse(format!("{many} operations in one request; {most} are allowed")),
        _ => Ok(requests),
    }
}

/// GraphQL over HTTP in a query string: parameters that are not text are text in JSON, empty means absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryString {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

pub(super) fn read_query(query: Option<&str>) -> Result<Asked, Malformed> {
    let query = query.unwrap_or_default();
    if !platform::door::is_text(query) {
        return Err(bad("the query string is not in UTF-8"));
    }
    let uri = format!("/?{query}").parse().map_err(|_| bad("the query string is malformed"))?;
    let axum::extract::Query(given) = axum::extract::Query::<QueryString>::try_from_uri(&uri)
        .map_err(|error| bad(format!("the query string is no GraphQL request: {error}")))?;
    let parameters = Parameters {
        query: given.query.filter(|query| !query.is_empty()),
        operation_name: given.operation_name,
        variables: json("variables", given.variables)?,
        extensions: json("extensions", given.extensions)?,
    };
    Request::try_from(parameters).map(Asked::One).map_err(bad)
}

fn json<T: for<'de> Deserialize<'de>>(name: &str, text: Option<String>) -> Result<Option<T>, Malformed> {
    let text = text.filter(|text| !text.is_empty());
    let value = text.map(|text| serde_json::from_str(&text)).transpose();
    value.map(Option::flatten).map_err(|_| bad(format!("`{name}` is a JSON object, as text, that names nothing twice")))
}

/// Says what is wrong with a body that is no request; read once more, since what is right needs no such care.
fn explain(body: &[u8]) -> String {
    match serde_json::from_slice(body) {
        Err(error) => format!("the body is no JSON: {error}"),
        Ok(value) => problem(value).unwrap_or_else(|| TWICE.to_owned()),
    }
}

fn problem(value: Value) -> Option<String> {
    let Value::Object(parameters) = value else {
        return Some(format!("a request is a JSON object, not {}", kind(&value)));
    };
    for (name, wanted) in
        [("query", "a string"), ("operationName", "a string"), ("variables", "an object"), ("extensions", "an object")]
    {
        let found = parameters.get(name).map_or("null", kind);
        if found != wanted && found != "null" {
            return Some(format!("`{name}` is {wanted}, not {found}"));
        }
    }
    serde_json::from_value::<Request>(Value::Object(parameters)).err().map(|error| error.to_string())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn bad(message: impl Into<String>) -> Malformed {
    (Code::BadRequest, message.into())
}
