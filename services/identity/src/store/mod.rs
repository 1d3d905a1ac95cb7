//! SQL and rows. Every function takes the workspace from the actor or the object; none reads across, but the
//! two that come before there is an actor: the look-up of a presented key, and the first start.

pub mod api_keys;
pub mod users;
pub mod workspaces;
