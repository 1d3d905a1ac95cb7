use events::lead::CaptureConfirmed;
use kernel::Permission;

use super::visitor;
use crate::{
    app::App,
    domain::capture::{Capture, CaptureState, token_hash},
    error::Error,
    store,
};

/// How a link in a confirmation mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Not ours.
    Unknown,
    /// To be confirmed.
    Open,
    Done,
    /// It was good for a week.
    Late,
}

impl App {
    /// Changes nothing: scanners follow every link in a mail.
    pub async fn confirmation(&self, token: &str) -> Result<Confirmation, Error> {
        let capture = store::captures::by_token(&self.db, &token_hash(token)).await?;
        Ok(capture.map_or(Confirmation::Unknown, |capture| self.stands(&capture)))
    }

    /// Does what the holder of the link asks: what they gave becomes a lead. Asked again, it does nothing.
    pub async fn confirm_capture(&self, token: &str) -> Result<Confirmation, Error> {
        let Some(found) = store::captures::by_token(&self.db, &token_hash(token)).await? else {
            return Ok(Confirmation::Unknown);
        };
        let actor = visitor(found.workspace, true);
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(found.workspace).begin().await?;
        let Some(mut capture) = store::captures::lock(&mut tx, found.workspace, found.id).await? else {
            return Ok(Confirmation::Unknown);
        };
        let stands = self.stands(&capture);
        if stands != Confirmation::Open {
            return Ok(stands);
        }
        let now = self.clock.now();
        capture.confirm(now);
        store::captures::update(&mut tx, &capture).await?;
        let mut events = self.outbox.events((&actor).into());
        let (form, email) = (capture.form, capture.draft.email.clone());
        events.push(&CaptureConfirmed { capture: capture.id, form, email, at: now });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        if let Err(error) = self.process_capture(found.workspace, found.id).await {
            tracing::warn!(capture = %found.id, error = &error as &dyn std::error::Error, "a capture waits");
        }
        Ok(Confirmation::Done)
    }

    fn stands(&self, capture: &Capture) -> Confirmation {
        match capture.state {
            CaptureState::Pending if capture.is_late(self.clock.now()) => Confirmation::Late,
            CaptureState::Pending => Confirmation::Open,
            _ => Confirmation::Done,
        }
    }
}
