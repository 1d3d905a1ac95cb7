use async_trait::async_trait;
use events::{
    Envelope, Event, PayloadError,
    lead::{AccountCreated, AccountUpdated, ContactCreated, ContactUpdated, LeadCaptured, LeadConverted, LeadUpdated},
    pipeline::{OpportunityCreated, OpportunityStageChanged, OpportunityUpdated},
    routing::{LeadRouted, LeadUnrouted, owner_of},
};
use platform::{EventHandler, HandleError, Tx};

use crate::{domain::document::Document, store};

/// Keeps a document of every object that others tell of. The indexer carries it to the index.
#[derive(Debug)]
pub struct OnObjectChanged;

impl OnObjectChanged {
    pub const SUBJECTS: &'static [&'static str] = &[
        LeadCaptured::TYPE,
        LeadUpdated::TYPE,
        LeadConverted::TYPE,
        AccountCreated::TYPE,
        AccountUpdated::TYPE,
        ContactCreated::TYPE,
        ContactUpdated::TYPE,
        OpportunityCreated::TYPE,
        OpportunityStageChanged::TYPE,
        OpportunityUpdated::TYPE,
        LeadRouted::TYPE,
        LeadUnrouted::TYPE,
    ];
}

#[async_trait]
impl EventHandler for OnObjectChanged {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        if let Some((lead, owner)) = owner_of(event)? {
            store::keep_owner(tx, event.workspace, lead, owner, (event.id, event.time)).await?;
        } else if let Some(document) = document(event)? {
            store::keep(tx, &document, event.time).await?;
        }
        Ok(())
    }
}

/// The object as the event leaves it; `None` for an event of no interest.
fn document(event: &Envelope) -> Result<Option<Document>, PayloadError> {
    let workspace = event.workspace;
    Ok(Some(match event.r#type.as_str() {
        LeadCaptured::TYPE => Document::of_lead(workspace, event.payload::<LeadCaptured>()?.current),
        LeadUpdated::TYPE => Document::of_lead(workspace, event.payload::<LeadUpdated>()?.current),
        LeadConverted::TYPE => Document::of_lead(workspace, event.payload::<LeadConverted>()?.current),
        AccountCreated::TYPE => Document::of_account(workspace, event.payload::<AccountCreated>()?.current),
        AccountUpdated::TYPE => Document::of_account(workspace, event.payload::<AccountUpdated>()?.current),
        ContactCreated::TYPE => Document::of_contact(workspace, event.payload::<ContactCreated>()?.current),
        ContactUpdated::TYPE => Document::of_contact(workspace, event.payload::<ContactUpdated>()?.current),
        OpportunityCreated::TYPE => Document::of_opportunity(workspace, event.payload::<OpportunityCreated>()?.current),
        OpportunityStageChanged::TYPE => {
            Document::of_opportunity(workspace, event.payload::<OpportunityStageChanged>()?.current)
        }
        OpportunityUpdated::TYPE => Document::of_opportunity(workspace, event.payload::<OpportunityUpdated>()?.current),
        _ => return Ok(None),
    }))
}
