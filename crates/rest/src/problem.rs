//! Errors as RFC 9457 has them, with our code and the field at fault. The door adds the id of the request.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Code, Coded};
use serde_json::{Value, json};

pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub status: StatusCode,
    /// One of [`Code`], or of a gateway that is newer.
    pub code: Box<str>,
    pub detail: String,
    pub field: Option<String>,
    /// Headers that belong to the status.
    headers: Vec<(HeaderName, String)>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::named(code.as_str(), detail.into(), None)
    }

    pub fn of_field(code: Code, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::named(code.as_str(), detail.into(), Some(field.into()))
    }

    pub fn coded(error: &impl Coded) -> Self {
        Self::named(error.code().as_str(), error.to_string(), error.field().map(str::to_owned))
    }

    /// From a GraphQL error.
    pub fn of_error(error: &Value) -> Self {
        let extensions = &error["extensions"];
        let mut problem = Self::said(error, &extensions["code"], &extensions["field"]);
        if let Some(seconds) = extensions["retryAfterSeconds"].as_u64() {
            problem.headers.retain(|(name, _)| name != header::RETRY_AFTER);
            problem.headers.push((header::RETRY_AFTER, seconds.to_string()));
        }
        problem
    }

    /// From one of a mutation's own errors.
    pub fn of_user_error(error: &Value) -> Self {
        Self::said(error, &error["code"], &error["field"])
    }

    fn said(error: &Value, code: &Value, field: &Value) -> Self {
        let detail = error["message"].as_str().unwrap_or_default();
        // Where in the input type it was read says nothing to who knows no such type.
        let detail = detail.split(" (occurred while parsing ").next().unwrap_or_default().to_owned();
        Self::named(code.as_str().unwrap_or(Code::Internal.as_str()), detail, field.as_str().map(str::to_owned))
    }

    fn named(code: &str, detail: String, field: Option<String>) -> Self {
        let status = known(code).map_or(500, Code::status);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = match status {
            StatusCode::UNAUTHORIZED => vec![(header::WWW_AUTHENTICATE, "Bearer".to_owned())],
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                vec![(header::RETRY_AFTER, "1".to_owned())]
            }
            _ => Vec::new(),
        };
        Self { status, code: code.into(), detail, field, headers }
    }

    /// A condition of a list goes by its own name here, not by that of its place in the filter.
    pub fn of_the_query(mut self) -> Self {
        if let Some(name) = self.field.as_deref().and_then(|field| field.strip_prefix("filter.")) {
            self.field = Some(name.to_owned());
        }
        self
    }

    /// Names the field of an error with this code that names none.
    pub fn about(self, field: &str, code: Code) -> Self {
        let named = self.field.is_some() || *self.code != *code.as_str();
        if named { self } else { Self { field: Some(field.to_owned()), ..self } }
    }

    /// What the API calls `field` has this name here.
    pub fn renaming(mut self, field: &str, name: &str) -> Self {
        if self.field.as_deref() == Some(field) {
            self.field = Some(name.to_owned());
        }
        self
    }

    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

fn known(code: &str) -> Option<Code> {
    Code::ALL.iter().copied().find(|known| known.as_str() == code)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = known(&self.code).map_or("Something went wrong.", Code::meaning);
        let mut body = json!({
            "type": format!("urn:pipewright:error:{}", self.code),
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        if let Some(field) = self.field {
            body["field"] = json!(field);
        }
        let mut response = (self.status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body.to_string()).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_when_to_come_again() {
        let error = |extensions: Value| json!({ "message": "no", "extensions": extensions });
        let busy = Problem::of_error(&error(json!({ "code": "OVERLOADED", "retryAfterSeconds": 7 }))).into_response();
        assert_eq!((busy.status().as_u16(), &busy.headers()[header::RETRY_AFTER]), (503, &HeaderValue::from(7)));
        let busy = Problem::of_error(&error(json!({ "code": "OVERLOADED" }))).into_response();
        assert_eq!(busy.headers()[header::RETRY_AFTER], "1");
        assert_eq!(Problem::of_error(&error(json!({ "code": "NEWER_THAN_WE" }))).status.as_u16(), 500);
    }
}
