//! `/auth/…`: from nothing to an access token, and back.

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kernel::Code;
use platform::http::refusal;
use serde::Deserialize;
use serde_json::json;

use super::{NO_STORE, Outside, answer, bearer, client::Origin, failure};
use crate::{
    app::{Proof, SetPassword, SignIn, Tokens},
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

/// What axum says of a body that is not what it should be tells nothing of its content.
type Body<T> = Result<Json<T>, JsonRejection>;

fn bad_body(rejection: &JsonRejection) -> Response {
    let what = match rejection {
        JsonRejection::MissingJsonContentType(_) => "the content type of a request is application/json",
        JsonRejection::JsonSyntaxError(_) => "the body is not JSON",
        JsonRejection::JsonDataError(_) => "the body lacks a field, or has one that nobody knows",
        _ => "the body cannot be read",
    };
    refusal(Code::BadRequest, what)
}

async fn sign_in(State(outside): State<Outside>, origin: Origin, body: Body<SignInBody>) -> Response {
    let SignInBody { email, password, workspace } = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return bad_body(&rejection),
    };
    let Origin { client, user_agent } = origin;
    tokens(outside.app.sign_in(SignIn { email, password, workspace, client, user_agent }).await)
}

async fn refresh(State(outside): State<Outside>, origin: Origin, body: Body<RefreshBody>) -> Response {
    match body {
        Ok(Json(body)) => tokens(outside.app.refresh(&body.refresh_token, origin.client).await),
        Err(rejection) => bad_body(&rejection),
    }
}

async fn sign_out(State(outside): State<Outside>, origin: Origin, body: Body<RefreshBody>) -> Response {
    match body {
        Ok(Json(body)) => done(outside.app.sign_out(&body.refresh_token, origin.client).await),
        Err(rejection) => bad_body(&rejection),
    }
}

async fn set_password(
    State(outside): State<Outside>,
    headers: HeaderMap,
    origin: Origin,
    body: Body<PasswordBody>,
) -> Response {
    let PasswordBody { token, current_password, password } = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return bad_body(&rejection),
    };
    let access_token = bearer(&headers).map(str::to_owned);
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
        Ok(keys) => ([(header::CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response(),
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
