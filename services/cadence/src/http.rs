//! What recipients of mail reach, and the folder of sent mail for whoever tries Pipewright out.

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderName, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use kernel::MessageId;
use platform::door::is_from_here;

use crate::{app::App, error::Error, mail::MailFolder};

/// Mails on the page.
const SHOWN: usize = 100;

/// No scripts, no frames, nothing kept and nothing told to others: the address is a secret.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// `/u/{token}` for everybody. `/dev/mail` shows personal data without asking who is there, so `folder` is given
/// only where mail goes to a folder and nobody but this machine can reach the listener.
pub fn router(app: App, folder: Option<MailFolder>) -> Router {
    let router = Router::new().route("/u/{token}", get(ask).post(unsubscribe)).with_state(app);
    match folder {
        Some(folder) => {
            let mail =
                Router::new().route("/dev/mail", get(mails)).route("/dev/mail/{id}", get(mail)).with_state(folder);
            router.merge(mail.layer(middleware::from_fn(only_here)))
        }
        None => router,
    }
}

async fn only_here(request: Request, next: Next) -> Response {
    if is_from_here(request.headers()) { next.run(request).await } else { StatusCode::NOT_FOUND.into_response() }
}

/// Only asks: link scanners follow every link in a mail.
async fn ask(State(app): State<App>, Path(token): Path<String>) -> Response {
    match app.knows_token(&token).await {
        Ok(true) => {
            let form = "<p>You will get no more messages from us at this address.</p>\
                <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>";
            page(StatusCode::OK, "Unsubscribe?", form)
        }
        Ok(false) => unknown(),
        Err(error) => failure(&error),
    }
}

/// Acts at once, as RFC 8058 wants of a one-click POST: no cookie, no redirect, no second question. What the
/// body says does not matter; having the token does.
async fn unsubscribe(State(app): State<App>, Path(token): Path<String>) -> Response {
    match app.unsubscribe(&token).await {
        Ok(true) => page(StatusCode::OK, "You are unsubscribed", "<p>We will not write to this address again.</p>"),
        Ok(false) => unknown(),
        Err(error) => failure(&error),
    }
}

async fn mails(State(folder): State<MailFolder>) -> Response {
    let Ok(mails) = folder.newest(SHOWN).await else { return folder_failure() };
    let row = |mail: &crate::mail::StoredMail| {
        let (subject, to) = (escape(&mail.header("Subject")), escape(&mail.header("To")));
        format!("<tr><td><a href=\"/dev/mail/{id}\">{subject}</a></td><td>{to}</td></tr>", id = mail.id)
    };
    let rows: String = mails.iter().map(row).collect();
    let table = format!(
        "<p>What has left, the newest {SHOWN} first. Nothing reached anybody: mail goes to a folder on this machine.</p>\
         <table><thead><tr><th scope=\"col\">Subject</th><th scope=\"col\">To</th></tr></thead><tbody>{rows}</tbody></table>"
    );
    page(StatusCode::OK, "Sent mail", &table)
}

async fn mail(State(folder): State<MailFolder>, Path(id): Path<String>) -> Response {
    // Parsed, an id can name no other file.
    let Ok(id) = id.parse::<MessageId>() else { return no_mail() };
    match folder.read(id).await {
        Ok(Some(text)) => (HEADERS, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        Ok(None) => no_mail(),
        Err(_) => folder_failure(),
    }
}

fn unknown() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "This link is not valid",
        "<p>Take it from the mail once more, in full, or reply to the mail.</p>",
    )
}

fn no_mail() -> Response {
    page(StatusCode::NOT_FOUND, "No such mail", "<p><a href=\"/dev/mail\">All mail</a></p>")
}

fn folder_failure() -> Response {
    page(StatusCode::INTERNAL_SERVER_ERROR, "Something broke on our side", "<p>The mail folder cannot be read.</p>")
}

fn failure(error: &Error) -> Response {
    tracing::error!(error = error as &dyn std::error::Error, "unsubscribing failed");
    page(StatusCode::INTERNAL_SERVER_ERROR, "Something broke on our side", "<p>Please try again in a minute.</p>")
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let style = "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}\
        button{font:inherit;padding:.5rem 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem .25rem 0}";
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{style}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>\n"
    );
    (status, HEADERS, Html(html)).into_response()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
