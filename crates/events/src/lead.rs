//! Published by the lead service.

mod capture;

use kernel::{
    AccountId, ContactId, DuplicateId, EmailAddress, LeadId, MergeId, Money, Object, OpportunityId, PersonName,
    PhoneNumber, SegmentId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

use crate::event;

pub use capture::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    New,
    Working,
    Qualified,
    Disqualified,
    Converted,
}

/// A lead as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    pub id: LeadId,
    /// Grows by one with every change; a reader ignores what is not newer than it has.
    pub version: i64,
    pub email: EmailAddress,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub title: Option<String>,
    pub company: Option<String>,
    /// Host name of the company's site, without `www.`.
    pub company_domain: Option<String>,
    pub phone: Option<PhoneNumber>,
    /// ISO 3166 alpha-2 where the source had it.
    pub country: Option<String>,
    /// Head count or band, as the source wrote it.
    pub employees: Option<String>,
    pub source: String,
    pub status: LeadStatus,
    pub account: Option<AccountId>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadCaptured {
    pub current: Lead,
}
event!(LeadCaptured, "crm.lead.lead.captured.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadUpdated {
    pub previous: Lead,
    pub current: Lead,
}
event!(LeadUpdated, "crm.lead.lead.updated.v1", |e| e.current.id);

/// A lead became a contact at an account, with an opportunity if one was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadConverted {
    pub previous: Lead,
    pub current: Lead,
    pub contact: ContactId,
    pub account: AccountId,
    pub opportunity: Option<RequestedOpportunity>,
    /// Whose lead it was.
    #[serde(default)]
    pub owner: Option<UserId>,
}
event!(LeadConverted, "crm.lead.lead.converted.v1", |e| e.current.id);

/// The id is chosen here, so that converting twice cannot open two opportunities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestedOpportunity {
    pub id: OpportunityId,
    pub name: String,
    pub amount: Option<Money>,
}

/// An account as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub version: i64,
    pub name: String,
    pub domain: Option<String>,
    pub industry: Option<String>,
    /// Where it has its seat, as the source wrote it.
    pub country: Option<String>,
    pub employees: Option<String>,
    #[serde(default)]
    pub owner: Option<UserId>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountCreated {
    pub current: Account,
}
event!(AccountCreated, "crm.lead.account.created.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountUpdated {
    pub previous: Account,
    pub current: Account,
}
event!(AccountUpdated, "crm.lead.account.updated.v1", |e| e.current.id);

/// A contact as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub version: i64,
    pub account: Option<AccountId>,
    pub email: EmailAddress,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub title: Option<String>,
    #[serde(default)]
    pub owner: Option<UserId>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactCreated {
    pub current: Contact,
}
event!(ContactCreated, "crm.lead.contact.created.v1", |e| e.current.id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactUpdated {
    pub previous: Contact,
    pub current: Contact,
}
event!(ContactUpdated, "crm.lead.contact.updated.v1", |e| e.current.id);

/// A segment as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub id: SegmentId,
    pub version: i64,
    pub name: String,
    /// Which leads are in it, in the filter language.
    pub definition: String,
}

/// A segment was made, changed or deleted. With a segment go all who were in it: no [`SegmentExited`] tells of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentChanged {
    pub segment: SegmentId,
    /// Left out when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Segment>,
    /// Left out when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Segment>,
}
event!(SegmentChanged, "crm.lead.segment.changed.v1", |e| e.segment);

/// A lead fits a segment that it was not in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentEntered {
    pub segment: SegmentId,
    /// Of the segment.
    pub version: i64,
    pub lead: LeadId,
}
event!(SegmentEntered, "crm.lead.segment.entered.v1", |e| e.lead);

/// A lead no longer fits a segment that it was in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentExited {
    pub segment: SegmentId,
    /// Of the segment.
    pub version: i64,
    pub lead: LeadId,
}
event!(SegmentExited, "crm.lead.segment.exited.v1", |e| e.lead);

/// What one id leads to from now on: another record, or itself again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redirect<Id> {
    pub from: Id,
    pub to: Option<Id>,
}

/// Leads became one. The others are gone from every list, and lead to the survivor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadMerged {
    pub merge: MergeId,
    /// The survivor.
    pub previous: Lead,
    pub current: Lead,
    /// Those that were merged into it, each one version on.
    pub others: Vec<Lead>,
    /// With those that had been merged into the others before.
    pub redirects: Vec<Redirect<LeadId>>,
}
event!(LeadMerged, "crm.lead.lead.merged.v1", |e| e.current.id);

/// A merge of leads was taken back. What that changes of the survivor, a [`LeadUpdated`] tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadUnmerged {
    pub merge: MergeId,
    pub survivor: LeadId,
    /// Themselves again, each one version on.
    pub restored: Vec<Lead>,
    pub redirects: Vec<Redirect<LeadId>>,
}
event!(LeadUnmerged, "crm.lead.lead.unmerged.v1", |e| e.survivor);

/// Contacts became one, as [`LeadMerged`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactMerged {
    pub merge: MergeId,
    pub previous: Contact,
    pub current: Contact,
    pub others: Vec<Contact>,
    pub redirects: Vec<Redirect<ContactId>>,
}
event!(ContactMerged, "crm.lead.contact.merged.v1", |e| e.current.id);

/// A merge of contacts was taken back, as [`LeadUnmerged`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactUnmerged {
    pub merge: MergeId,
    pub survivor: ContactId,
    pub restored: Vec<Contact>,
    pub redirects: Vec<Redirect<ContactId>>,
}
event!(ContactUnmerged, "crm.lead.contact.unmerged.v1", |e| e.survivor);

/// Accounts became one, as [`LeadMerged`]. Who was at one of the others is at the survivor as long as that holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountMerged {
    pub merge: MergeId,
    pub previous: Account,
    pub current: Account,
    pub others: Vec<Account>,
    pub redirects: Vec<Redirect<AccountId>>,
}
event!(AccountMerged, "crm.lead.account.merged.v1", |e| e.current.id);

/// A merge of accounts was taken back, as [`LeadUnmerged`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountUnmerged {
    pub merge: MergeId,
    pub survivor: AccountId,
    pub restored: Vec<Account>,
    pub redirects: Vec<Redirect<AccountId>>,
}
event!(AccountUnmerged, "crm.lead.account.unmerged.v1", |e| e.survivor);

/// Somebody has said of records that no two of them are one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DuplicateDismissed {
    pub id: DuplicateId,
    /// What they are.
    pub kind: Object,
    /// Their ids.
    pub records: Vec<String>,
}
event!(DuplicateDismissed, "crm.lead.duplicate.dismissed.v1", |e| e.id);
