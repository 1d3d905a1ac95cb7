use async_graphql::{ComplexObject, Context, ID, InputObject, Json, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{UserId, truncate_to_micros};
use platform::graphql::{Long, load};
use serde_json::Value;

use super::{loaders::Loaders, types::UserObject};
use crate::{
    domain::{audit::AuditEntry, user::User},
    store::audit::AuditFilter,
};

/// One thing that somebody did to one record.
#[derive(SimpleObject)]
#[graphql(complex, name = "AuditEntry")]
pub struct AuditEntryObject {
    /// Id of the event that told of it.
    id: ID,
    /// Its place in the workspace's chain, from 1.
    seq: Long,
    at: DateTime<Utc>,
    /// Id of the user, or the name of the service that acted by itself.
    actor: String,
    /// Id of the API key or the session by which they did it, which tells a user's keys apart. Null when a service
    /// acted by itself, and on what was recorded before it was known.
    credential: Option<ID>,
    /// The event's type, for example `crm.identity.user.updated.v1`.
    action: String,
    /// Id of the record it was done to.
    subject: String,
    /// Ties it to the log, where the event tells.
    request_id: Option<String>,
    /// The network address that it came from, where the event tells.
    address: Option<String>,
    /// The record before, where it was there.
    previous: Option<Json<Value>>,
    /// The record after, where it is still there; all that the event said if it does not tell of a change.
    current: Option<Json<Value>>,
    /// Of the entry before.
    previous_hash: String,
    /// SHA-256 over all of this and the entry before: a later change shows.
    hash: String,
    #[graphql(skip)]
    user_id: Option<UserId>,
}

#[ComplexObject]
impl AuditEntryObject {
    /// Who did it; nobody, when a service acted by itself.
    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<UserObject>> {
        let Some(id) = self.user_id else { return Ok(None) };
        Ok(load::<Loaders, _, User>(ctx, id).await?.map(UserObject::from))
    }
}

impl From<AuditEntry> for AuditEntryObject {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: ID::from(entry.event.to_string()),
            seq: Long(entry.seq),
            at: entry.at,
            previous: entry.previous().map(Json),
            current: entry.current().map(Json),
            user_id: entry.actor.parse().ok(),
            actor: entry.actor,
            credential: entry.credential.map(ID::from),
            action: entry.action,
            subject: entry.subject,
            request_id: entry.client.request_id,
            address: entry.client.address,
            previous_hash: entry.previous_hash,
            hash: entry.hash,
        }
    }
}

/// Which entries to show. What is left out bounds nothing.
#[derive(InputObject, Default)]
pub struct AuditTrailFilter {
    /// Id of a user, or the name of a service.
    actor: Option<String>,
    /// Id of an API key or a session.
    credential: Option<ID>,
    /// An event's type, for example `crm.identity.user.updated.v1`.
    action: Option<String>,
    /// Id of a record of any kind.
    subject: Option<ID>,
    /// From then on.
    since: Option<DateTime<Utc>>,
    /// Before then.
    until: Option<DateTime<Utc>>,
}

impl From<AuditTrailFilter> for AuditFilter {
    fn from(filter: AuditTrailFilter) -> Self {
        Self {
            actor: filter.actor,
            credential: filter.credential.map(|id| id.0),
            action: filter.action,
            subject: filter.subject.map(|id| id.0),
            since: filter.since.map(truncate_to_micros),
            until: filter.until.map(truncate_to_micros),
        }
    }
}
