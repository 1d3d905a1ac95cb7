//! The playground, served from our own origin: GraphiQL with all that it needs embedded in the binary, so that
//! it works with no internet. `build.rs` makes the table from `web/playground/dist`.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// `GET /` is the page, `GET /assets/…` what it loads. Open to everybody: the page holds no data, and what it
/// asks of `/graphql` needs a key like any other request.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(index)).route("/assets/{*path}", get(asset))
}

struct File {
    path: &'static str,
    content_type: &'static str,
    body: &'static [u8],
    gzip: Option<&'static [u8]>,
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/playground.rs"));

/// Nothing but our own origin. The editor writes style elements, and its style sheet carries its fonts.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The build puts a hash of the content into the name of everything but the page itself.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

const NOT_BUILT: &str = include_str!("playground_not_built.html");

async fn index(headers: HeaderMap) -> Response {
    match find("index.html") {
        Some(file) => serve(file, &headers),
        None => respond("text/html; charset=utf-8", ASK_AGAIN, NOT_BUILT.as_bytes()),
    }
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match find(&format!("assets/{path}")) {
        Some(file) => serve(file, &headers),
        // The door says why.
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

fn serve(file: &'static File, request: &HeaderMap) -> Response {
    let cache = if hashed(file.path) { FOR_EVER } else { ASK_AGAIN };
    let compressed = file.gzip.filter(|_| accepts_gzip(request));
    let mut response = respond(file.content_type, cache, compressed.unwrap_or(file.body));
    if compressed.is_some() {
        set(&mut response, CONTENT_ENCODING, "gzip");
    }
    if file.gzip.is_some() {
        set(&mut response, VARY, "accept-encoding");
    }
    response
}

/// `assets/index-C_3M4oYW.js`, but not `assets/licenses.md`: a dash and eight characters before the extension.
fn hashed(path: &str) -> bool {
    let stem = path.strip_prefix("assets/").and_then(|name| name.rsplit_once('.')).map_or("", |(stem, _)| stem);
    stem.len() > 9 && stem.as_bytes()[stem.len() - 9] == b'-'
}

fn accepts_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offer| {
            let (coding, weight) = offer.split_once(';').unwrap_or((offer, ""));
            let refused = weight.trim().trim_start_matches("q=").parse::<f32>() == Ok(0.0);
            matches!(coding.trim(), "gzip" | "*") && !refused
        })
}

fn respond(content_type: &'static str, cache: &'static str, body: &'static [u8]) -> Response {
    let mut response = Response::new(Body::from(body));
    set(&mut response, CONTENT_TYPE, content_type);
    set(&mut response, CACHE_CONTROL, cache);
    set(&mut response, CONTENT_SECURITY_POLICY, POLICY);
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, REFERRER_POLICY, "no-referrer");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: bool = !FILES.is_empty();

    #[tokio::test]
    async fn the_page_is_served_under_a_policy_that_allows_no_other_origin() {
        let response = index(HeaderMap::new()).await;

        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(header(&response, CACHE_CONTROL), "no-cache");
        let policy = header(&response, CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains('*') && !policy.contains("http") && !policy.contains("eval"), "{policy}");
    }

    #[tokio::test]
    async fn without_a_build_the_page_says_how_to_make_one_and_otherwise_loads_only_assets_that_exist() {
        let page = text(index(HeaderMap::new()).await).await;

        if !BUILT {
            assert!(page.contains("make playground") && page.contains("curl"), "{page}");
            return;
        }
        let wanted: Vec<&str> = page.split('"').filter(|part| part.starts_with('/')).collect();
        assert!(wanted.iter().any(|path| path.ends_with(".js")), "{page}");
        for path in wanted {
            assert!(find(&path[1..]).is_some(), "{path} is missing");
        }
        assert!(!page.contains("://"), "the page names another origin: {page}");
    }

    #[tokio::test]
    async fn an_asset_has_its_type_is_kept_for_ever_and_travels_compressed_to_those_who_can_read_it() {
        for file in FILES.iter().filter(|file| file.path.starts_with("assets/") && file.path.ends_with(".js")) {
            let path = file.path.trim_start_matches("assets/").to_owned();
            let plain = asset(Path(path.clone()), HeaderMap::new()).await;
            assert_eq!(header(&plain, CONTENT_TYPE), "text/javascript; charset=utf-8", "{path}");
            assert_eq!(header(&plain, CACHE_CONTROL), FOR_EVER, "{path}");
            assert!(!plain.headers().contains_key(CONTENT_ENCODING), "{path}");

            let accepting = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("br, gzip;q=0.8"))]);
            let packed = asset(Path(path.clone()), accepting).await;
            assert_eq!(header(&packed, CONTENT_ENCODING), "gzip", "{path}");
            assert_eq!(header(&packed, VARY), "accept-encoding", "{path}");
        }
    }

    #[tokio::test]
    async fn an_unknown_asset_is_not_found() {
        let response = asset(Path("../Cargo.toml".into()), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(hashed("assets/index-C_3M4oYW.js"));
        assert!(hashed("assets/json.worker-ky6CAS4V.js"));
        assert!(!hashed("assets/licenses.md"));
        assert!(!hashed("index.html"));
    }

    #[test]
    fn a_client_that_refuses_gzip_gets_the_plain_bytes() {
        let offers = |value: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        assert!(offers("gzip") && offers("deflate, gzip, br") && offers("*;q=0.1"));
        assert!(!offers("gzip;q=0") && !offers("br") && !offers(""));
    }

    fn header(response: &Response, name: HeaderName) -> &str {
        response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}
