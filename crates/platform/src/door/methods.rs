//! The methods that a path takes: a router lists them in `Allow` where it is asked by another.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header::ALLOW},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::Code;

use super::{Refusal, UNASKED, refusals::WRONG_METHOD};

/// Refuses what came unasked; where the path does not take the method anyway, for that.
pub(super) async fn refuse_unasked(request: Request, next: Next, refuse: Refusal) -> Response {
    let (mut parts, _) = request.into_parts();
    let method = std::mem::replace(&mut parts.method, Method::OPTIONS);
    // To ask what a path takes changes nothing.
    let answer = next.run(Request::from_parts(parts, Body::empty())).await;
    match answer.headers().get(ALLOW) {
        Some(allow) if !has(allow, &method) => {
            let mut refused = refuse(Code::MethodNotAllowed, WRONG_METHOD);
            refused.headers_mut().insert(ALLOW, allow.clone());
            list(refused, &method)
        }
        _ => refuse(Code::CsrfPrevented, UNASKED),
    }
}

/// `OPTIONS` is answered wherever there is something, and so it is on the list.
pub(super) fn list(mut response: Response, asked: &Method) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let Some(allow) = response.headers_mut().get_mut(ALLOW) else { return response };
    if !has(allow, &Method::OPTIONS) {
        let longer = [allow.as_bytes(), &b",OPTIONS"[..]].concat();
        if let Ok(longer) = HeaderValue::from_bytes(&longer) {
            *allow = longer;
        }
    }
    if *asked != Method::OPTIONS {
        return response;
    }
    (StatusCode::NO_CONTENT, [(ALLOW, allow.clone())]).into_response()
}

fn has(allow: &HeaderValue, method: &Method) -> bool {
    let methods = allow.to_str().unwrap_or_default();
    methods.split(',').any(|known| known.trim() == method.as_str())
}
