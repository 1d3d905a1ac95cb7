use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use platform::http::REQUEST_ID_HEADER;

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
        let text = |headers: &HeaderMap, name| Some(headers.get(name)?.to_str().ok()?.to_owned());
        // The last entry is the proxy's own; whatever stands before it may be the client's invention.
        let told = outside.address_header.as_ref().and_then(|name| {
            let mut lines = parts.headers.get_all(name).iter();
            let last = lines.next_back()?.to_str().ok()?.rsplit(',').next()?.trim().to_owned();
            last.parse::<IpAddr>().ok()
        });
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let address = told.or(peer).map(|address| address.to_canonical().to_string());
        let fit = |id: &String| {
            (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let request_id = text(&parts.headers, REQUEST_ID_HEADER).filter(fit);
        let user_agent = text(&parts.headers, header::USER_AGENT.as_str()).map(|agent| session::cut(&agent));
        Ok(Self { client: Client { address, request_id }, user_agent })
    }
}
