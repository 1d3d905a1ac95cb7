//! Rules of the identity service: no async, no I/O, no SQL, no GraphQL.

pub mod access;
pub mod api_key;
pub mod audit;
pub mod jws;
pub mod oidc;
pub mod password;
pub mod principal;
pub mod record;
pub mod rights;
pub mod role;
pub mod secret;
pub mod session;
pub mod starter_team;
pub mod team;
pub mod throttle;
pub mod user;

use kernel::{Timestamp, WorkspaceId};

/// The workspace of the first start. Its admins may open others.
pub const FIRST_WORKSPACE: &str = "default";

/// A tenant: what it holds, no other sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// By which people name it when they sign in.
    pub slug: String,
    pub name: String,
    pub created_at: Timestamp,
}

/// Whether people can name a workspace so: 2 to 40 small letters, digits and hyphens, a letter first.
pub fn is_slug(text: &str) -> bool {
    (2..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain() {
        for good in [FIRST_WORKSPACE, "eu", "acme-2"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "a", "Acme", "2acme", "-a", "a-", "a b", "ä-b", &"a".repeat(41)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
