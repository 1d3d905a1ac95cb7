use async_trait::async_trait;
use events::{
    Envelope, Event,
    enrichment::EmailVerified,
    lead::{CaptureConfirmationRequested, LeadCaptured, LeadConverted, LeadMerged, LeadUnmerged, LeadUpdated},
    routing::LeadRouted,
};
use platform::{EventHandler, HandleError, Tx};

use super::App;
use crate::error::Error;

pub const EVENTS: &[&str] = &[
    LeadCaptured::TYPE,
    LeadUpdated::TYPE,
    LeadConverted::TYPE,
    LeadMerged::TYPE,
    LeadUnmerged::TYPE,
    EmailVerified::TYPE,
    LeadRouted::TYPE,
    CaptureConfirmationRequested::TYPE,
];

/// What the service does with what others tell it.
pub struct Reacts(pub App);

#[async_trait]
impl EventHandler for Reacts {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let app = &self.0;
        match event.r#type.as_str() {
            LeadCaptured::TYPE => app.on_lead_changed(tx, event, event.payload::<LeadCaptured>()?.current).await,
            LeadUpdated::TYPE => app.on_lead_changed(tx, event, event.payload::<LeadUpdated>()?.current).await,
            LeadConverted::TYPE => app.on_lead_changed(tx, event, event.payload::<LeadConverted>()?.current).await,
            LeadMerged::TYPE => app.on_lead_merged(tx, event, event.payload()?).await,
            LeadUnmerged::TYPE => app.on_lead_unmerged(tx, event, event.payload()?).await,
            EmailVerified::TYPE => app.on_email_verified(tx, event, event.payload()?).await,
            CaptureConfirmationRequested::TYPE => app.on_confirmation_requested(tx, event, event.payload()?).await,
            LeadRouted::TYPE => app.on_lead_routed(tx, event, event.payload()?).await,
            _ => Ok(()),
        }
    }
}

impl From<Error> for HandleError {
    fn from(error: Error) -> Self {
        match error {
            Error::Db(error) => Self::Db(error),
            other => Self::Other(other.to_string()),
        }
    }
}
