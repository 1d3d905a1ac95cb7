//! The body of a request, in JSON.

use std::{error::Error, iter::successors, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use bytes::BytesMut;
use futures::StreamExt;
use kernel::Code;

use super::place::Taken;

/// Why there is no body, and with which code.
pub type Malformed = (Code, String);

/// Time for a client to send the body of a request.
pub const BODY_TIME: Duration = Duration::from_secs(30);

/// The whole body, if it says that it is JSON, is no longer than `limit` bytes and arrives within `patience`.
pub async fn read_json(headers: &HeaderMap, body: Body, limit: usize, patience: Duration) -> Result<Bytes, Malformed> {
    if !is_json(headers) {
        let message = "the content type of a request is application/json, in UTF-8 and not compressed";
        return Err((Code::UnsupportedMediaType, message.to_owned()));
    }
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    tokio::time::timeout(patience, collect(body, limit)).await.map_err(|_| {
        (Code::RequestTimeout, format!("the body of a request arrives within {} seconds", patience.as_secs()))
    })?
}

async fn collect(body: Body, limit: usize) -> Result<Bytes, Malformed> {
    let (mut parts, mut whole) = (body.into_data_stream(), BytesMut::new());
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| broken(&error))?;
        if part.len() > limit - whole.len() {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.freeze())
}

fn too_large(limit: usize) -> Malformed {
    (Code::PayloadTooLarge, format!("the body of a request is at most {limit} bytes"))
}

/// Why a body breaks off: it is not sent as HTTP has it, or nobody can read it now.
fn broken(error: &axum::Error) -> Malformed {
    let mut causes = successors(Some(error as &(dyn Error + 'static)), |&error| error.source());
    match causes.find_map(|cause| cause.downcast_ref::<Taken>()) {
        Some(taken) => (Code::Overloaded, taken.to_string()),
        None => (Code::BadRequest, "the body of the request breaks off, or its chunks are none".to_owned()),
    }
}

/// Is the body declared to be JSON, in UTF-8 and as it is?
pub fn is_json(headers: &HeaderMap) -> bool {
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes() == b"identity");
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next().and_then(|value| value.to_str().ok()), types.next()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let charset = |part: &str| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| is_utf_8(value.trim().trim_matches('"')))
    };
    let is_json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    plain && is_json && parts.filter_map(charset).all(|fits| fits)
}

fn is_utf_8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_in_utf_8() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"; profile=x", true),
            ("application/json; charset=latin1", false),
            ("application/jsonp", false),
            ("text/plain", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static(value))]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn a_packed_body_is_not_taken_for_json() {
        let of = |coding: &'static str| {
            let json = (header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
            is_json(&HeaderMap::from_iter([json, (header::CONTENT_ENCODING, header::HeaderValue::from_static(coding))]))
        };
        assert!(of("identity") && !of("gzip"));
    }
}
