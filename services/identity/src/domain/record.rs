//! A record of another service, as far as permissions look at it.

use kernel::{AccountId, ContactId, Facts, IdError, LeadId, Object, OpportunityId, UserId, id::TypedId};
use uuid::Uuid;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    pub owner: Option<UserId>,
    pub country: Option<String>,
    pub source: Option<String>,
    pub industry: Option<String>,
}

impl Record {
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            owner: self.owner,
            country: self.country.as_deref(),
            source: self.source.as_deref(),
            industry: self.industry.as_deref(),
        }
    }
}

/// Which record an id names.
///
/// # Errors
/// For the id of anything else.
pub fn object_of(id: &str) -> Result<(Object, Uuid), IdError> {
    let kind = id.rsplit_once('_').map_or(id, |(prefix, _)| prefix);
    match kind {
        AccountId::PREFIX => id.parse().map(|id: AccountId| (Object::Account, id.uuid())),
        ContactId::PREFIX => id.parse().map(|id: ContactId| (Object::Contact, id.uuid())),
        OpportunityId::PREFIX => id.parse().map(|id: OpportunityId| (Object::Opportunity, id.uuid())),
        _ => id.parse().map(|id: LeadId| (Object::Lead, id.uuid())),
    }
}
