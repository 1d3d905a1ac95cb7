//! The methods that an address takes.

use axum::{
    http::{StatusCode, header::ALLOW},
    response::{IntoResponse, Response},
};
use kernel::Code;

use crate::problem::Problem;

/// The methods that are there, as `Allow` lists them: none, or `OPTIONS` besides.
pub(crate) fn allowed(methods: &[(&str, bool)]) -> String {
    let there: Vec<&str> = methods.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    if there.is_empty() { String::new() } else { format!("{}, OPTIONS", there.join(", ")) }
}

pub(crate) fn options(methods: &str) -> Response {
    (StatusCode::NO_CONTENT, [(ALLOW, methods)]).into_response()
}

pub(crate) fn wrong_method(methods: &str) -> Problem {
    if methods.is_empty() {
        return Problem::new(Code::NotFound, "the API has no list of these and makes none; ask for one by its id");
    }
    Problem::new(Code::MethodNotAllowed, format!("use {methods}")).with_header(ALLOW, methods)
}
