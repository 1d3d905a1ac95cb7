use chrono::TimeDelta;
use events::identity::{ApiKeyCreated, ApiKeyRevoked};
use kernel::{Actor, ApiKeyId, Permission};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::{App, CreatedApiKey};
use crate::{
    domain::{
        api_key::ApiKey,
        rights::{Beyond, Rights},
    },
    error::Error,
    store,
};

/// How long both keys may be good.
pub const MAX_OVERLAP: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Clone)]
pub struct RotateApiKey {
    pub id: ApiKeyId,
    /// How long the old key still opens, so that programs can change over.
    pub overlap: TimeDelta,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Makes a key that may do what this one may, and lets this one run out. A key that was to live for a time
    /// has a successor that lives as long, but no longer than the key that asks for it.
    pub async fn rotate_api_key(&self, actor: &Actor, input: RotateApiKey) -> Result<CreatedApiKey, Error> {
        actor.require(Permission::Admin)?;
        let RotateApiKey { id, overlap, idempotency_key } = input;
        if overlap < TimeDelta::zero() || overlap > MAX_OVERLAP {
            return Err(Error::invalid("overlapSeconds", "the overlap is between none and 30 days"));
        }
        let asked = json!({ "id": id, "overlapSeconds": overlap.num_seconds() });
        let request = Request { operation: "rotateApiKey", key: idempotency_key.as_deref(), input: &asked };
        let (successor, now) = (self.clock.id(), self.clock.now());
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        // Asked first: by now the old key may have run out.
        if let Some(first) = made_before(&mut tx, actor, request, successor).await? {
            let key = store::api_keys::by_id(&mut tx, actor.workspace, first).await?.ok_or(Error::Conflict)?;
            return Ok(CreatedApiKey { key, secret: None });
        }
        let old = store::api_keys::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("API key"))?;
        if !old.is_active(now) {
            return Err(Error::invalid("id", "this key opens nothing any more; make a new one"));
        }
        let own = acting.key()?;
        let lives_until = old.expires_at.map(|expires_at| now + (expires_at - old.created_at));
        let secret = self.generate_key();
        let key = ApiKey {
            id: successor,
            prefix: secret.prefix(),
            expires_at: [lives_until, own.and_then(|own| own.expires_at)].into_iter().flatten().min(),
            last_used_at: None,
            created_at: now,
            ..old
        };
        // As with a new key: who has less must not come by more.
        let given = acting.rights()?.give(&Rights::of_key(&key));
        given.map_err(|beyond| match beyond {
            Beyond::Objects => Error::invalid("id", &beyond.to_string()),
            Beyond::Permission(_) | Beyond::Records | Beyond::Time => beyond.into(),
        })?;
        if store::api_keys::expire(&mut tx, actor.workspace, id, now + overlap).await? == 0 && lives_until.is_none() {
            return Err(Error::Conflict);
        }
        store::api_keys::insert(&mut tx, &key, &secret.hash()).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&ApiKeyCreated { replaces: Some(id), ..key.created() });
        if overlap.is_zero() {
            events.push(&ApiKeyRevoked { key: id });
        }
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(CreatedApiKey { key, secret: Some(secret) })
    }
}
