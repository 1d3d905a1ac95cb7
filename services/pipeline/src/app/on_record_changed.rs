use async_trait::async_trait;
use events::{
    Envelope, Event,
    lead::{AccountCreated, AccountUpdated, ContactCreated, ContactUpdated},
};
use platform::{EventHandler, HandleError, Tx};

use crate::store;

/// Keeps which accounts and contacts there are, and what permissions look at of them: from now on an opportunity can
/// be opened at them, by who may read them.
#[derive(Debug)]
pub struct OnRecordChanged;

impl OnRecordChanged {
    pub const SUBJECTS: &'static [&'static str] =
        &[AccountCreated::TYPE, AccountUpdated::TYPE, ContactCreated::TYPE, ContactUpdated::TYPE];
}

#[async_trait]
impl EventHandler for OnRecordChanged {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let workspace = event.workspace;
        match event.r#type.as_str() {
            AccountCreated::TYPE => {
                store::known::keep_account(tx, workspace, &event.payload::<AccountCreated>()?.current).await?;
            }
            AccountUpdated::TYPE => {
                store::known::keep_account(tx, workspace, &event.payload::<AccountUpdated>()?.current).await?;
            }
            ContactCreated::TYPE => {
                store::known::keep_contact(tx, workspace, &event.payload::<ContactCreated>()?.current).await?;
            }
            ContactUpdated::TYPE => {
                store::known::keep_contact(tx, workspace, &event.payload::<ContactUpdated>()?.current).await?;
            }
            _ => {}
        }
        Ok(())
    }
}
