use async_trait::async_trait;
use events::{
    Envelope, Event,
    lead::{AccountCreated, AccountUpdated, ContactCreated, ContactUpdated, LeadCaptured, LeadConverted, LeadUpdated},
    pipeline::{OpportunityCreated, OpportunityStageChanged, OpportunityUpdated},
    routing::{LeadRouted, LeadUnrouted, owner_of},
};
use kernel::{Object, id::TypedId};
use platform::{EventHandler, HandleError, Tx};

use crate::{
    domain::record::Record,
    store::{self, records::Known},
};

/// Keeps what permissions look at of every record.
#[derive(Debug)]
pub struct OnRecordChanged;

impl OnRecordChanged {
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
impl EventHandler for OnRecordChanged {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        if let Some((lead, owner)) = owner_of(event)? {
            return Ok(store::records::keep_owner(tx, event.workspace, lead, owner, event.id).await?);
        }
        let known = match event.r#type.as_str() {
            LeadCaptured::TYPE => lead(event.payload::<LeadCaptured>()?.current),
            LeadUpdated::TYPE => lead(event.payload::<LeadUpdated>()?.current),
            LeadConverted::TYPE => lead(event.payload::<LeadConverted>()?.current),
            AccountCreated::TYPE => account(event.payload::<AccountCreated>()?.current),
            AccountUpdated::TYPE => account(event.payload::<AccountUpdated>()?.current),
            ContactCreated::TYPE => contact(&event.payload::<ContactCreated>()?.current),
            ContactUpdated::TYPE => contact(&event.payload::<ContactUpdated>()?.current),
            OpportunityCreated::TYPE => opportunity(&event.payload::<OpportunityCreated>()?.current),
            OpportunityStageChanged::TYPE => opportunity(&event.payload::<OpportunityStageChanged>()?.current),
            OpportunityUpdated::TYPE => opportunity(&event.payload::<OpportunityUpdated>()?.current),
            _ => return Ok(()),
        };
        Ok(store::records::keep(tx, event.workspace, &known).await?)
    }
}

fn lead(lead: events::lead::Lead) -> Known {
    let record = Record { country: lead.country, source: Some(lead.source), ..Record::default() };
    Known { object: Object::Lead, id: lead.id.uuid(), version: lead.version, record }
}

fn account(account: events::lead::Account) -> Known {
    let record =
        Record { owner: account.owner, country: account.country, industry: account.industry, ..Record::default() };
    Known { object: Object::Account, id: account.id.uuid(), version: account.version, record }
}

fn contact(contact: &events::lead::Contact) -> Known {
    let record = Record { owner: contact.owner, ..Record::default() };
    Known { object: Object::Contact, id: contact.id.uuid(), version: contact.version, record }
}

fn opportunity(opportunity: &events::pipeline::Opportunity) -> Known {
    let record = Record { owner: opportunity.owner, ..Record::default() };
    Known { object: Object::Opportunity, id: opportunity.id.uuid(), version: opportunity.version, record }
}
