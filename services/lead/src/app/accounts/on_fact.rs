use async_trait::async_trait;
use events::{
    Envelope, Event,
    cadence::MessageSent,
    enrichment::LeadEnriched,
    pipeline::{Opportunity, OpportunityCreated, OpportunityStageChanged, OpportunityUpdated},
};
use platform::{EventHandler, HandleError, Tx};

use crate::{app::App, store};

/// What others do with accounts and their people, and learn of them.
pub const SUBJECTS: &[&str] = &[
    OpportunityCreated::TYPE,
    OpportunityStageChanged::TYPE,
    OpportunityUpdated::TYPE,
    MessageSent::TYPE,
    LeadEnriched::TYPE,
];

/// Keeps what accounts add up to, and how large they are.
#[derive(Debug, Clone)]
pub struct AccountFacts(pub App);

#[async_trait]
impl EventHandler for AccountFacts {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        match event.r#type.as_str() {
            OpportunityCreated::TYPE => keep(tx, event, &event.payload::<OpportunityCreated>()?.current).await,
            OpportunityStageChanged::TYPE => {
                keep(tx, event, &event.payload::<OpportunityStageChanged>()?.current).await
            }
            OpportunityUpdated::TYPE => keep(tx, event, &event.payload::<OpportunityUpdated>()?.current).await,
            MessageSent::TYPE => {
                let MessageSent { lead, sent_at, .. } = event.payload()?;
                store::touches::keep(tx, event.workspace, lead, sent_at, false).await?;
                Ok(store::key_alerts::make_due(tx, event.workspace, lead, self.0.clock.now()).await?)
            }
            LeadEnriched::TYPE => self.0.on_lead_enriched(tx, event).await,
            _ => Ok(()),
        }
    }
}

async fn keep(tx: &mut Tx, event: &Envelope, opportunity: &Opportunity) -> Result<(), HandleError> {
    Ok(store::known_opportunities::keep(tx, event.workspace, opportunity).await?)
}
