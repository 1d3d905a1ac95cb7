use events::identity::UserCreated;
use kernel::{Actor, Permission};

use super::App;
use crate::{
    domain::user::{User, UserDraft},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateUser {
    pub draft: UserDraft,
}

impl App {
    pub async fn create_user(&self, actor: &Actor, input: CreateUser) -> Result<User, Error> {
        actor.require(Permission::Admin)?;
        let user = User::create(input.draft, self.clock.id(), actor.workspace, self.clock.now());
        let mut tx = self.db.begin().await?;
        let mut events = self.outbox.events(actor.into());
        if store::users::insert(&mut tx, std::slice::from_ref(&user)).await?.is_empty() {
            return Err(Error::EmailTaken);
        }
        events.push(&UserCreated { current: user.published() });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(user)
    }
}
