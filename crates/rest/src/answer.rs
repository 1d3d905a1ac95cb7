//! What a GraphQL answer becomes over HTTP.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::Code;
use serde_json::{Value, json};

use crate::problem::Problem;

/// Names one version of one object as one reader sees it: `"lead_01….3-9f2c…"`. Others may see less of that version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Etag(String);

impl Etag {
    pub fn of(object: &Value) -> Option<Self> {
        let (id, version) = (object["id"].as_str()?, object["version"].as_i64()?);
        let mut seen = DefaultHasher::new();
        object.to_string().hash(&mut seen);
        Some(Self(format!("\"{id}.{version}-{:016x}\"", seen.finish())))
    }

    /// The version in an ETag of this object, whoever saw it so. A weak one compares unequal, as `If-Match` has it.
    pub fn version_of(id: &str, tag: &str) -> Option<i64> {
        let version = tag.strip_prefix('"')?.strip_suffix('"')?.strip_prefix(id)?.strip_prefix('.')?;
        let version = version.split_once('-').map_or(version, |(version, _)| version);
        version.bytes().all(|digit| digit.is_ascii_digit()).then(|| version.parse().ok())?
    }

    /// Does `If-None-Match` name it?
    pub fn is_in(&self, wanted: &str) -> bool {
        wanted.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.0)
    }
}

/// What the operation's one field gave. A field inside that this reader may not see is null; any other error is the
/// whole answer, for half an object must not pass for one.
pub(crate) fn result(mut answer: Value, field: &str) -> Result<Value, Problem> {
    let data = answer["data"][field].take();
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let hidden = |error: &&Value| {
        error["extensions"]["code"] == json!(Code::Forbidden.as_str())
            && error["path"].as_array().is_some_and(|path| path.len() > 1)
    };
    match errors.iter().find(|error| data.is_null() || !hidden(error)) {
        Some(error) => Err(Problem::of_error(error)),
        None => Ok(data),
    }
}

/// A mutation's payload, if it did what was asked.
pub(crate) fn payload(answer: Value, field: &str) -> Result<Value, Problem> {
    let payload = result(answer, field)?;
    match payload["errors"].as_array().and_then(|errors| errors.first()) {
        Some(error) => Err(Problem::of_user_error(error)),
        None => Ok(payload),
    }
}

pub(crate) fn object(status: StatusCode, object: &Value, etag: Option<&Etag>) -> Response {
    tagged(json_response(status, object), etag)
}

pub(crate) fn page(page: &Value, next: Option<&str>) -> Response {
    let response = json_response(StatusCode::OK, page);
    match next {
        Some(next) => with(response, header::LINK, &format!("<{next}>; rel=\"next\"")),
        None => response,
    }
}

pub(crate) fn not_modified(etag: &Etag) -> Response {
    tagged(StatusCode::NOT_MODIFIED.into_response(), Some(etag))
}

pub(crate) fn located(response: Response, location: &str) -> Response {
    with(response, header::LOCATION, location)
}

/// It is done, and there is nothing to show.
pub(crate) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let response = (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    // Personal data is not for shared caches.
    with(response, header::CACHE_CONTROL, "private, no-cache")
}

fn tagged(response: Response, etag: Option<&Etag>) -> Response {
    match etag {
        Some(Etag(tag)) => with(response, header::ETAG, tag),
        None => response,
    }
}

fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_names_the_version_of_one_object() {
        let object = json!({ "id": "lead_1", "version": 3 });
        let etag = Etag::of(&object).unwrap();
        assert!(etag.0.starts_with("\"lead_1.3-"), "{}", etag.0);
        assert_eq!(Etag::version_of("lead_1", &etag.0), Some(3));
        assert_eq!(Etag::version_of("lead_1", "\"lead_1.3\""), Some(3));
        assert_eq!(Etag::version_of("lead_2", &etag.0), None);
        assert_eq!(Etag::version_of("lead_1", &format!("W/{}", etag.0)), None);
        for wrong in ["\"lead_1.\"", "\"lead_1.-3\"", "\"lead_1.+3\"", "\"lead_1.3.4\""] {
            assert_eq!(Etag::version_of("lead_1", wrong), None, "{wrong}");
        }
        let is_in = |text: &str| etag.is_in(text);
        assert!(is_in(&format!("\"x\", W/{}", etag.0)) && is_in("*") && !is_in("\"lead_1.4\""));
    }

    #[test]
    fn one_version_that_two_see_differently_has_two_etags() {
        let seen = |phone: Value| Etag::of(&json!({ "id": "lead_1", "version": 3, "phone": phone })).unwrap();
        assert_eq!(seen(json!("1")), seen(json!("1")));
        assert_ne!(seen(json!("1")), seen(Value::Null));
    }

    #[test]
    fn a_hidden_field_is_null_and_any_other_error_is_the_answer() {
        let error = |code: &str| json!({ "message": "no", "path": ["lead", "phone"], "extensions": { "code": code } });
        let answer = |code: &str| json!({ "data": { "lead": { "id": "1", "phone": null } }, "errors": [error(code)] });
        assert_eq!(result(answer("FORBIDDEN"), "lead").unwrap()["phone"], Value::Null);
        assert_eq!(result(answer("SUBGRAPH_UNAVAILABLE"), "lead").unwrap_err().status, StatusCode::BAD_GATEWAY);
        let whole = json!({ "data": { "lead": null }, "errors": [error("FORBIDDEN")] });
        assert_eq!(result(whole, "lead").unwrap_err().status, StatusCode::FORBIDDEN);
    }
}
