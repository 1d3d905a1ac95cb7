//! `/auth/oidc/…`: by way of an OpenID Connect provider, and back.

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::Code;
use platform::http::refusal;
use serde::Deserialize;

use super::{NO_STORE, Outside, client::Origin, failure, sign_in::tokens};
use crate::{
    app::{Arrival, Depart, Departure, PATIENCE, Return},
    provider::serialize,
};

const COOKIE: &str = "pipewright_oidc";

pub(super) fn routes(outside: Outside) -> Router {
    Router::new().route("/auth/oidc/start", get(start)).route("/auth/oidc/callback", get(callback)).with_state(outside)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    /// The workspace's name in addresses, or its id; the first one if left out.
    workspace: Option<String>,
    /// Where to go in the end, with `#refreshToken=…`; left out, the answer is the tokens.
    return_to: Option<String>,
}

// No Debug: state and code are secrets.
#[derive(Deserialize)]
struct Callback {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

async fn start(State(outside): State<Outside>, origin: Origin, Query(query): Query<Start>) -> Response {
    let Start { workspace, return_to } = query;
    match outside.app.depart(Depart { workspace, return_to }, &origin.client).await {
        Ok(Departure { url, browser }) => {
            let secure = if outside.secure { "; Secure" } else { "" };
            let cookie = format!(
                "{COOKIE}={}; Path=/auth/oidc; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
                browser.expose(),
                PATIENCE.num_seconds()
            );
            redirect(&url, &cookie)
        }
        Err(error) => failure(&error),
    }
}

async fn callback(
    State(outside): State<Outside>,
    origin: Origin,
    headers: HeaderMap,
    Query(query): Query<Callback>,
) -> Response {
    let Callback { state: Some(state), code: Some(code), iss: issuer, error: None } = query else {
        return refusal(Code::Unauthenticated, "the sign-in provider did not let you in; begin again");
    };
    let Origin { client, user_agent } = origin;
    let back = Return { state, code, issuer, browser: cookie(&headers), client, user_agent };
    match outside.app.arrive(back).await {
        Ok(Arrival { tokens: given, return_to: None }) => tokens(Ok(given)),
        Ok(Arrival { tokens: given, return_to: Some(path) }) => {
            // Behind the #, so that no server and no log sees it; good once, so worth nothing later.
            let url = format!("{path}#{}", serialize(&[("refreshToken", given.refresh.expose())]));
            redirect(&url, &format!("{COOKIE}=; Path=/auth/oidc; Max-Age=0; HttpOnly; SameSite=Lax"))
        }
        Err(error) => failure(&error),
    }
}

fn redirect(url: &str, cookie: &str) -> Response {
    let (Ok(url), Ok(cookie)) = (HeaderValue::try_from(url), HeaderValue::try_from(cookie)) else {
        return refusal(Code::Internal, "something broke on our side");
    };
    let referrer = (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let headers = [(header::LOCATION, url), (header::SET_COOKIE, cookie), NO_STORE, referrer];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}
