use kernel::{Timestamp, WorkspaceId};
use platform::{Tx, outbox::Events};

use super::save_changes;
use crate::{
    domain::{account::Account, matching::AccountIndex},
    error::Error,
    store,
};

/// Leads linked by one statement's page.
const PAGE: i64 = 500;

/// Gives new accounts the leads that were captured before them.
pub(super) async fn link_leads(
    tx: &mut Tx,
    events: &mut Events<'_>,
    workspace: WorkspaceId,
    accounts: &[Account],
    now: Timestamp,
) -> Result<(), Error> {
    let domains: Vec<String> = accounts.iter().filter_map(|account| account.details.domain.clone()).collect();
    let name_keys: Vec<String> = accounts.iter().map(Account::name_key).collect();
    let index = AccountIndex::new(accounts.to_vec());
    loop {
        let leads = store::leads::unmatched(tx, workspace, &domains, &name_keys, PAGE).await?;
        let changes: Vec<_> = leads
            .iter()
            .filter_map(|lead| {
                let account = index.find(&lead.email, &lead.details, lead.company_key().as_deref())?.id;
                lead.change(now, |lead| lead.account = Some(account))
            })
            .collect();
        save_changes(tx, events, &changes).await?;
        // A linked lead leaves the list, so an empty round is the end.
        if changes.is_empty() {
            return Ok(());
        }
    }
}
