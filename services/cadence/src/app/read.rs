use kernel::{Action, Actor, Object, PageArgs, Permission};

use super::App;
use crate::{
    domain::{
        mailbox::Mailbox,
        message::{Message, MessageState},
        sequence::Sequence,
        suppression::Suppression,
    },
    error::Error,
    store,
};

/// Lists give one row more than the page holds, if another page follows.
impl App {
    pub async fn sequences(&self, actor: &Actor, page: PageArgs) -> Result<Vec<Sequence>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::sequences::list(&self.db, actor.workspace, page).await?)
    }

    pub async fn messages(
        &self,
        actor: &Actor,
        state: Option<MessageState>,
        page: PageArgs,
    ) -> Result<Vec<Message>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::messages::list(&self.db, actor, state, page).await?)
    }

    pub async fn count_messages(&self, actor: &Actor, state: Option<MessageState>) -> Result<i64, Error> {
        actor.require(Permission::Read)?;
        Ok(store::messages::count(&self.db, actor, state).await?)
    }

    pub async fn suppressions(&self, actor: &Actor, page: PageArgs) -> Result<Vec<Suppression>, Error> {
        require_suppressions(actor)?;
        Ok(store::suppressions::list(&self.db, actor.workspace, page).await?)
    }

    pub async fn mailbox(&self, actor: &Actor) -> Result<Option<Mailbox>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::mailboxes::find(&self.db, actor.workspace).await?)
    }
}

/// Refuses who may not read what is suppressed, why and since when: addresses of people, whoever's leads they are.
pub(super) fn require_suppressions(actor: &Actor) -> Result<(), Error> {
    actor.require(Permission::Read)?;
    Ok(actor.access.require_all(Object::Lead, Action::Read)?)
}
