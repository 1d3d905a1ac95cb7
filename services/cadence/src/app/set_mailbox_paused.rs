use kernel::{Actor, MailboxId, Permission};

use super::App;
use crate::{domain::mailbox::Mailbox, error::Error, store};

#[derive(Debug, Clone)]
pub struct SetMailboxPaused {
    pub id: MailboxId,
    pub paused: bool,
}

impl App {
    /// Holds back everything the workspace would send, or lets it go on.
    pub async fn set_mailbox_paused(&self, actor: &Actor, input: SetMailboxPaused) -> Result<Mailbox, Error> {
        actor.require(Permission::Admin)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let mailbox = store::mailboxes::set_paused(&mut tx, actor.workspace, input.id, input.paused).await?;
        tx.commit().await?;
        mailbox.ok_or(Error::not_found("mailbox"))
    }
}
