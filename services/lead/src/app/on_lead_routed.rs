use async_trait::async_trait;
use events::{
    Envelope, Event,
    routing::{LeadRouted, LeadUnrouted},
};
use platform::{EventHandler, HandleError, Tx};

use super::App;
use crate::store;

/// What says whose a lead is.
pub const OWNER_EVENTS: &[&str] = &[LeadRouted::TYPE, LeadUnrouted::TYPE];

#[async_trait]
impl EventHandler for App {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let (lead, owner) = match event.r#type.as_str() {
            LeadRouted::TYPE => {
                let LeadRouted { lead, owner, .. } = event.payload()?;
                (lead, Some(owner.user))
            }
            LeadUnrouted::TYPE => (event.payload::<LeadUnrouted>()?.lead, None),
            _ => return Ok(()),
        };
        Ok(store::leads::set_owner(tx, event.workspace, lead, owner, event.id).await?)
    }
}
