//! What is refused for its head alone: a server and what is before it might understand it differently (RFC 9112).

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, Request, StatusCode, Version,
        header::{HOST, TRANSFER_ENCODING},
        uri::Authority,
    },
    response::Response,
};
use kernel::Code;

use crate::http::refusal;

/// The refusal, if there must be one. Else the header `host` has the host that is asked, whichever way it was named.
pub(super) fn refused(request: &mut Request<Body>) -> Option<Response> {
    let hosts = request.headers().get_all(HOST).iter().count();
    if request.version() == Version::HTTP_11 && hosts != 1 {
        return Some(refusal(Code::BadRequest, "a request names its host, and one only"));
    }
    if !is_plain_or_chunked(request.headers()) {
        let mut refused = refusal(Code::BadRequest, "the one transfer coding that is known here is chunked");
        *refused.status_mut() = StatusCode::NOT_IMPLEMENTED;
        return Some(refused);
    }
    // 3.2.2: where the target names the host, what the header says is nothing.
    let named = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(named) = named {
        request.headers_mut().insert(HOST, named);
    }
    let is_sound = request.headers().get_all(HOST).iter().all(is_host);
    (!is_sound).then(|| refusal(Code::BadRequest, "the host of a request is a name or an address, and perhaps a port"))
}

fn is_plain_or_chunked(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked")) && codings.next().is_none()
}

/// It may be empty, but says nothing of a user.
fn is_host(value: &HeaderValue) -> bool {
    let is_named = |host: &str| host.parse::<Authority>().is_ok_and(|host| !host.as_str().contains('@'));
    value.to_str().is_ok_and(|host| host.is_empty() || is_named(host))
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use super::*;
    use crate::http::connections::tests::{PATIENT, closed, says, served};

    /// Says which host is asked, whatever the target.
    fn hosts() -> Router {
        Router::new().fallback(|headers: HeaderMap| async move {
            format!("asked {}", headers.get(HOST).map_or("", |host| host.to_str().unwrap()))
        })
    }

    async fn ask(target: &str, fields: &str) -> String {
        let address = served(PATIENT, hosts()).await;
        let request = format!("GET {target} HTTP/1.1\r\n{fields}connection: close\r\n\r\n");
        closed(says(address, &request).await).await
    }

    #[tokio::test]
    async fn a_request_names_one_host() {
        for (fields, status) in [
            ("", "400"),
            ("host: x\r\n", "200"),
            ("host: [::1]:4000\r\n", "200"),
            ("host:\r\n", "200"),
            ("host: x\r\nhost: y\r\n", "400"),
            ("host: evil@localhost\r\n", "400"),
            ("host: x/y\r\n", "400"),
        ] {
            let heard = ask("/", fields).await;
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{fields}: {heard}");
            assert_eq!(heard.contains("\"BAD_REQUEST\""), status == "400", "{fields}: {heard}");
        }
    }

    #[tokio::test]
    async fn the_host_that_the_target_names_is_the_one_that_is_asked() {
        let heard = ask("http://evil.example/", "host: localhost\r\n").await;
        assert!(heard.ends_with("asked evil.example"), "{heard}");
        let heard = ask("http://evil@localhost/", "host: localhost\r\n").await;
        assert!(heard.starts_with("HTTP/1.1 400 "), "{heard}");
        let heard = ask("/", "host: localhost\r\n").await;
        assert!(heard.ends_with("asked localhost"), "{heard}");
    }

    #[tokio::test]
    async fn a_coding_that_is_not_known_is_not_taken_for_another() {
        for (codings, status) in [
            ("transfer-encoding: chunked\r\n", "200"),
            ("transfer-encoding: Chunked\r\n", "200"),
            ("transfer-encoding: gzip, chunked\r\n", "501"),
            ("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n", "501"),
        ] {
            let address = served(PATIENT, hosts()).await;
            let head = format!("POST / HTTP/1.1\r\nhost: x\r\n{codings}connection: close\r\n\r\n");
            let heard = closed(says(address, &format!("{head}0\r\n\r\n")).await).await;
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{codings}: {heard}");
        }
    }
}
