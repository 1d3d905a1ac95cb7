//! Requests from this machine.

use std::net::IpAddr;

use axum::http::{HeaderMap, header::HOST, uri::Authority};

/// By these a proxy says that it speaks for somebody else, and so by whatever begins with `x-forwarded-`.
const FORWARDED: [&str; 3] = ["forwarded", "via", "x-real-ip"];

/// Is this machine asked by its own name, and by no proxy? A proxy on it speaks for whoever reaches the proxy, and a
/// foreign page can have its own name lead here. Of a target that names its host the connection has put that into the
/// header.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let host = host.as_ref().filter(|host| !host.as_str().contains('@'));
    let name = host.map_or("", |host| host.host().trim_matches(['[', ']']));
    let is_here =
        name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let mut names = headers.keys().map(|name| name.as_str());
    is_here && !names.any(|name| FORWARDED.contains(&name) || name.starts_with("x-forwarded-"))
}
