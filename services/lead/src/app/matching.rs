use kernel::{AccountId, EmailAddress, Timestamp, WorkspaceId};
use platform::{Tx, outbox::Events};

use super::accounts::{domains_of, tell_domains};
use crate::{
    domain::{
        lead::{Details, LeadChange, match_domain},
        matching::AccountIndex,
    },
    error::Error,
    store,
};

/// What of a lead decides its account.
pub(super) type Who<'a> = (&'a EmailAddress, &'a Details);

/// The accounts that these leads could belong to, in one statement.
pub(super) async fn index_for(
    tx: &mut Tx,
    workspace: WorkspaceId,
    leads: impl IntoIterator<Item = Who<'_>>,
) -> Result<AccountIndex, Error> {
    let (mut domains, mut name_keys) = (Vec::new(), Vec::new());
    for (email, details) in leads {
        domains.extend(match_domain(email, details).map(str::to_owned));
        name_keys.extend(details.company_key());
    }
    for list in [&mut domains, &mut name_keys] {
        list.sort_unstable();
        list.dedup();
    }
    Ok(AccountIndex::new(store::accounts::keys(tx, workspace, &domains, &name_keys).await?))
}

/// Whether an account without a domain may learn it from a lead: not from what a visitor says, who may change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learns {
    Yes,
    No,
}

/// The lead's account, if one is known. An account without a domain may learn it here.
pub(super) async fn find_account(
    tx: &mut Tx,
    events: &mut Events<'_>,
    workspace: WorkspaceId,
    index: &mut AccountIndex,
    (email, details): Who<'_>,
    now: Timestamp,
    learns: Learns,
) -> Result<Option<AccountId>, Error> {
    if learns == Learns::Yes
        && let Some((id, domain)) = index.learns_domain(email, details)
    {
        let account = store::accounts::any_by_id(tx, workspace, id).await?;
        let account = account.filter(|account| account.details.domain.is_none());
        let change =
            account.and_then(|account| account.change(now, |account| account.details.domain = Some(domain.clone())));
        if let Some(change) = change {
            let domains = domains_of(tx, &[&change.previous]).await?;
            if store::accounts::update(tx, &change).await? == 1 {
                events.push(&change.updated());
                tell_domains(tx, events, domains, &[&change.current]).await?;
                index.learn(id, domain);
            }
        }
    }
    Ok(index.find(email, details))
}

/// Looks for the account of changed leads that have none, where what decides it has changed.
pub(super) async fn match_again(
    tx: &mut Tx,
    events: &mut Events<'_>,
    changes: &mut [LeadChange],
    now: Timestamp,
    learns: Learns,
) -> Result<(), Error> {
    let mut moved: Vec<_> = changes.iter_mut().filter(|change| wants_account(change)).collect();
    let Some(workspace) = moved.first().map(|change| change.current.workspace) else { return Ok(()) };
    let leads = moved.iter().map(|change| (&change.current.email, &change.current.details));
    let mut index = index_for(tx, workspace, leads).await?;
    for LeadChange { current, .. } in &mut moved {
        current.account =
            find_account(tx, events, workspace, &mut index, (&current.email, &current.details), now, learns).await?;
    }
    Ok(())
}

fn wants_account(LeadChange { previous, current }: &LeadChange) -> bool {
    let (before, after) = (&previous.details, &current.details);
    current.account.is_none() && (before.company != after.company || before.company_domain != after.company_domain)
}
