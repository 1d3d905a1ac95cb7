use async_trait::async_trait;
use events::{
    Envelope, Event, PayloadError,
    lead::{
        AccountCreated, AccountMerged, AccountUnmerged, AccountUpdated, ContactCreated, ContactMerged, ContactUnmerged,
        ContactUpdated, LeadCaptured, LeadConverted, LeadMerged, LeadUnmerged, LeadUpdated,
    },
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
        LeadMerged::TYPE,
        LeadUnmerged::TYPE,
        AccountCreated::TYPE,
        AccountUpdated::TYPE,
        AccountMerged::TYPE,
        AccountUnmerged::TYPE,
        ContactCreated::TYPE,
        ContactUpdated::TYPE,
        ContactMerged::TYPE,
        ContactUnmerged::TYPE,
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
            return Ok(());
        }
        for document in merged(event)?.into_iter().chain(document(event)?) {
            store::keep(tx, &document, event.time).await?;
        }
        Ok(())
    }
}

/// What a merge leaves of each record, and what it is again when that is taken back: none for any other event.
fn merged(event: &Envelope) -> Result<Vec<Document>, PayloadError> {
    let workspace = event.workspace;
    let of_lead = |lead| Document::of_lead(workspace, lead);
    let of_contact = |contact| Document::of_contact(workspace, contact);
    let of_account = |account| Document::of_account(workspace, account);
    Ok(match event.r#type.as_str() {
        LeadMerged::TYPE => {
            let LeadMerged { current, others, .. } = event.payload()?;
            others.into_iter().map(|lead| of_lead(lead).gone()).chain([of_lead(current)]).collect()
        }
        LeadUnmerged::TYPE => event.payload::<LeadUnmerged>()?.restored.into_iter().map(of_lead).collect(),
        ContactMerged::TYPE => {
            let ContactMerged { current, others, .. } = event.payload()?;
            others.into_iter().map(|contact| of_contact(contact).gone()).chain([of_contact(current)]).collect()
        }
        ContactUnmerged::TYPE => event.payload::<ContactUnmerged>()?.restored.into_iter().map(of_contact).collect(),
        AccountMerged::TYPE => {
            let AccountMerged { current, others, .. } = event.payload()?;
            others.into_iter().map(|account| of_account(account).gone()).chain([of_account(current)]).collect()
        }
        AccountUnmerged::TYPE => event.payload::<AccountUnmerged>()?.restored.into_iter().map(of_account).collect(),
        _ => Vec::new(),
    })
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
