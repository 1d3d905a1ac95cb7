//! What happens to accounts, contacts and opportunities.

use events::{
    Envelope,
    lead::{Account, AccountCreated, AccountUpdated, Contact, ContactCreated, ContactUpdated},
    pipeline::{Opportunity, OpportunityCreated, OpportunityStageChanged, OpportunityState, OpportunityUpdated},
};
use kernel::id::TypedId;

use super::{EntryType, Happening, Record, changes::changes};
use crate::domain::document::Kind;

pub fn account_created(event: &Envelope, AccountCreated { current }: &AccountCreated) -> Happening {
    account(Happening::new(event, EntryType::AccountCreated, "The account was made"), current)
}

pub fn account_updated(event: &Envelope, AccountUpdated { current, .. }: &AccountUpdated) -> Happening {
    let told = account(Happening::new(event, EntryType::AccountUpdated, "The account was changed"), current);
    changed(event, told, Kind::Account, current.id)
}

fn account(told: Happening, account: &Account) -> Happening {
    told.about(Kind::Account, account.id).state_of(account.id, account.version)
}

pub fn contact_created(event: &Envelope, ContactCreated { current }: &ContactCreated) -> Happening {
    contact(Happening::new(event, EntryType::ContactCreated, "The contact was made"), current)
}

pub fn contact_updated(event: &Envelope, ContactUpdated { current, .. }: &ContactUpdated) -> Happening {
    let told = contact(Happening::new(event, EntryType::ContactUpdated, "The contact was changed"), current);
    changed(event, told, Kind::Contact, current.id)
}

/// The contact's state, and to which account it belongs.
fn contact(told: Happening, contact: &Contact) -> Happening {
    told.about(Kind::Contact, contact.id).state_of(contact.id, contact.version).tie(
        (contact.id, contact.version),
        Kind::Account,
        contact.account,
    )
}

pub fn opportunity_created(event: &Envelope, OpportunityCreated { current }: &OpportunityCreated) -> Happening {
    let title = format!("The opportunity was opened in {}", current.stage_name);
    opportunity(Happening::new(event, EntryType::OpportunityCreated, title), current)
}

pub fn stage_changed(event: &Envelope, changes: &OpportunityStageChanged) -> Happening {
    let OpportunityStageChanged { previous, current } = changes;
    let outcome = match current.state {
        OpportunityState::Open => "moved",
        OpportunityState::Won => "was won: it moved",
        OpportunityState::Lost => "was lost: it moved",
    };
    let title = format!("The opportunity {outcome} from {} to {}", previous.stage_name, current.stage_name);
    let told = opportunity(Happening::new(event, EntryType::OpportunityStageChanged, title), current);
    changed(event, told, Kind::Opportunity, current.id)
}

pub fn opportunity_updated(event: &Envelope, OpportunityUpdated { current, .. }: &OpportunityUpdated) -> Happening {
    let title = "The opportunity was changed";
    let told = opportunity(Happening::new(event, EntryType::OpportunityUpdated, title), current);
    changed(event, told, Kind::Opportunity, current.id)
}

/// The opportunity's state, and with whom it is.
fn opportunity(told: Happening, opportunity: &Opportunity) -> Happening {
    let state = (opportunity.id, opportunity.version);
    told.about(Kind::Opportunity, opportunity.id)
        .state_of(opportunity.id, opportunity.version)
        .part_of(opportunity.account)
        .tie(state, Kind::Account, Some(opportunity.account))
        .tie(state, Kind::Contact, opportunity.contact)
}

fn changed(event: &Envelope, mut told: Happening, kind: Kind, id: impl TypedId) -> Happening {
    told.told.changes = changes(Record { kind, id: id.uuid() }, event);
    told
}
