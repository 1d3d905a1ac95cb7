//! Media types of GraphQL over HTTP: which one to answer with, and the status that goes with it.

use axum::http::{HeaderMap, StatusCode, header};
use kernel::Code;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// `application/graphql-response+json`: the status tells what happened.
    GraphqlResponse,
    /// `application/json`: 200 for whatever is a well-formed request.
    Json,
    EventStream,
}

impl MediaType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream",
        }
    }

    /// The status of an answer. `refused` is why the request did not run.
    pub fn status(self, refused: Option<Code>) -> StatusCode {
        let Some(code) = refused else { return StatusCode::OK };
        match (self, code) {
            (_, Code::Overloaded | Code::Internal | Code::DeadlineExceeded | Code::MethodNotAllowed)
            | (Self::GraphqlResponse, _) => {
                StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            (Self::Json | Self::EventStream, _) => StatusCode::OK,
        }
    }
}

/// The type to answer with, `None` if the client takes none of ours. No preference means
/// `application/json`, which every client reads.
pub(crate) fn accepted(headers: &HeaderMap) -> Option<MediaType> {
    let mut best: Option<(f32, MediaType)> = None;
    let mut said_anything = false;
    for range in headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        for range in range.split(',').filter(|range| !range.trim().is_empty()) {
            said_anything = true;
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => MediaType::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => MediaType::Json,
                "text/event-stream" => MediaType::EventStream,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(known, _)| quality > known) {
                best = Some((quality, media));
            }
        }
    }
    if said_anything { best.map(|(_, media)| media) } else { Some(MediaType::Json) }
}

/// Is the body declared to be JSON?
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let charset =
        |part: &str| part.to_ascii_lowercase().strip_prefix("charset=").map(|set| set.trim_matches('"').to_owned());
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.filter_map(charset).all(|set| set == "utf-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Option<MediaType> {
        accepted(&HeaderMap::from_iter([(header::ACCEPT, header::HeaderValue::from_static(value))]))
    }

    #[test]
    fn the_best_type_that_both_know_wins() {
        use MediaType::{EventStream, GraphqlResponse, Json};
        for (value, expected) in [
            ("application/graphql-response+json, application/json;q=0.9", Some(GraphqlResponse)),
            ("application/json, application/graphql-response+json", Some(Json)),
            ("application/json; q=0.5, text/event-stream", Some(EventStream)),
            ("*/*", Some(Json)),
            ("text/html, application/xhtml+xml", None),
            ("application/json;q=0", None),
        ] {
            assert_eq!(accept(value), expected, "{value}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Some(Json));
    }

    #[test]
    fn a_body_is_json_in_utf_8() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=latin1", false),
            ("text/plain", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static(value))]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
