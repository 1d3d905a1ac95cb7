use async_trait::async_trait;
use events::{Envelope, routing::owner_of};
use platform::{EventHandler, HandleError, Tx};

use super::App;
use crate::store;

/// Keeps whose a lead is.
#[async_trait]
impl EventHandler for App {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let Some((lead, owner)) = owner_of(event)? else { return Ok(()) };
        Ok(store::leads::set_owner(tx, event.workspace, lead, owner, event.id).await?)
    }
}
