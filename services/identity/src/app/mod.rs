//! What the identity service can be asked to do: one use case a file. Every one checks the actor first.

mod attempts;
mod audit;
mod authenticate;
mod bootstrap;
mod create_api_key;
mod create_team;
mod create_user;
mod create_workspace;
mod delete_team;
mod explain_access;
mod giving;
mod hashing;
mod move_team;
mod oidc_sign_in;
mod on_any_event;
mod on_record_changed;
mod read;
mod record_key_use;
mod revoke_api_key;
mod roles;
mod rotate_api_key;
mod sessions;
mod set_password;
mod sign_in;
mod signing;
mod team_members;
mod update_team;
mod update_user;

use kernel::Clock;
use platform::{Db, Outbox};

pub use audit::{AuditReport, verify_audit};
pub use bootstrap::{Bootstrap, BootstrapError};
pub use create_api_key::{CreateApiKey, CreatedApiKey};
pub use create_team::CreateTeam;
pub use create_user::{CreateServiceAccount, CreateUser};
pub use create_workspace::{CreateWorkspace, OpenedWorkspace};
pub use explain_access::{ExplainAccess, Explanation};
pub use oidc_sign_in::{Arrival, Depart, Departure, PATIENCE, Return};
pub use on_any_event::AUDITED;
pub use on_record_changed::OnRecordChanged;
pub use roles::{CreateRole, UpdateRole};
pub use rotate_api_key::RotateApiKey;
pub use set_password::{Invitation, InviteUser, Invited, Proof, SetPassword};
pub use sign_in::{SignIn, Tokens};
pub use signing::CACHED_SECONDS;
pub use update_team::UpdateTeam;
pub use update_user::UpdateUser;

use crate::{
    domain::{api_key::ApiKeySecret, secret::Token},
    provider::Provider,
};
use attempts::Attempts;
use hashing::Hashing;
use on_any_event::Heads;
use record_key_use::KeyUse;
use signing::SigningKeys;

/// The service's use cases and what they need. Cheap to clone; clones share what they know of keys in use, of
/// signing keys and of attempts to sign in.
#[derive(Debug, Clone)]
pub struct App {
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
    key_use: KeyUse,
    signing: SigningKeys,
    hashing: Hashing,
    attempts: Attempts,
    heads: Heads,
    provider: Option<Provider>,
}

impl App {
    pub fn new(db: Db, outbox: Outbox, clock: Clock) -> Self {
        let (key_use, signing, hashing) = (KeyUse::default(), SigningKeys::default(), Hashing::default());
        Self {
            db,
            outbox,
            clock,
            key_use,
            signing,
            hashing,
            attempts: Attempts::default(),
            heads: Heads::default(),
            provider: None,
        }
    }

    /// With an OpenID Connect provider, if one is configured.
    pub fn with_provider(self, provider: Option<Provider>) -> Self {
        Self { provider, ..self }
    }

    fn generate_token(&self, mark: &str) -> Token {
        let mut bytes = [0; 32];
        self.clock.random(&mut bytes);
        Token::from_random(mark, bytes)
    }

    fn generate_key(&self) -> ApiKeySecret {
        let mut bytes = [0; 32];
        self.clock.random(&mut bytes);
        ApiKeySecret::from_random(bytes)
    }
}
