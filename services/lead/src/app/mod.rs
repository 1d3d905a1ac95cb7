//! What the lead service can be asked to do: one use case a file. Every one checks the actor first.

mod accounts;
mod capture_lead;
mod captures;
mod consents;
mod convert_lead;
mod create_account;
mod create_contact;
mod duplicates;
mod import_accounts;
mod import_leads;
mod import_once;
mod key_accounts;
mod landing_pages;
mod link_leads;
mod matching;
mod may_create;
mod merges;
mod on_lead_routed;
mod read;
mod segments;
mod source_costs;
mod update_account;
mod update_contact;
mod update_lead;

use std::{collections::BTreeSet, sync::Arc};

use kernel::{Actor, Clock, Denied, Object};
use platform::{Db, Outbox, Tx, outbox::Events};

pub use accounts::{ACCOUNT_FACTS, AccountDomain, AccountFacts, UpdateSegmentBands};
pub use capture_lead::{CaptureLead, Captured};
pub use captures::{Confirmation, CreateForm, Refused, Submitted, UpdateForm};
pub use consents::{Person, RecordConsent};
pub use convert_lead::{ConvertLead, Converted, OpportunityRequest};
pub use create_account::CreateAccount;
pub use create_contact::CreateContact;
pub use duplicates::PossibleDuplicate;
pub use import_leads::{ImportRow, ImportRows, Imported, Outcome, RowOutcome};
pub use key_accounts::{RecordTouch, SetAccountPlan, UpdateKeyAccountRules};
pub use landing_pages::{CreateLandingPage, UpdateLandingPage};
pub use merges::{MergeRecords, Merged, Preview, Unmerged};
pub use segments::{CreateSegment, SegmentOverlap, UpdateSegment, Why};
pub use source_costs::RecordSourceCost;
pub use update_account::UpdateAccount;
pub use update_contact::UpdateContact;
pub use update_lead::UpdateLead;

pub use merges::is_shown;

use segments::follow;

use crate::{
    domain::lead::{Lead, LeadChange},
    error::Error,
    store,
};

/// The service's use cases and what they need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    pub db: Db,
    pub outbox: Outbox,
    pub clock: Clock,
    /// Where visitors reach our pages, without a slash at the end.
    pub public_url: Arc<str>,
}

/// Saves changed leads with their events; refuses all of them if one has changed meanwhile.
async fn save_changes(tx: &mut Tx, events: &mut Events<'_>, changes: &[LeadChange]) -> Result<(), Error> {
    for change in changes {
        if store::leads::update(tx, change).await? == 0 {
            return Err(Error::Conflict);
        }
        events.push(&change.updated());
    }
    let leads: Vec<&Lead> = changes.iter().map(|change| &change.current).collect();
    Ok(follow(tx, events, &leads).await?)
}

/// Refuses an import whose rows, all together, give a field that the actor may not write. An actor without field rules,
/// as nearly everybody is, has no row looked at.
fn require_write(actor: &Actor, object: Object, given: impl IntoIterator<Item = &'static str>) -> Result<(), Denied> {
    if actor.access.role.fields.is_empty() {
        return Ok(());
    }
    let given: BTreeSet<_> = given.into_iter().collect();
    given.into_iter().try_for_each(|field| actor.access.require_write(object, field))
}
