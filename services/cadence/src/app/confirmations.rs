//! Mails that ask whose an address is.

use chrono::TimeDelta;
use events::{Envelope, cadence::ConfirmationSent, lead::CaptureConfirmationRequested};
use kernel::Permission;
use platform::{HandleError, Tx};

use super::{App, system};
use crate::{
    domain::confirmation::{Confirmation, ConfirmationState, LEASE, MAX_A_DAY},
    error::Error,
    mail::{HandOver, Letter, LetterError, Notice},
    store,
};

const BATCH: i64 = 20;
/// How long a paused mailbox is left alone.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

impl App {
    /// Queues the mail, unless its address has had enough of them today.
    pub(super) async fn on_confirmation_requested(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        requested: CaptureConfirmationRequested,
    ) -> Result<(), HandleError> {
        let CaptureConfirmationRequested { capture, form: _, form_name, email, url, expires_at } = requested;
        let (workspace, now) = (event.workspace, self.clock.now());
        let today = store::confirmations::count_since(tx, workspace, &email, now - TimeDelta::days(1)).await?;
        let state = if today < MAX_A_DAY { ConfirmationState::Queued } else { ConfirmationState::GivenUp };
        let id = self.clock.id();
        let confirmation = Confirmation {
            id,
            workspace,
            capture,
            email,
            form_name,
            url,
            state,
            attempts: 0,
            due_at: now,
            expires_at,
            created_at: now,
        };
        Ok(store::confirmations::insert(tx, &confirmation).await?)
    }

    /// Sends what is due. Says whether there was any.
    pub async fn send_confirmations(&self) -> Result<bool, Error> {
        let due = store::confirmations::due(&self.db, self.clock.now(), BATCH).await?;
        for confirmation in &due {
            if let Some(reserved) = self.reserve_confirmation(confirmation).await? {
                let outcome = match self.notice(&reserved) {
                    Ok(letter) => self.mailer.hand_over(&letter).await,
                    Err(error) => HandOver::Never(error.to_string()),
                };
                self.record_confirmation(reserved, outcome).await?;
            }
        }
        Ok(!due.is_empty())
    }

    /// Takes it for one attempt. A process killed after this leaves it to another attempt, once the lease is over.
    async fn reserve_confirmation(&self, queued: &Confirmation) -> Result<Option<Confirmation>, Error> {
        let actor = system(queued.workspace);
        actor.require(Permission::Write)?;
        let paused = store::mailboxes::find(&self.db, queued.workspace).await?.is_some_and(|mailbox| mailbox.paused);
        let now = self.clock.now();
        let mut tx = self.db.of(queued.workspace).begin().await?;
        let suppressed = store::suppressions::by_email(&mut tx, queued.workspace, &queued.email).await?.is_some();
        let mut reserved = queued.clone();
        let sends = queued.is_wanted(suppressed, now) && !paused;
        if sends {
            reserved.attempts += 1;
            reserved.due_at = now + LEASE;
        } else if paused {
            reserved.due_at = now + PAUSE;
        } else {
            reserved.state = ConfirmationState::GivenUp;
        }
        let ours = store::confirmations::update(&mut tx, &reserved, queued.attempts).await? == 1;
        tx.commit().await?;
        Ok(Some(reserved).filter(|_| sends && ours))
    }

    async fn record_confirmation(&self, mut reserved: Confirmation, outcome: HandOver) -> Result<(), Error> {
        let (actor, now) = (system(reserved.workspace), self.clock.now());
        let mut events = self.outbox.events((&actor).into());
        match outcome {
            HandOver::Taken => {
                reserved.state = ConfirmationState::Sent;
                let (capture, message) = (reserved.capture, reserved.id);
                events.push(&ConfirmationSent { message, capture, email: reserved.email.clone(), sent_at: now });
            }
            // A second mail says the same: rather two than none.
            HandOver::NotNow(_) | HandOver::InDoubt => reserved.due_at = reserved.later(now),
            HandOver::Never(_) => reserved.state = ConfirmationState::GivenUp,
        }
        let mut tx = self.db.of(reserved.workspace).begin().await?;
        let attempts = reserved.attempts;
        if store::confirmations::update(&mut tx, &reserved, attempts).await? == 1 {
            events.save(&mut tx).await?;
        }
        Ok(self.outbox.commit(tx).await?)
    }

    fn notice(&self, confirmation: &Confirmation) -> Result<Letter, LetterError> {
        self.letterhead.write_notice(Notice {
            message: confirmation.id,
            to: &confirmation.email,
            subject: confirmation.subject(),
            body: confirmation.body(),
            date: self.clock.now(),
        })
    }
}
