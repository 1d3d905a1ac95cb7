//! SQL and rows. Every function takes the workspace from the actor or the object; none reads across, but those
//! that come before there is an actor: the look-up of what somebody presents (a key, an address, a refresh token, an
//! invitation), the first start, pruning, and the check of every audit trail.

pub mod api_keys;
pub mod audit;
pub mod oidc;
pub mod passwords;
pub mod records;
pub mod roles;
pub mod sessions;
pub mod signing_keys;
pub mod teams;
pub mod users;
pub mod workspaces;
