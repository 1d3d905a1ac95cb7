//! Published by the lead service.

mod capture;

use kernel::{
    AccountId, AlertId, ContactId, DuplicateId, EmailAddress, EnrichmentRunId, LeadId, MergeId, Money, Object,
    OpportunityId, PersonName, PhoneNumber, SegmentId, Timestamp, UserId,
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
/// Other domains lead to an account, or in another order: it got or lost one, by hand, from a lead, in an import or by a
/// merge. One that is created has the domain that [`AccountCreated`] says, and one that is merged away leads elsewhere with
/// all of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountDomainsChanged {
    pub account: AccountId,
    /// The primary one first.
    pub previous: Vec<String>,
    /// The primary one first.
    pub current: Vec<String>,
}
event!(AccountDomainsChanged, "crm.lead.account.domains_changed.v1", |e| e.account);

/// An account stands below another one, or below none. Those below it come with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountHierarchyChanged {
    pub account: AccountId,
    /// The account right above it, before and now.
    pub previous: Option<AccountId>,
    pub current: Option<AccountId>,
    /// The top of its tree, before and now: itself if nothing is above it.
    pub previous_ultimate: AccountId,
    pub current_ultimate: AccountId,
}
event!(AccountHierarchyChanged, "crm.lead.account.hierarchy_changed.v1", |e| e.account);

/// How large a company is, by the bands of its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeSegment {
    Smb,
    MidMarket,
    Enterprise,
}

/// What a provider said of an account's size, by way of one of its leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeClaim {
    pub provider: String,
    /// 0 to 1.
    pub confidence: f64,
    pub observed_at: Timestamp,
    pub run: EnrichmentRunId,
    /// As the provider wrote it.
    pub value: String,
}

/// What made an account be of its size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeCause {
    /// The field that says it: `employees`.
    pub field: String,
    /// As its source wrote it.
    pub value: String,
    pub head_count: i64,
    pub bands_version: i64,
    /// Left out when the account itself says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<SizeClaim>,
}

/// An account is of another size than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountSegmentChanged {
    pub account: AccountId,
    pub previous: Option<SizeSegment>,
    /// `None`: nobody says any more how many employees there are.
    pub current: Option<SizeSegment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<SizeCause>,
}
event!(AccountSegmentChanged, "crm.lead.account.segment_changed.v1", |e| e.account);

/// From how many employees on a company is of which size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeThresholds {
    pub mid_market_from: i64,
    pub enterprise_from: i64,
}

/// Other thresholds for accounts of some countries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionThresholds {
    pub countries: Vec<String>,
    #[serde(flatten)]
    pub thresholds: SizeThresholds,
}

/// A workspace's bands as they stand at `version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentBands {
    pub version: i64,
    #[serde(flatten)]
    pub thresholds: SizeThresholds,
    /// By how many per cent a head count must pass a threshold for an account to move.
    pub margin_percent: i64,
    pub regions: Vec<RegionThresholds>,
}

/// The bands have a new version. Where an account moves by it, [`AccountSegmentChanged`] tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentBandsChanged {
    pub previous: SegmentBands,
    pub current: SegmentBands,
}
event!(SegmentBandsChanged, "crm.lead.segment_bands.changed.v1", |e| e.current.version);

/// How much an account is worth caring for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    Key,
    A,
    B,
    C,
}

/// Somebody who matters at an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stakeholder {
    pub contact: ContactId,
    /// What they have to do with it, for example `champion`.
    pub role: String,
}

/// What is planned with an account, as it stands at `version`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPlan {
    pub version: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    pub goals: Vec<String>,
    pub stakeholders: Vec<Stakeholder>,
    pub risks: Vec<String>,
    /// What they do not buy yet.
    pub whitespace: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountPlanChanged {
    pub account: AccountId,
    pub previous: AccountPlan,
    pub current: AccountPlan,
}
event!(AccountPlanChanged, "crm.lead.account.plan_changed.v1", |e| e.account);

/// When a key account is neglected, as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAccountRules {
    pub version: i64,
    /// Nobody has had to do with anybody there for so many days.
    pub untouched_days: i64,
    /// Fewer contacts than these have answered …
    pub min_contacts: i64,
    /// … within so many days.
    pub within_days: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyAccountRulesChanged {
    pub previous: KeyAccountRules,
    pub current: KeyAccountRules,
}
event!(KeyAccountRulesChanged, "crm.lead.key_account_rules.changed.v1", |e| e.current.version);

/// In what way a key account is neglected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neglect {
    Untouched,
    SingleThreaded,
}

/// What there was to see of a key account, of all accounts below it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engagement {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_touch_at: Option<Timestamp>,
    /// People who have answered within the days of the rules.
    pub two_way_contacts: i64,
    pub rules_version: i64,
}

/// A key account has begun to be neglected. Told once, until [`AccountKeyAttended`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountKeyNeglected {
    pub account: AccountId,
    pub alert: AlertId,
    pub neglect: Neglect,
    pub because: Engagement,
}
event!(AccountKeyNeglected, "crm.lead.account.key_neglected.v1", |e| e.account);

/// A key account is no longer neglected in this way, or is no key account any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountKeyAttended {
    pub account: AccountId,
    pub alert: AlertId,
    pub neglect: Neglect,
}
event!(AccountKeyAttended, "crm.lead.account.key_attended.v1", |e| e.account);

/// How somebody had to do with a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchKind {
    Call,
    Email,
    Meeting,
    Other,
}

/// Somebody noted that they had to do with a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactTouched {
    pub contact: ContactId,
    pub kind: TouchKind,
    /// The contact answered, called or came.
    pub two_way: bool,
    pub at: Timestamp,
}
event!(ContactTouched, "crm.lead.contact.touched.v1", |e| e.contact);
