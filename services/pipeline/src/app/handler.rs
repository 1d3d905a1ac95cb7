use std::sync::Arc;

use async_trait::async_trait;
use events::{Envelope, Event, lead::LeadConverted};
use kernel::Actor;
use platform::{EventHandler, HandleError, Handler, Tx};

use super::{App, on_record_changed::OnRecordChanged};
use crate::error::Error;

/// What the service does with what others tell it.
pub fn handlers(app: App) -> Vec<Handler> {
    vec![
        Handler { name: "pipeline", subjects: &[LeadConverted::TYPE], apply: Arc::new(app) },
        // Apart, so that a database from before it learns of what there is already.
        Handler {
            name: "pipeline-record-access",
            subjects: OnRecordChanged::SUBJECTS,
            apply: Arc::new(OnRecordChanged),
        },
    ]
}

#[async_trait]
impl EventHandler for App {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let actor = Actor::system(event.workspace, "pipeline");
        let outcome = match event.r#type.as_str() {
            LeadConverted::TYPE => self.on_lead_converted(tx, &actor, event, event.payload()?).await,
            _ => Ok(()),
        };
        outcome.map_err(|error| match error {
            Error::Db(error) => HandleError::Db(error),
            other => HandleError::Other(other.to_string()),
        })
    }
}
