//! What the identity service can be asked to do: one use case a file. Every one checks the actor first.

mod authenticate;
mod bootstrap;
mod create_api_key;
mod create_user;
mod read;
mod record_key_use;
mod revoke_api_key;
mod update_user;

use kernel::Clock;
use platform::{Db, Outbox};

pub use bootstrap::{Bootstrap, BootstrapError};
pub use create_api_key::{CreateApiKey, CreatedApiKey};
pub use create_user::CreateUser;
pub use update_user::UpdateUser;

use crate::domain::api_key::ApiKeySecret;
use record_key_use::KeyUse;

/// The service's use cases and what they need. Cheap to clone; clones share what they know of keys in use.
#[derive(Debug, Clone)]
pub struct App {
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
    key_use: KeyUse,
}

impl App {
    pub fn new(db: Db, outbox: Outbox, clock: Clock) -> Self {
        Self { db, outbox, clock, key_use: KeyUse::default() }
    }

    fn generate_key(&self) -> ApiKeySecret {
        let mut bytes = [0; 32];
        self.clock.random(&mut bytes);
        ApiKeySecret::from_random(bytes)
    }
}
