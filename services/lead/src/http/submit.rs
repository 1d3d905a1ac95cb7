use axum::{
    Json,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{CaptureId, Code};
use serde_json::json;

use super::{
    Public, body,
    reply::{self, Asker},
};
use crate::{
    app::{Refused, Submitted},
    domain::capture::{FieldError, Form, Given, names},
    html::{
        self,
        form::{self, Filled},
    },
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The form on a page of its own.
pub async fn show(State(public): State<Public>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let asker = Asker::of(&headers);
    match public.app.open_form(&slug).await {
        Ok(Some(form)) => {
            let hidden = [(names::NONCE, public.nonce())];
            let page = page_of(&form, &Filled { hidden: &hidden, ..Filled::default() });
            reply::page(StatusCode::OK, page, form.content.redirect_origin())
        }
        Ok(None) => unknown(asker),
        Err(error) => reply::failure(asker, &error),
    }
}

/// Whether a page of another origin may submit the form: browsers ask before they send JSON.
pub async fn preflight(State(public): State<Public>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let response = StatusCode::NO_CONTENT.into_response();
    match public.app.open_form(&slug).await {
        Ok(Some(form)) => share(&form, &headers, response),
        Ok(None) => unknown(Asker::Program),
        Err(error) => reply::failure(Asker::Program, &error),
    }
}

pub async fn submit(State(public): State<Public>, Path(slug): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (headers, asker) = (&parts.headers, Asker::of(&parts.headers));
    let form = match public.app.open_form(&slug).await {
        Ok(Some(form)) => form,
        Ok(None) => return unknown(asker),
        Err(error) => return reply::failure(asker, &error),
    };
    if !may_submit(&public.app.public_url, &form, headers) {
        return reply::refuse(asker, Code::Forbidden, "this form may not be submitted from there", &[]);
    }
    let now = public.app.clock.now();
    let response = if let Err(seconds) = public.throttle.take(form.id, public.rules.address(&parts), now) {
        let message = "too many submissions from there; try again in a moment";
        let mut refused = reply::refuse(asker, Code::RateLimited, message, &[]);
        refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        refused
    } else {
        match body::read(headers, body).await {
            Ok(given) => take(&public, &form, headers, asker, given).await,
            Err(unreadable) => reply::refuse(asker, unreadable.code, &unreadable.message, &unreadable.errors()),
        }
    };
    share(&form, headers, response)
}

async fn take(public: &Public, form: &Form, headers: &HeaderMap, asker: Asker, given: Given) -> Response {
    let page_url = text(headers, &header::REFERER).map(str::to_owned);
    let given =
        names::UTM.into_iter().fold(given, |given, name| given.or(name, || of_query(page_url.as_deref()?, name)));
    let idempotency_key = text(headers, &IDEMPOTENCY_KEY).map(str::to_owned);
    let submitted = Submitted { given: given.clone(), idempotency_key, page_url };
    match public.app.accept_capture(form, submitted).await {
        Ok(id) => thank(form, asker, id),
        Err(Refused::Fields(errors)) if asker == Asker::Browser => again(form, &given, &errors),
        Err(Refused::Fields(errors)) => {
            let code = errors.first().map_or(Code::InvalidInput, |error| error.code);
            reply::refuse(asker, code, "what was given cannot be taken as it is", &errors)
        }
        Err(Refused::Failed(error)) => reply::failure(asker, &error),
    }
}

/// The same whether the address was known or not, and whether a person sent it.
fn thank(form: &Form, asker: Asker, id: CaptureId) -> Response {
    if asker == Asker::Program {
        let told = json!({ "id": id, "confirmationRequired": form.content.double_opt_in });
        return (StatusCode::ACCEPTED, [(header::CACHE_CONTROL, "no-store")], Json(told)).into_response();
    }
    match form.content.redirect_url.as_deref().map(HeaderValue::from_str) {
        Some(Ok(url)) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
        _ if form.content.double_opt_in => {
            let body = "<p>We have sent you a mail. Please follow the link in it within a week.</p>";
            reply::page(StatusCode::OK, html::notice("One step more", body), None)
        }
        _ => reply::page(StatusCode::OK, html::notice("Thank you", "<p>We have received what you sent.</p>"), None),
    }
}

/// The form once more, with what was typed and what is wrong with it.
fn again(form: &Form, given: &Given, errors: &[FieldError]) -> Response {
    let kept = names::UTM.into_iter().chain([names::NONCE, names::PAGE, names::VARIANT]);
    let hidden: Vec<_> =
        kept.map(|name| (name, given.get(name).to_owned())).filter(|(_, value)| !value.is_empty()).collect();
    let page = page_of(form, &Filled { given: Some(given), errors, hidden: &hidden });
    let code = errors.first().map_or(Code::InvalidInput, |error| error.code);
    reply::page(reply::status_of(code), page, form.content.redirect_origin())
}

fn page_of(form: &Form, filled: &Filled<'_>) -> String {
    let name = &form.content.name;
    let body = format!("<h1>{}</h1>{}", html::escape(name), form::form(form, &format!("/f/{}", form.slug), filled));
    html::shell("en", name, &body)
}

fn unknown(asker: Asker) -> Response {
    reply::refuse(asker, Code::NotFound, "there is no such form", &[])
}

/// A browser says from which page it comes: ours, or one of an allowed origin. What says none is no browser.
fn may_submit(public_url: &str, form: &Form, headers: &HeaderMap) -> bool {
    let Some(origin) = text(headers, &header::ORIGIN) else { return true };
    let host = text(headers, &header::HOST).unwrap_or_default();
    let asked = origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
    // A proxy may ask us by another name than visitors asked it.
    let ours = public_url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    asked || ours || form.allows(origin)
}

/// Lets a page of an allowed origin send and read.
fn share(form: &Form, headers: &HeaderMap, mut response: Response) -> Response {
    let told = response.headers_mut();
    told.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = headers.get(header::ORIGIN)
        && origin.to_str().is_ok_and(|origin| form.allows(origin))
    {
        told.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        told.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        told.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, idempotency-key"));
        told.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
        told.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What the query of an address says.
fn of_query(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1.split('#').next()?;
    let given = Given::from_form(query.as_bytes()).ok()?;
    Some(given.get(name).to_owned()).filter(|value| !value.is_empty())
}

impl Public {
    /// Of one page that is shown.
    pub fn nonce(&self) -> String {
        self.random()
    }

    pub fn random(&self) -> String {
        let mut bytes = [0; 16];
        self.app.clock.random(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
