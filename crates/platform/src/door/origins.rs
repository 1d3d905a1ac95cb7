//! Pages of other origins: which may call us (CORS), and what none of them may send unasked (CSRF).

use axum::http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CONTENT_TYPE,
        HOST, ORIGIN, VARY,
    },
    request::Parts,
};
use axum::response::{IntoResponse, Response};

use super::Rules;

/// The methods that `/graphql` knows.
pub const METHODS: &str = "GET, HEAD, POST, OPTIONS";

/// Headers that a page may send; credentials travel in them, never in cookies.
const REQUEST_HEADERS: &str = "accept, apollo-require-preflight, apollographql-client-name, \
     apollographql-client-version, authorization, content-type, idempotency-key, if-match, if-none-match, \
     last-event-id, x-api-key, x-apollo-operation-name, x-pipewright-csrf, x-request-id";

const EXPOSED: &str = "etag, link, location, retry-after, x-request-id";

/// A browser sends none of these to another origin without asking first.
const PREFLIGHTED: [&str; 5] =
    ["authorization", "x-api-key", "x-pipewright-csrf", "apollo-require-preflight", "x-apollo-operation-name"];

/// The content types of forms, which a browser sends anywhere without asking.
const SIMPLE: [&str; 3] = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

/// Would a browser have asked before it sent this for a page of another origin? Then whoever sent it was
/// allowed to, or is no browser.
pub fn asked_first(headers: &HeaderMap) -> bool {
    let named = PREFLIGHTED.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()));
    named || headers.get(CONTENT_TYPE).is_some_and(|value| !is_simple(value))
}

fn is_simple(content_type: &HeaderValue) -> bool {
    let essence = content_type.to_str().ok().and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    // What has no form of a media type is not sent at all, or as text.
    !essence.contains('/') || SIMPLE.iter().any(|simple| simple.eq_ignore_ascii_case(essence))
}

/// May a page of this origin open a WebSocket? Browsers do not ask, so the page's origin must be ours or on
/// the list. What is no browser sends no origin.
pub(super) fn may_connect(rules: &Rules, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    if !rules.csrf_prevention || allowed(rules, origin).is_some() {
        return true;
    }
    let text = |value: &HeaderValue| value.to_str().map(str::to_ascii_lowercase).unwrap_or_default();
    let (origin, host) = (text(origin), headers.get(HOST).map(text).unwrap_or_default());
    origin.split_once("://").is_some_and(|(_, authority)| authority == host)
}

/// The value of `Access-Control-Allow-Origin`, if the list has the origin.
fn allowed(rules: &Rules, origin: &HeaderValue) -> Option<HeaderValue> {
    let mut listed = rules.cors_origins.iter();
    if listed.clone().any(|known| known == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    let found = listed.any(|known| known.as_bytes().eq_ignore_ascii_case(origin.as_bytes()));
    found.then(|| origin.clone())
}

/// The answer to a plain `OPTIONS`: the methods there are.
pub fn options() -> Response {
    (StatusCode::NO_CONTENT, [(ALLOW, METHODS)]).into_response()
}

/// The answer to a browser that asks what a page may send; `None` if it does not ask, or no page may.
pub(super) fn preflight(rules: &Rules, parts: &Parts, methods: &'static str) -> Option<Response> {
    let asks = parts.method == Method::OPTIONS && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if rules.cors_origins.is_empty() || !asks {
        return None;
    }
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    Some((StatusCode::NO_CONTENT, headers).into_response())
}

/// As a browser writes it: a scheme, a host and perhaps a port, and nothing behind.
pub(super) fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(_, host)| host);
    text == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
}

/// Lets a page of a listed origin read the answer.
pub(super) fn share(rules: &Rules, origin: Option<&HeaderValue>, response: &mut Response) {
    if rules.cors_origins.is_empty() {
        return;
    }
    let told = response.headers_mut();
    told.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin.and_then(|origin| allowed(rules, origin)) {
        told.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        told.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn a_form_is_sent_unasked_and_json_is_not() {
        for (name, value, expected) in [
            ("content-type", "application/json", true),
            ("content-type", "text/plain; charset=utf-8", false),
            ("content-type", "Multipart/Form-Data; boundary=x", false),
            ("content-type", "nonsense", false),
            ("apollo-require-preflight", "1", true),
            ("x-pipewright-csrf", "", false),
            ("accept", "application/json", false),
        ] {
            let name = HeaderName::from_static(name);
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            assert_eq!(asked_first(&headers), expected, "{value}");
        }
        assert!(!asked_first(&HeaderMap::new()));
    }
}
