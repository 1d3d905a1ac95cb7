//! The size of an account follows it whenever it is saved, and what enrichment says of it.

use std::collections::HashMap;

use events::{
    Envelope,
    enrichment::{Claim, LeadEnriched},
    lead::{AccountSegmentChanged, SizeClaim},
};
use kernel::{AccountId, Actor, Timestamp, WorkspaceId};
use platform::{HandleError, Origin, Tx, outbox::Events};

use crate::{
    app::App,
    domain::{
        account::{Account, AccountChange},
        company_size::{Size, VersionedBands, repeats_lead, says_more},
    },
    store,
};

/// Holds accounts of one workspace that were just saved against its bands: three statements, whatever their number, and
/// one more for each 500 that move.
pub(in crate::app) async fn follow_size(
    tx: &mut Tx,
    events: &mut Events<'_>,
    accounts: &[&Account],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    follow(tx, events, accounts, |_| false, now).await
}

/// [`follow_size`] of accounts that nobody has looked at since a moment: bands that are newer decide as if they had always
/// been.
pub(in crate::app) async fn follow_size_again(
    tx: &mut Tx,
    events: &mut Events<'_>,
    accounts: &[&Account],
    since: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let newer = |bands: &VersionedBands| bands.created_at.is_some_and(|made| made >= since);
    follow(tx, events, accounts, newer, now).await
}

async fn follow(
    tx: &mut Tx,
    events: &mut Events<'_>,
    accounts: &[&Account],
    afresh: impl Fn(&VersionedBands) -> bool,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let Some(workspace) = accounts.first().map(|account| account.workspace) else { return Ok(()) };
    store::sizes::share(tx, workspace).await?;
    let bands = store::sizes::bands(tx, workspace).await?.unwrap_or_default();
    let known = known(tx, workspace, accounts).await?;
    hold(tx, events, accounts, known, Under { bands: &bands, afresh: afresh(&bands), now }).await
}

/// Whether this change of an account may change its size.
pub(in crate::app) fn resizes(AccountChange { previous, current }: &AccountChange) -> bool {
    let (before, after) = (&previous.details, &current.details);
    before.employees != after.employees || before.country != after.country
}

/// What accounts are held against.
#[derive(Clone, Copy)]
pub(super) struct Under<'a> {
    pub bands: &'a VersionedBands,
    /// As if these bands had always been.
    pub afresh: bool,
    pub now: Timestamp,
}

/// The size of each account, and the claim that says most of it and of what was merged into it.
pub(super) type Known = HashMap<AccountId, (Size, Option<SizeClaim>)>;

pub(super) async fn known(tx: &mut Tx, workspace: WorkspaceId, accounts: &[&Account]) -> Result<Known, sqlx::Error> {
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let mut known = Known::new();
    for (shown, account, size) in store::sizes::known(tx, workspace, &ids).await? {
        let (own, most) = known.entry(shown).or_default();
        if let Some(claim) = size.claim.as_ref().filter(|claim| says_more(claim, most.as_ref())) {
            *most = Some(claim.clone());
        }
        if account == shown {
            *own = size;
        }
    }
    Ok(known)
}

/// Saves the sizes that have changed, and tells of each.
pub(super) async fn hold(
    tx: &mut Tx,
    events: &mut Events<'_>,
    accounts: &[&Account],
    mut known: Known,
    Under { bands, afresh, now }: Under<'_>,
) -> Result<(), sqlx::Error> {
    let Some(workspace) = accounts.first().map(|account| account.workspace) else { return Ok(()) };
    let mut changed = Vec::new();
    for account in accounts {
        let (size, claim) = known.remove(&account.id).unwrap_or_default();
        let Some(current) = size.change(account, claim.as_ref(), bands, afresh, now) else { continue };
        events.push(&AccountSegmentChanged {
            account: account.id,
            previous: size.segment,
            current: current.segment,
            because: current.because.clone(),
        });
        changed.push((account.id, current));
    }
    store::sizes::save(tx, workspace, &changed).await
}

impl App {
    /// Keeps what enrichment says of the head count of a lead's company, for an account that says nothing itself.
    pub(super) async fn on_lead_enriched(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let enriched: LeadEnriched = event.payload()?;
        let Some(claim) = enriched.fields.iter().find(|claim| claim.field == "employees") else { return Ok(()) };
        let workspace = event.workspace;
        if repeats_lead(&claim.provider) && store::captures::submitted(tx, workspace, enriched.lead).await? {
            return Ok(());
        }
        let lead = store::leads::any_by_ids(tx, workspace, &[enriched.lead]).await?.pop();
        let Some(id) = lead.and_then(|lead| lead.account) else { return Ok(()) };
        store::sizes::share(tx, workspace).await?;
        let bands = store::sizes::bands(tx, workspace).await?.unwrap_or_default();
        let known = store::sizes::known(tx, workspace, &[id]).await?;
        let own = known.into_iter().find(|(_, account, _)| *account == id);
        let mut size = own.map(|(.., size)| size).unwrap_or_default();
        let claim = size_claim(&enriched, claim);
        if !size.learns(&claim) {
            return Ok(());
        }
        size.claim = Some(claim);
        // Kept at the account of the lead, with which it comes back. Written, and so locked, before what shows is read:
        // whoever changes that meanwhile finds the claim.
        store::sizes::save(tx, workspace, &[(id, size)]).await?;
        let Some(account) = store::accounts::any_by_id(tx, workspace, id).await? else { return Ok(()) };
        let known = self::known(tx, workspace, &[&account]).await?;
        let actor = Actor::system(workspace, "lead");
        let mut events = self.outbox.events(Origin::caused_by(&actor, event));
        let under = Under { bands: &bands, afresh: false, now: self.clock.now() };
        hold(tx, &mut events, &[&account], known, under).await?;
        Ok(events.save(tx).await?)
    }
}

fn size_claim(enriched: &LeadEnriched, claim: &Claim) -> SizeClaim {
    let Claim { provider, confidence, observed_at, value, .. } = claim.clone();
    SizeClaim { provider, confidence, observed_at, run: enriched.run, value }
}
