use std::{sync::Arc, time::Duration};

use kernel::{AccountId, Actor, Timestamp, WorkspaceId};
use platform::{Tx, outbox::Events, service::Job};

use super::{App, matching, save_changes};
use crate::{domain::account::Account, error::Error, store};

/// Leads that one transaction links.
const PAGE: usize = 500;
/// Accounts that the job serves at a time.
const ACCOUNTS: i64 = 500;
/// How often the job looks for accounts that their creation left with more.
const EVERY: Duration = Duration::from_secs(1);

impl App {
    /// Links one page of the leads that wait for accounts of one workspace. Says whether there was any.
    pub async fn link_pending(&self) -> Result<bool, Error> {
        // Nothing is locked while there is nothing to do, which is nearly always.
        let Some(workspace) = store::accounts::workspace_with_pending_links(&self.db).await? else {
            return Ok(false);
        };
        let actor = Actor::system(workspace, "lead");
        let mut tx = self.db.of(workspace).begin().await?;
        let accounts = store::accounts::with_pending_links(&mut tx, workspace, ACCOUNTS).await?;
        let mut events = self.outbox.events((&actor).into());
        link_leads(&mut tx, &mut events, workspace, &accounts, self.clock.now()).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(true)
    }

    pub fn link_job(self) -> Job {
        let run = Arc::new(move || -> platform::service::JobRun {
            let app = self.clone();
            Box::pin(async move { Ok(app.link_pending().await?) })
        });
        Job { name: "lead.link", every: EVERY, run }
    }
}

/// Gives accounts a page of the leads that were captured before them, and notes whether more may wait.
pub(super) async fn link_leads(
    tx: &mut Tx,
    events: &mut Events<'_>,
    workspace: WorkspaceId,
    accounts: &[Account],
    now: Timestamp,
) -> Result<(), Error> {
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let domains = store::account_domains::of_all(tx, workspace, &ids).await?;
    let domains: Vec<String> = domains.into_iter().map(|(_, domain)| domain).collect();
    let name_keys: Vec<String> = accounts.iter().map(Account::name_key).collect();
    let leads = store::leads::unmatched(tx, workspace, &domains, &name_keys, PAGE as i64).await?;
    // Not these accounts alone: one that still waits for its leads may have a better claim.
    let index = matching::index_for(tx, workspace, leads.iter().map(|lead| (&lead.email, &lead.details))).await?;
    let changes: Vec<_> = leads
        .iter()
        .filter_map(|lead| {
            let account = index.find(&lead.email, &lead.details)?;
            lead.change(now, |lead| lead.account = Some(account))
        })
        .collect();
    save_changes(tx, events, &changes).await?;
    // A linked lead leaves the list; a page that links none would come for ever.
    let more = leads.len() == PAGE && !changes.is_empty();
    Ok(store::accounts::set_link_pending(tx, workspace, accounts, more).await?)
}
