//! Published by the identity service.

use kernel::{ApiKeyId, EmailAddress, UserId};
use serde::{Deserialize, Serialize};

use crate::event;

/// What a user does; decides whether leads can be routed to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    /// Takes leads.
    Rep,
    ReadOnly,
}

/// A user as they stand at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub version: i64,
    pub name: String,
    pub email: EmailAddress,
    pub role: Role,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserCreated {
    pub current: User,
}
event!(UserCreated, "crm.identity.user.created.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserUpdated {
    pub previous: User,
    pub current: User,
}
event!(UserUpdated, "crm.identity.user.updated.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKeyRevoked {
    pub key: ApiKeyId,
}
event!(ApiKeyRevoked, "crm.identity.api_key.revoked.v1", |e| e.key);
