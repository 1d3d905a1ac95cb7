//! What a submission is sent as.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, header},
};
use kernel::Code;
use platform::door::BODY_TIME;
use serde_json::Value;

use crate::domain::capture::{FieldError, Given, NotUtf8};

/// Far more than anybody types.
const MAX_BYTES: usize = 256 * 1024;

/// Why there is nothing to read.
pub struct Unreadable {
    pub code: Code,
    pub message: String,
    /// The input at fault, if it is one.
    pub field: Option<String>,
}

impl Unreadable {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None }
    }

    pub fn errors(&self) -> Vec<FieldError> {
        let error =
            |field: &String| FieldError { field: field.clone(), code: self.code, message: self.message.clone() };
        self.field.iter().map(error).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Form,
}

/// Reads a body in JSON, or as a browser sends a form.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Given, Unreadable> {
    let kind = kind(headers)?;
    let too_large = || Unreadable::new(Code::PayloadTooLarge, format!("a submission has at most {MAX_BYTES} bytes"));
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_BYTES) {
        return Err(too_large());
    }
    let late = |_| Unreadable::new(Code::RequestTimeout, "the submission did not arrive in time");
    let bytes = tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BYTES)).await.map_err(late)?;
    let bytes = bytes.map_err(|_| too_large())?;
    match kind {
        Kind::Form => Given::from_form(&bytes).map_err(|NotUtf8 { name }| Unreadable {
            field: Some(name),
            ..Unreadable::new(Code::InvalidEncoding, "this has bytes that are not UTF-8")
        }),
        Kind::Json => json(&bytes),
    }
}

fn json(bytes: &[u8]) -> Result<Given, Unreadable> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Unreadable::new(Code::InvalidEncoding, "the body has bytes that are not UTF-8"))?;
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return Err(Unreadable::new(Code::BadRequest, "the body is no JSON object"));
    };
    Given::from_json(object).map_err(|name| Unreadable {
        field: Some(name),
        ..Unreadable::new(Code::InvalidInput, "this is neither text, number, true nor false")
    })
}

fn kind(headers: &HeaderMap) -> Result<Kind, Unreadable> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.find_map(|part| part.to_ascii_lowercase().strip_prefix("charset=").map(str::to_owned));
    if charset.is_some_and(|charset| !["utf-8", "utf8", "\"utf-8\""].contains(&charset.as_str())) {
        return Err(Unreadable::new(Code::InvalidEncoding, "a submission is in UTF-8"));
    }
    match media.as_str() {
        "application/json" => Ok(Kind::Json),
        "application/x-www-form-urlencoded" => Ok(Kind::Form),
        _ => Err(Unreadable::new(
            Code::UnsupportedMediaType,
            "a submission is application/json or application/x-www-form-urlencoded",
        )),
    }
}
