//! `/auth/…`: from nothing to an access token, and back.

use std::convert::Infallible;

use axum::{
    Json, Router,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kernel::Code;
use platform::{
    door::{BODY_TIME, read_json},
    http::refusal,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{error::Category, json};

use super::{MAX_BODY, NO_STORE, Outside, answer, client::Origin, credential, failure};
use crate::{
    app::{CACHED_SECONDS, Proof, SetPassword, SignIn, Tokens},
    error::Error,
};

pub(super) fn routes(outside: Outside) -> Router {
    Router::new()
        .route("/auth/sign-in", post(sign_in))
        .route("/auth/refresh", post(refresh))
        .route("/auth/sign-out", post(sign_out))
        .route("/auth/password", post(set_password))
        .route("/auth/jwks.json", get(jwks))
        .with_state(outside)
}

// No Debug on the bodies: they are secrets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    email: String,
    password: String,
    workspace: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RefreshBody {
    refresh_token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PasswordBody {
    /// The one-time token of an invitation …
    token: Option<String>,
    /// … or the password as it is, beside an access token.
    current_password: Option<String>,
    password: String,
}

/// A body as it should be, or the answer to one that is not, which tells nothing of its content.
struct Body<T>(Result<T, Response>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        let bytes = match read_json(&parts.headers, body, MAX_BODY, BODY_TIME).await {
            Ok(bytes) => bytes,
            Err((code, why)) => return Ok(Self(Err(refusal(code, &why)))),
        };
        let read = serde_json::from_slice(&bytes).map_err(|error| {
            let what = match error.classify() {
                Category::Data => "the body lacks a field, or has one that nobody knows",
                Category::Io | Category::Syntax | Category::Eof => "the body is not JSON",
            };
            refusal(Code::BadRequest, what)
        });
        Ok(Self(read))
    }
}

async fn sign_in(State(outside): State<Outside>, origin: Origin, Body(body): Body<SignInBody>) -> Response {
    let SignInBody { email, password, workspace } = match body {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let Origin { client, user_agent } = origin;
    tokens(outside.app.sign_in(SignIn { email, password, workspace, client, user_agent }).await)
}

async fn refresh(State(outside): State<Outside>, origin: Origin, Body(body): Body<RefreshBody>) -> Response {
    match body {
        Ok(body) => tokens(outside.app.refresh(&body.refresh_token, origin.client).await),
        Err(refused) => refused,
    }
}

async fn sign_out(State(outside): State<Outside>, origin: Origin, Body(body): Body<RefreshBody>) -> Response {
    match body {
        Ok(body) => done(outside.app.sign_out(&body.refresh_token, origin.client).await),
        Err(refused) => refused,
    }
}

async fn set_password(
    State(outside): State<Outside>,
    headers: HeaderMap,
    origin: Origin,
    Body(body): Body<PasswordBody>,
) -> Response {
    let PasswordBody { token, current_password, password } = match body {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let access_token = credential(&headers).map(str::to_owned);
    let proof = match (token, current_password, access_token) {
        (Some(token), None, _) => Proof::Invitation(token),
        (None, Some(password), Some(access_token)) => Proof::Current { access_token, password },
        _ => {
            let message = "give the token of an invitation, or the current password and an access token";
            return refusal(Code::BadRequest, message);
        }
    };
    done(outside.app.set_password(SetPassword { proof, password, client: origin.client }).await)
}

async fn jwks(State(outside): State<Outside>) -> Response {
    match outside.app.jwks().await {
        Ok(keys) => {
            let cached = format!("public, max-age={CACHED_SECONDS}");
            ([(header::CACHE_CONTROL, cached)], Json(keys)).into_response()
        }
        Err(error) => failure(&Error::Db(error)),
    }
}

/// The names of OAuth's token answers (RFC 6749), in camel case as the rest of our JSON.
pub(super) fn tokens(outcome: Result<Tokens, Error>) -> Response {
    match outcome {
        Ok(Tokens { session, access, access_expires_at, refresh }) => answer(json!({
            "tokenType": "Bearer",
            "accessToken": access,
            "accessExpiresAt": access_expires_at,
            "refreshToken": refresh.expose(),
            "sessionId": session.id,
            "sessionExpiresAt": session.expires_at,
            "userId": session.user,
        })),
        Err(error) => failure(&error),
    }
}

fn done(outcome: Result<(), Error>) -> Response {
    match outcome {
        Ok(()) => (StatusCode::NO_CONTENT, [NO_STORE]).into_response(),
        Err(error) => failure(&error),
    }
}
