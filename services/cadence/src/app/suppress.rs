use events::cadence::AddressSuppressed;
use kernel::{Actor, EmailAddress, Permission};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::{App, read::require_suppressions, stopping};
use crate::{
    domain::suppression::{Source, Suppression},
    error::Error,
    store::{self, enrollments::Of},
};

#[derive(Debug, Clone)]
pub struct Suppress {
    pub email: EmailAddress,
    pub reason: String,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Nobody writes to this address any more. An address that is suppressed stays as it is; who may not read the list
    /// is answered as if it were new, or they would hear by this what the list refuses them.
    pub async fn suppress(&self, actor: &Actor, input: Suppress) -> Result<Suppression, Error> {
        actor.require(Permission::Write)?;
        let Suppress { email, reason, idempotency_key } = input;
        let asked = json!({ "email": email, "reason": reason });
        let request = Request { operation: "suppress", key: idempotency_key.as_deref(), input: &asked };
        let now = self.clock.now();
        let mut suppression = Suppression {
            id: self.clock.id(),
            workspace: actor.workspace,
            email,
            source: Source::Manual,
            reason,
            created_at: now,
        };
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let first = made_before(&mut tx, actor, request, suppression.id).await?;
        if first.is_some() || store::suppressions::insert(&mut tx, &suppression).await?.is_none() {
            let known = store::suppressions::by_email(&mut tx, actor.workspace, &suppression.email).await?;
            // Nothing is new but the key.
            tx.commit().await?;
            if require_suppressions(actor).is_ok() {
                return known.ok_or(Error::Conflict);
            }
            // The same key gives the same id, whether there was one before it or not.
            suppression.id = first.unwrap_or(suppression.id);
            return Ok(suppression);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&AddressSuppressed {
            suppression: suppression.id,
            email: suppression.email.clone(),
            reason: suppression.reason.clone(),
            at: now,
        });
        let why = format!("the address is suppressed: {}", suppression.reason);
        stopping::stop_running(&mut tx, &mut events, actor.workspace, Of::Address(&suppression.email), &why, now)
            .await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(suppression)
    }
}
