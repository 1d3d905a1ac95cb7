use events::cadence::MailboxChanged;
use kernel::{Actor, MailboxId, Permission};

use super::App;
use crate::{domain::mailbox::Mailbox, error::Error, store};

#[derive(Debug, Clone)]
pub struct SetMailboxPaused {
    pub id: MailboxId,
    pub paused: bool,
}

impl App {
    /// Holds back everything the workspace would send, or lets it go on. Asked again, it changes nothing.
    pub async fn set_mailbox_paused(&self, actor: &Actor, input: SetMailboxPaused) -> Result<Mailbox, Error> {
        actor.require(Permission::Admin)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let previous = store::mailboxes::by_id(&mut tx, actor.workspace, input.id).await?;
        let previous = previous.ok_or(Error::not_found("mailbox"))?;
        if previous.paused == input.paused {
            return Ok(previous);
        }
        let current = store::mailboxes::set_paused(&mut tx, actor.workspace, input.id, input.paused).await?;
        let current = current.ok_or(Error::Conflict)?;
        let mut events = self.outbox.events(actor.into());
        events.push(&MailboxChanged { previous: previous.published(), current: current.published() });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(current)
    }
}
