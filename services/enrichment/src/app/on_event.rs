use async_trait::async_trait;
use events::{
    Envelope, Event,
    lead::{AccountCreated, AccountUpdated, LeadCaptured, LeadUpdated},
};
use platform::{EventHandler, HandleError, Tx};

use super::App;

pub const SUBJECTS: &[&str] = &[LeadCaptured::TYPE, LeadUpdated::TYPE, AccountCreated::TYPE, AccountUpdated::TYPE];

#[async_trait]
impl EventHandler for App {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        match event.r#type.as_str() {
            LeadCaptured::TYPE => self.on_lead(tx, event, event.payload::<LeadCaptured>()?.current).await,
            LeadUpdated::TYPE => self.on_lead(tx, event, event.payload::<LeadUpdated>()?.current).await,
            AccountCreated::TYPE => self.on_account(tx, event, event.payload::<AccountCreated>()?.current).await,
            AccountUpdated::TYPE => self.on_account(tx, event, event.payload::<AccountUpdated>()?.current).await,
            _ => Ok(()),
        }
    }
}
