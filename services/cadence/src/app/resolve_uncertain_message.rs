use events::cadence::MessageResolved;
use kernel::{Actor, MessageId, Permission};

use super::{App, may_send, settling::Settlement};
use crate::{
    domain::message::{Message, MessageState},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct ResolveUncertainMessage {
    pub id: MessageId,
    pub was_sent: bool,
}

impl App {
    /// Takes a person's word on a message whose sending nobody recorded: it was sent, or it is sent again.
    pub async fn resolve_uncertain_message(
        &self,
        actor: &Actor,
        input: ResolveUncertainMessage,
    ) -> Result<Message, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let message =
            store::messages::by_id(&mut tx, actor.workspace, input.id).await?.ok_or(Error::not_found("message"))?;
        may_send(&mut tx, actor, message.lead, Error::not_found("message")).await?;
        if message.state != MessageState::Uncertain {
            return Err(Error::NotUncertain);
        }
        let now = self.clock.now();
        let settlement = if input.was_sent {
            Settlement::Sent(message.attempted_at.unwrap_or(now))
        } else {
            Settlement::Again { at: now, trouble: None }
        };
        if !self.settle(&mut tx, actor.into(), &message, settlement, &[MessageState::Uncertain]).await? {
            return Err(Error::NotUncertain);
        }
        let resolved = store::messages::by_id(&mut tx, actor.workspace, input.id).await?.ok_or(Error::Conflict)?;
        let mut events = self.outbox.events(actor.into());
        events.push(&MessageResolved { previous: message.published(), current: resolved.published() });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(resolved)
    }
}
