use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use platform::door::given_id;

use super::Outside;
use crate::domain::session::{self, Client};

/// Where a request comes from, as far as that is known.
pub(super) struct Origin {
    pub client: Client,
    pub user_agent: Option<String>,
}

impl FromRequestParts<Outside> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, outside: &Outside) -> Result<Self, Infallible> {
        let address = outside.rules.address(parts).map(|address| address.to_string());
        let request_id = given_id(&parts.headers).map(str::to_owned);
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(session::cut);
        Ok(Self { client: Client { address, request_id }, user_agent })
    }
}
