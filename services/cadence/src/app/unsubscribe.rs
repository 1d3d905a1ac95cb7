use events::cadence::ContactUnsubscribed;
use kernel::Permission;

use super::{App, stopping, system};
use crate::{
    domain::suppression::{Source, Suppression},
    error::Error,
    store::{self, enrollments::Of},
};

const WHY: &str = "the recipient unsubscribed";

impl App {
    /// Whether an unsubscribe link is one of ours.
    pub async fn knows_token(&self, token: &str) -> Result<bool, Error> {
        Ok(store::enrollments::by_token(&self.db, token).await?.is_some())
    }

    /// Does what the holder of an unsubscribe link asks, at once: nobody writes to the address any more.
    /// Asked again, it does nothing. False if the link is not one of ours.
    pub async fn unsubscribe(&self, token: &str) -> Result<bool, Error> {
        let Some(enrollment) = store::enrollments::by_token(&self.db, token).await? else { return Ok(false) };
        let actor = system(enrollment.workspace);
        actor.require(Permission::Write)?;
        let now = self.clock.now();
        let suppression = Suppression {
            id: self.clock.id(),
            workspace: enrollment.workspace,
            email: enrollment.email,
            source: Source::Unsubscribed,
            reason: WHY.to_owned(),
            created_at: now,
        };
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if store::suppressions::insert(&mut tx, &suppression).await?.is_none() {
            return Ok(true);
        }
        let mut events = self.outbox.events((&actor).into());
        stopping::stop_running(&mut tx, &mut events, actor.workspace, Of::Address(&suppression.email), WHY, now)
            .await?;
        events.push(&ContactUnsubscribed { lead: enrollment.lead, email: suppression.email, at: now });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(true)
    }
}
