use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use super::{
    Public,
    reply::{self, Asker},
};
use crate::{app::Confirmation, error::Error, html};

/// Only asks: link scanners follow every link in a mail.
pub async fn ask(State(public): State<Public>, Path(token): Path<String>) -> Response {
    answer(public.app.confirmation(&token).await)
}

/// What the body says does not matter; having the link does.
pub async fn confirm(State(public): State<Public>, Path(token): Path<String>) -> Response {
    answer(public.app.confirm_capture(&token).await)
}

fn answer(stands: Result<Confirmation, Error>) -> Response {
    let (status, title, body) = match stands {
        Ok(Confirmation::Open) => (
            StatusCode::OK,
            "Is this your address?",
            "<p>Somebody gave it to us. If it was you, confirm it, and we will use it for what you agreed to.</p>\
             <form method=\"post\"><button type=\"submit\">Yes, confirm it</button></form>",
        ),
        Ok(Confirmation::Done) => (StatusCode::OK, "Your address is confirmed", "<p>Thank you.</p>"),
        Ok(Confirmation::Late) => (
            StatusCode::GONE,
            "This link is too old",
            "<p>It was good for a week. Please fill in the form once more.</p>",
        ),
        Ok(Confirmation::Unknown) => {
            (StatusCode::NOT_FOUND, "This link is not valid", "<p>Take it from the mail once more, in full.</p>")
        }
        Err(error) => return reply::failure(Asker::Browser, &error),
    };
    let mut response = reply::page(status, html::notice(title, body), None);
    // The address is a secret, and nothing to be found.
    let headers = response.headers_mut();
    headers.insert(axum::http::header::REFERRER_POLICY, axum::http::HeaderValue::from_static("no-referrer"));
    headers.insert("x-robots-tag", axum::http::HeaderValue::from_static("noindex"));
    response
}
