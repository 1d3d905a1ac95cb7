//! What visitors reach: forms, landing pages, and the link in a confirmation mail. Knowing an address is all that they
//! need, so none of it shows what anybody gave.

mod body;
mod confirm;
mod page;
mod reply;
mod submit;
mod throttle;

use std::sync::Arc;

use axum::{Router, routing::get};
use platform::door::Rules;

use crate::app::App;
use throttle::Throttle;

/// What every handler needs. Cheap to clone.
#[derive(Clone)]
pub struct Public {
    app: App,
    /// Whose word counts for where a request comes from.
    rules: Arc<Rules>,
    throttle: Arc<Throttle>,
}

pub fn router(app: App, rules: Rules) -> Router {
    let public = Public { app, rules: Arc::new(rules), throttle: Arc::default() };
    Router::new()
        .route("/f/{form}", get(submit::show).post(submit::submit).options(submit::preflight))
        .route("/f/confirm/{token}", get(confirm::ask).post(confirm::confirm))
        .route("/p/{slug}", get(page::show))
        .with_state(public)
}
