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
    /// In the order that we prefer when the client has no preference.
    const ALL: [Self; 3] = [Self::Json, Self::GraphqlResponse, Self::EventStream];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream",
        }
    }

    fn essence(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json",
            Self::Json => "application/json",
            Self::EventStream => "text/event-stream",
        }
    }

    /// The status of an answer to a well-formed request. `refused` is why it did not run.
    pub fn status(self, refused: Option<Code>) -> StatusCode {
        let Some(code) = refused else { return StatusCode::OK };
        // Proxies and clients wait, retry, log in or give up by these, whatever the media type.
        let plain = matches!(code, Code::MethodNotAllowed | Code::RateLimited | Code::Unauthenticated);
        let plain = plain || code.status() >= 500;
        if plain || self == Self::GraphqlResponse { status(code) } else { StatusCode::OK }
    }
}

/// The status that the table of error codes gives.
pub(crate) fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// One entry of `Accept`.
struct Range<'h> {
    media: &'h str,
    quality: f32,
    place: usize,
}

impl Range<'_> {
    /// How closely the range names `media`: 3 by its name, 2 `type/*`, 1 `*/*`.
    fn matches(&self, media: MediaType) -> Option<u8> {
        let (kind, _) = media.essence().split_once('/')?;
        if self.media.eq_ignore_ascii_case(media.essence()) {
            return Some(3);
        }
        match self.media.split_once('/')? {
            ("*", "*") => Some(1),
            (wanted, "*") if wanted.eq_ignore_ascii_case(kind) => Some(2),
            _ => None,
        }
    }
}

/// The type to answer with, `None` if the client takes none of ours. The most specific range decides what the
/// client thinks of a type (RFC 9110, 12.5.1); of equals, the one that it names, then the one it names first.
/// No preference means `application/json`, which every client reads.
pub(crate) fn accepted(headers: &HeaderMap) -> Option<MediaType> {
    let values = headers.get_all(header::ACCEPT);
    let entries = values.iter().flat_map(|value| value.to_str().unwrap_or("unreadable").split(','));
    let entries: Vec<&str> = entries.map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if entries.is_empty() {
        return Some(MediaType::Json);
    }
    let ranges: Vec<Range> = entries.iter().enumerate().filter_map(|(place, entry)| range(entry, place)).collect();
    let mut best: Option<(MediaType, &Range, u8)> = None;
    for media in MediaType::ALL {
        let matching = ranges.iter().filter_map(|range| Some((range, range.matches(media)?)));
        // Of equally specific ranges the first counts.
        let decisive = matching.max_by_key(|(range, specific)| (*specific, usize::MAX - range.place));
        let Some((range, specific)) = decisive.filter(|(range, _)| range.quality > 0.0) else { continue };
        let better = best.is_none_or(|(_, known, named)| {
            let (by_name, named) = (specific == 3, named == 3);
            let nearer = by_name && (!named || range.place < known.place);
            range.quality > known.quality || (range.quality == known.quality && nearer)
        });
        if better {
            best = Some((media, range, specific));
        }
    }
    best.map(|(media, ..)| media)
}

/// `None` if it asks for what we never have: another character set, or a quality that is none.
fn range(entry: &str, place: usize) -> Option<Range<'_>> {
    let mut parts = entry.split(';').map(str::trim);
    let media = parts.next()?;
    let mut quality = 1.0;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = weight(value)?,
            "charset" if !is_utf_8(value) => return None,
            _ => {}
        }
    }
    Some(Range { media, quality, place })
}

/// From 0 to 1 with at most three decimals (RFC 9110, 12.4.2).
fn weight(text: &str) -> Option<f32> {
    let plain = text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|weight| plain && (0.0..=1.0).contains(weight))
}

fn is_utf_8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
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
            ("application/*", Some(Json)),
            ("text/*", Some(EventStream)),
            ("text/html, application/xhtml+xml", None),
            ("application/json;q=0", None),
            ("", Some(Json)),
            // The most specific range decides, wherever it stands.
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("*/*, application/json;q=0.1", Some(GraphqlResponse)),
            ("application/*;q=0.2, text/event-stream;q=0.3, */*;q=0.9", Some(EventStream)),
            ("application/*;q=0, */*", Some(EventStream)),
            // What is named goes before what is only covered.
            ("*/*, application/graphql-response+json", Some(GraphqlResponse)),
            ("text/event-stream;q=0.5, application/*;q=0.5", Some(EventStream)),
            // The first of equals.
            ("text/event-stream, application/json", Some(EventStream)),
            ("application/json;q=0.2, application/json;q=0.9, text/event-stream;q=0.5", Some(EventStream)),
            // Only UTF-8, and only qualities that are some.
            ("application/json; charset=\"UTF-8\"", Some(Json)),
            ("application/json; charset=latin1, application/graphql-response+json;q=0.1", Some(GraphqlResponse)),
            ("application/json; q=2, application/graphql-response+json;q=0.1", Some(GraphqlResponse)),
            ("application/json; q=NaN", None),
            ("Application/GraphQL-Response+JSON ; Q=0.5", Some(GraphqlResponse)),
            ("garbage", None),
        ] {
            assert_eq!(accept(value), expected, "{value}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Some(Json));
    }

    #[test]
    fn several_headers_are_one_list() {
        let values = ["text/html", "application/graphql-response+json;q=0.5", "application/json;q=0.1"];
        let headers = values.map(|value| (header::ACCEPT, header::HeaderValue::from_static(value)));
        let mut together = HeaderMap::new();
        for (name, value) in headers {
            together.append(name, value);
        }
        assert_eq!(accepted(&together), Some(MediaType::GraphqlResponse));
    }
}
