//! Records that are merged with each other and taken apart again, as the lead service tells it.

use chrono::TimeDelta;
use events::{
    Envelope,
    lead::{Account, AccountCreated, AccountMerged, Lead, LeadCaptured, LeadMerged, LeadUnmerged, Redirect},
};
use kernel::{AccountId, Clock, LeadId};
use testkit::ServiceTest;

use crate::{
    objects::{account, lead},
    stories::Teller,
};

/// Merges and one that was taken back.
pub struct Family {
    pub envelopes: Vec<Envelope>,
    /// The first was merged into the second, and that into the third.
    pub leads: [LeadId; 3],
    /// Where they all are, merged away.
    pub account: AccountId,
}

impl Family {
    /// Told by a service whose clock is off by `skew`; at last the leads' account is merged into `survivor`.
    pub fn told(test: &ServiceTest, skew: &dyn Fn(&str) -> TimeDelta, survivor: &Account) -> Self {
        let clock = &test.clock;
        let mut teller = Teller::new(test, skew);
        let home = account(clock, "Looms Ltd", "looms-uk.example");
        teller.tell(None, &AccountCreated { current: home.clone() });
        let [one, two, three] = ["one", "two", "three"].map(|name| {
            let lead = lead(clock, "Hedda Weaver", &format!("{name}@looms.example"), "Looms");
            Lead { account: Some(home.id), ..lead }
        });
        for current in [&one, &two, &three] {
            teller.tell(None, &LeadCaptured { current: current.clone() });
        }
        teller.tell(None, &leads_merged(clock, &at(&two, 2), &one));
        teller.tell(None, &leads_unmerged(clock, &at(&two, 3), one.id));
        teller.tell(None, &leads_merged(clock, &at(&one, 2), &two));
        teller.tell(None, &leads_merged(clock, &at(&two, 4), &three));
        teller.tell(None, &accounts_merged(clock, Account { version: 2, ..home.clone() }, survivor));
        Self { envelopes: teller.told, leads: [one.id, two.id, three.id], account: home.id }
    }
}

/// The lead at a later version.
pub fn at(lead: &Lead, version: i64) -> Lead {
    Lead { version, ..lead.clone() }
}

/// One lead was merged into another, which says nothing else than before.
pub fn leads_merged(clock: &Clock, gone: &Lead, survivor: &Lead) -> LeadMerged {
    LeadMerged {
        merge: clock.id(),
        previous: survivor.clone(),
        current: survivor.clone(),
        others: vec![gone.clone()],
        redirects: vec![Redirect { from: gone.id, to: Some(survivor.id) }],
    }
}

pub fn leads_unmerged(clock: &Clock, restored: &Lead, survivor: LeadId) -> LeadUnmerged {
    let redirects = vec![Redirect { from: restored.id, to: None }];
    LeadUnmerged { merge: clock.id(), survivor, restored: vec![restored.clone()], redirects }
}

pub fn accounts_merged(clock: &Clock, gone: Account, survivor: &Account) -> AccountMerged {
    let redirects = vec![Redirect { from: gone.id, to: Some(survivor.id) }];
    let (previous, current) = (survivor.clone(), survivor.clone());
    AccountMerged { merge: clock.id(), previous, current, others: vec![gone], redirects }
}
