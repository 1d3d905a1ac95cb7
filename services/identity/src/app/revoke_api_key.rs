use events::identity::ApiKeyRevoked;
use kernel::{Actor, ApiKeyId, Permission};

use super::App;
use crate::{domain::api_key::ApiKey, error::Error, store};

impl App {
    /// Ends a key for good. Revoked again, it stays as it is.
    pub async fn revoke_api_key(&self, actor: &Actor, id: ApiKeyId) -> Result<ApiKey, Error> {
        actor.require(Permission::Admin)?;
        let (mut tx, _) = self.begin_as_admin(actor).await?;
        let key = store::api_keys::revoke(&mut tx, actor.workspace, id, self.clock.now()).await?;
        if let Some(key) = key {
            let mut events = self.outbox.events(actor.into());
            events.push(&ApiKeyRevoked { key: key.id });
            events.save(&mut tx).await?;
            self.outbox.commit(tx).await?;
            return Ok(key);
        }
        store::api_keys::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("API key"))
    }
}
