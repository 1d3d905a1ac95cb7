use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use kernel::Code;

use super::{
    Public,
    reply::{self, Asker},
};
use crate::{
    domain::{
        capture::{Given, names},
        landing_page::{Block, LandingPage, Variant},
    },
    html::landing,
};

const COOKIE: &str = "pw_visitor";
/// Seconds that a visitor is remembered: ninety days.
const REMEMBERED: u32 = 90 * 24 * 60 * 60;
const MAX_UTM_CHARS: usize = 200;

/// Who looks.
enum Visitor {
    /// Their own random number says that they were here before.
    Known(String),
    /// They are given one.
    New(String),
    /// They asked not to be followed: nothing is kept, and the request decides.
    Untracked(String),
}

/// A landing page, in the variant that falls to the visitor.
pub async fn show(State(public): State<Public>, Path(slug): Path<String>, request: Request) -> Response {
    let parts = request.into_parts().0;
    let (page, forms) = match public.app.published_page(&slug).await {
        Ok(Some(found)) => found,
        Ok(None) => return reply::refuse(Asker::Browser, Code::NotFound, "there is no such page", &[]),
        Err(error) => return reply::failure(Asker::Browser, &error),
    };
    let visitor = visitor(&public, &parts);
    let Some(variant) = page.variant_for(visitor.id()) else {
        return reply::refuse(Asker::Browser, Code::NotFound, "there is no such page", &[]);
    };
    if visitor.is_first()
        && looks(&parts)
        && let Err(error) = public.app.count_view(&page, &variant.name).await
    {
        tracing::warn!(page = %page.id, error = &error as &dyn std::error::Error, "a view was not counted");
    }
    let hidden = hidden(&public, parts.uri.query().unwrap_or_default());
    let goes_to = form_of(variant).and_then(|form| forms.get(&form)?.content.redirect_origin());
    let mut response = reply::page(StatusCode::OK, landing::page(&page, variant, &forms, &hidden), goes_to);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("cookie, dnt, sec-gpc"));
    // A look ahead is no visit, and takes none from the one that follows.
    if looks(&parts)
        && let Visitor::New(id) = &visitor
        && let Ok(cookie) = HeaderValue::from_str(&cookie(&public, &page, id))
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

impl Visitor {
    fn id(&self) -> &str {
        match self {
            Self::Known(id) | Self::New(id) | Self::Untracked(id) => id,
        }
    }

    /// Whether this is, for all that we know, their first look.
    fn is_first(&self) -> bool {
        !matches!(self, Self::Known(_))
    }
}

fn visitor(public: &Public, parts: &Parts) -> Visitor {
    let headers = &parts.headers;
    let says_one = |name: &str| headers.get(name).is_some_and(|value| value == "1");
    if says_one("dnt") || says_one("sec-gpc") {
        let address = public.rules.address(parts).map(|address| address.to_string()).unwrap_or_default();
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        return Visitor::Untracked(format!("{address} {agent}"));
    }
    known_by_cookie(headers).map_or_else(|| Visitor::New(public.random()), Visitor::Known)
}

fn known_by_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let ours = pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned());
    ours.filter(|id| id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit()))
}

/// For this page alone: it follows nobody to another.
fn cookie(public: &Public, page: &LandingPage, id: &str) -> String {
    let secure = if public.app.public_url.starts_with("https://") { "; Secure" } else { "" };
    format!("{COOKIE}={id}; Path=/p/{}; Max-Age={REMEMBERED}; HttpOnly; SameSite=Lax{secure}", page.slug)
}

/// Somebody looks at it: it is not only asked for ahead of time.
fn looks(parts: &Parts) -> bool {
    let ahead = |name: &str| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("prefetch"))
    };
    parts.method == Method::GET && !ahead("sec-purpose") && !ahead("purpose")
}

/// Where the visitor came from goes along with the form.
fn hidden(public: &Public, query: &str) -> Vec<(&'static str, String)> {
    let given = Given::from_form(query.as_bytes()).unwrap_or_default();
    let cut = |text: &str| text.chars().take(MAX_UTM_CHARS).collect::<String>();
    let mut hidden: Vec<_> = names::UTM.map(|name| (name, cut(given.get(name)))).into();
    hidden.retain(|(_, value)| !value.is_empty());
    hidden.push((names::NONCE, public.nonce()));
    hidden
}

fn form_of(variant: &Variant) -> Option<kernel::FormId> {
    variant.blocks.iter().find_map(|block| if let Block::Form { form } = block { Some(*form) } else { None })
}
