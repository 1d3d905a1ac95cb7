//! Whatever is refused says why. What a framework refuses has a bare status, or plain text: a door says it in its own
//! form, and for people that is a page.

use axum::{
    body::{HttpBody, to_bytes},
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY},
    },
    response::{Html, IntoResponse, Response},
};
use kernel::Code;

use super::{Refusal, TOO_MUCH};

/// No refusal in plain text is longer.
const MOST: u64 = 64 << 10;

/// What is said of a path that leads nowhere.
pub(super) const NOWHERE: &str = "there is nothing at this path";

pub(super) const WRONG_METHOD: &str =
    "the path is right, but not the method: the header `allow` has those that it takes";

/// A refusal with a body that says something else than plain text stays as it is.
pub(super) async fn tell(response: Response, refuse: Refusal) -> Response {
    if !is_bare(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let said = to_bytes(body, MOST as usize).await.unwrap_or_default();
    let code = code(parts.status);
    let mut told = match String::from_utf8_lossy(&said).trim() {
        "" => refuse(code, why(code)),
        said => refuse(code, said),
    };
    // What it says beside its body still holds, as when to come back.
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    told.headers_mut().extend(parts.headers);
    told
}

fn is_bare(response: &Response) -> bool {
    let refused = response.status().is_client_error() || response.status().is_server_error();
    let kind = response.headers().get(CONTENT_TYPE);
    refused
        && kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
        && response.body().size_hint().exact().is_some_and(|length| length <= MOST)
}

fn code(status: StatusCode) -> Code {
    match status {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::Forbidden,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::SERVICE_UNAVAILABLE => Code::Overloaded,
        other if other.is_server_error() => Code::Internal,
        _ => Code::BadRequest,
    }
}

fn why(code: Code) -> &'static str {
    match code {
        Code::NotFound => NOWHERE,
        Code::MethodNotAllowed => WRONG_METHOD,
        Code::Overloaded => TOO_MUCH,
        other => other.meaning(),
    }
}

/// A refusal for people: a page that loads nothing.
pub fn refusal_page(code: Code, why: &str) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let title = status.canonical_reason().unwrap_or("Error");
    let why = why.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><p>{why}</p><p><code>{}</code></p></body></html>\n",
        code.as_str()
    );
    let nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [(CONTENT_SECURITY_POLICY, nothing), (REFERRER_POLICY, "no-referrer")];
    (status, headers, Html(html)).into_response()
}
