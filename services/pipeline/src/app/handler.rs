use std::sync::Arc;

use async_trait::async_trait;
use events::{
    Envelope, Event,
    lead::{AccountCreated, ContactCreated, LeadConverted},
};
use kernel::Actor;
use platform::{EventHandler, HandleError, Handler, Tx};

use super::App;
use crate::error::Error;

/// What the service does with what others tell it.
pub fn handler(app: App) -> Handler {
    const SUBJECTS: &[&str] = &[AccountCreated::TYPE, ContactCreated::TYPE, LeadConverted::TYPE];
    Handler { name: "pipeline", subjects: SUBJECTS, apply: Arc::new(app) }
}

#[async_trait]
impl EventHandler for App {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let actor = Actor::system(event.workspace, "pipeline");
        let outcome = match event.r#type.as_str() {
            AccountCreated::TYPE => self.on_account_created(tx, &actor, &event.payload()?).await,
            ContactCreated::TYPE => self.on_contact_created(tx, &actor, &event.payload()?).await,
            LeadConverted::TYPE => self.on_lead_converted(tx, &actor, event, event.payload()?).await,
            _ => Ok(()),
        };
        outcome.map_err(|error| match error {
            Error::Db(error) => HandleError::Db(error),
            other => HandleError::Other(other.to_string()),
        })
    }
}
