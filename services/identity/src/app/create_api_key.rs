use kernel::{Actor, Object, Permission, Timestamp, UserId};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::App;
use crate::{
    domain::{
        api_key::{ApiKey, ApiKeySecret},
        rights::{Beyond, Rights},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateApiKey {
    pub name: String,
    /// In whose name the key acts; left out, the asking user's own.
    pub user: Option<UserId>,
    /// What it may do at most; left out, what the asking actor may.
    pub permissions: Option<Vec<Permission>>,
    /// With which kinds of records; left out, with those of the key that makes it, or all.
    pub objects: Option<Vec<Object>>,
    /// Left out, the end of the key that makes it, if that has one.
    pub expires_at: Option<Timestamp>,
    pub idempotency_key: Option<String>,
}

/// The key is here and nowhere else: only its hash is stored.
#[derive(Debug, Clone)]
pub struct CreatedApiKey {
    pub key: ApiKey,
    /// `None` when the key had been made before and is only asked for again.
    pub secret: Option<ApiKeySecret>,
}

impl App {
    pub async fn create_api_key(&self, actor: &Actor, input: CreateApiKey) -> Result<CreatedApiKey, Error> {
        actor.require(Permission::Admin)?;
        let permissions = input.permissions.unwrap_or_else(|| actor.permissions.clone());
        if permissions.is_empty() {
            return Err(Error::invalid("permissions", "a key without a permission opens nothing"));
        }
        let now = self.clock.now();
        if input.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(Error::invalid("expiresAt", "this moment has passed"));
        }
        let user = input.user.or_else(|| actor.subject.parse().ok());
        let user =
            user.ok_or_else(|| Error::invalid("userId", "you are not a user yourself, so say whose key it is"))?;
        let mut asked = json!({
            "name": input.name, "user": user, "permissions": permissions, "expiresAt": input.expires_at,
        });
        if let Some(objects) = &input.objects {
            asked["objects"] = json!(objects);
        }
        let request = Request { operation: "createApiKey", key: input.idempotency_key.as_deref(), input: &asked };
        let id = self.clock.id();
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            let key = store::api_keys::by_id(&mut tx, actor.workspace, first).await?.ok_or(Error::Conflict)?;
            return Ok(CreatedApiKey { key, secret: None });
        }
        let own = acting.key()?;
        let user = store::users::by_id(&mut tx, actor.workspace, user).await?;
        let user = user.ok_or(Error::NotFound { what: "user", field: "userId" })?;
        if !user.active {
            return Err(Error::invalid("userId", "the user is inactive, so the key would open nothing"));
        }
        let secret = self.generate_key();
        let key = ApiKey {
            id,
            workspace: actor.workspace,
            user: user.id,
            name: input.name,
            prefix: secret.prefix(),
            permissions,
            objects: input.objects.or_else(|| own?.objects.clone()),
            expires_at: input.expires_at.or_else(|| own?.expires_at),
            revoked_at: None,
            last_used_at: None,
            created_at: now,
        };
        // A narrowed key must not make itself a wider one, nor a passing key a lasting one.
        let given = acting.rights()?.give(&Rights::of_key(&key));
        given.map_err(|beyond| match beyond {
            Beyond::Objects => Error::invalid("objects", &beyond.to_string()),
            Beyond::Time => Error::invalid("expiresAt", &beyond.to_string()),
            Beyond::Permission(_) | Beyond::Records => beyond.into(),
        })?;
        store::api_keys::insert(&mut tx, &key, &secret.hash()).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&key.created());
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(CreatedApiKey { key, secret: Some(secret) })
    }
}
