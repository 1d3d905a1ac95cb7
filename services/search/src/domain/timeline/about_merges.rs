//! Records that become one, and themselves again.

use events::{
    Envelope,
    lead::{AccountMerged, AccountUnmerged, ContactMerged, ContactUnmerged, LeadMerged, LeadUnmerged},
};
use kernel::{AccountId, id::TypedId};

use super::{EntryType, Happening, Record, changes::changes};
use crate::domain::document::Kind;

pub fn leads_merged(event: &Envelope, LeadMerged { current, others, .. }: &LeadMerged) -> Happening {
    let told = Happening::new(event, EntryType::LeadMerged, "Leads were merged into one");
    let told = merged(event, told, (Kind::Lead, current.id), others.iter().map(|lead| (lead.id, lead.version)));
    at_accounts(told, others.iter().chain([current]).map(|lead| (lead.id, lead.version, lead.account)))
}

pub fn leads_unmerged(event: &Envelope, LeadUnmerged { survivor, restored, .. }: &LeadUnmerged) -> Happening {
    let told = Happening::new(event, EntryType::LeadUnmerged, "A merge of leads was taken back");
    let told = redirected(told, (Kind::Lead, *survivor), None, restored.iter().map(|lead| (lead.id, lead.version)));
    at_accounts(told, restored.iter().map(|lead| (lead.id, lead.version, lead.account)))
}

pub fn contacts_merged(event: &Envelope, ContactMerged { current, others, .. }: &ContactMerged) -> Happening {
    let told = Happening::new(event, EntryType::ContactMerged, "Contacts were merged into one");
    let members = others.iter().map(|contact| (contact.id, contact.version));
    let told = merged(event, told, (Kind::Contact, current.id), members);
    at_accounts(told, others.iter().chain([current]).map(|contact| (contact.id, contact.version, contact.account)))
}

pub fn contacts_unmerged(event: &Envelope, ContactUnmerged { survivor, restored, .. }: &ContactUnmerged) -> Happening {
    let told = Happening::new(event, EntryType::ContactUnmerged, "A merge of contacts was taken back");
    let members = restored.iter().map(|contact| (contact.id, contact.version));
    let told = redirected(told, (Kind::Contact, *survivor), None, members);
    at_accounts(told, restored.iter().map(|contact| (contact.id, contact.version, contact.account)))
}

pub fn accounts_merged(event: &Envelope, AccountMerged { current, others, .. }: &AccountMerged) -> Happening {
    let told = Happening::new(event, EntryType::AccountMerged, "Accounts were merged into one");
    let members = others.iter().map(|account| (account.id, account.version));
    merged(event, told, (Kind::Account, current.id), members)
}

pub fn accounts_unmerged(event: &Envelope, AccountUnmerged { survivor, restored, .. }: &AccountUnmerged) -> Happening {
    let told = Happening::new(event, EntryType::AccountUnmerged, "A merge of accounts was taken back");
    let members = restored.iter().map(|account| (account.id, account.version));
    redirected(told, (Kind::Account, *survivor), None, members)
}

/// The others lead to the survivor, which may say something else than before.
fn merged<Id: TypedId>(
    event: &Envelope,
    told: Happening,
    (kind, survivor): (Kind, Id),
    others: impl Iterator<Item = (Id, i64)>,
) -> Happening {
    let mut told = redirected(told, (kind, survivor), Some(survivor), others);
    told.told.changes = changes(Record { kind, id: survivor.uuid() }, event);
    told
}

/// From these versions on the members lead to another record, or to themselves. A merge changes the version of each of
/// them, but that of the survivor only if it says something else: so it stands as a state of the first of them.
fn redirected<Id: TypedId>(
    told: Happening,
    (kind, survivor): (Kind, Id),
    to: Option<Id>,
    members: impl Iterator<Item = (Id, i64)>,
) -> Happening {
    let mut told = told.about(kind, survivor).part_of(survivor);
    for (id, version) in members {
        told = told.about(kind, id).redirect((id, version), to);
        told.place.state = told.place.state.or(Some((id.uuid(), version)));
    }
    told
}

/// To which account each of these belongs at its version.
fn at_accounts<Id: TypedId>(told: Happening, members: impl Iterator<Item = (Id, i64, Option<AccountId>)>) -> Happening {
    members.fold(told, |told, (id, version, account)| told.tie((id, version), Kind::Account, account))
}
