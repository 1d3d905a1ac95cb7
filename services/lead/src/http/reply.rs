//! How visitors and programs are answered.

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use kernel::{Code, Coded};
use serde_json::json;

use crate::{domain::capture::FieldError, error::Error, html};

/// Who asks: a browser that shows pages, or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    Browser,
    Program,
}

impl Asker {
    pub fn of(headers: &HeaderMap) -> Self {
        let says = |name: HeaderName, text| {
            headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(text))
        };
        let wants_page = says(header::ACCEPT, "text/html");
        let json = says(header::CONTENT_TYPE, "application/json") || says(header::ACCEPT, "json");
        if json && !wants_page { Self::Program } else { Self::Browser }
    }
}

/// A page of ours: no scripts, no frames, nothing from elsewhere. `goes_to` is where a form may lead beside us.
pub fn page(status: StatusCode, html: String, goes_to: Option<&str>) -> Response {
    let goes_to = goes_to.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{goes_to}; frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // The own origin is needed: by it a form knows that it stands on a page of ours.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A refusal as RFC 9457 has it, or as a page.
pub fn refuse(asker: Asker, code: Code, message: &str, errors: &[FieldError]) -> Response {
    let status = status_of(code);
    if asker == Asker::Browser {
        let body = format!("<p>{}</p>", html::escape(message));
        return page(status, html::notice("This did not work", &body), None);
    }
    let list: Vec<_> = errors
        .iter()
        .map(|error| json!({ "field": error.field, "code": error.code.as_str(), "message": error.message }))
        .collect();
    let mut problem = json!({
        "type": "about:blank", "title": status.canonical_reason().unwrap_or_default(), "status": status.as_u16(),
        "code": code.as_str(), "detail": message, "errors": list,
    });
    if let Some(first) = errors.first() {
        problem["field"] = json!(first.field);
    }
    let headers = [
        (header::CONTENT_TYPE, "application/problem+json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Json(problem).into_response().into_body()).into_response()
}

/// A refusal for what is wrong on our side, or with what was asked for.
pub fn failure(asker: Asker, error: &Error) -> Response {
    if error.code() == Code::Internal {
        tracing::error!(error = error as &dyn std::error::Error, "a page failed");
    }
    let field = |field: &str| FieldError { field: field.to_owned(), code: error.code(), message: error.to_string() };
    let errors: Vec<_> = error.field().map(field).into_iter().collect();
    refuse(asker, error.code(), &error.to_string(), &errors)
}

pub fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
