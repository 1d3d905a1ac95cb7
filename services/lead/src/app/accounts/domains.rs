use std::collections::HashMap;

use events::lead::AccountDomainsChanged;
use kernel::{AccountId, Action, Actor, Code, Object, Permission};
use platform::{Tx, outbox::Events};

use crate::{
    app::{App, link_leads::link_leads},
    domain::account::{Account, AccountChange},
    error::Error,
    store,
};

/// Domains that an account may have.
pub(in crate::app) const MAX_DOMAINS: usize = 200;

/// What leads to accounts.
pub(in crate::app) type Domains = HashMap<AccountId, Vec<String>>;

/// A domain to give to an account.
#[derive(Debug, Clone)]
pub struct AccountDomain {
    pub account: AccountId,
    pub domain: String,
    /// Before all others.
    pub primary: bool,
}

impl App {
    /// Gives an account one more domain; leads that were waiting for it find it. The first one that an account gets is its
    /// primary one.
    pub async fn add_account_domain(&self, actor: &Actor, input: AccountDomain) -> Result<Account, Error> {
        let AccountDomain { account: id, domain, primary } = input;
        let now = self.clock.now();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let (account, previous) = open(&mut tx, actor, id).await?;
        let known = previous.contains(&domain);
        if !known {
            if previous.len() >= MAX_DOMAINS {
                let reason = format!("an account has at most {MAX_DOMAINS} domains");
                return Err(Error::Invalid { code: Code::Conflict, field: "domain", reason });
            }
            store::account_domains::insert(&mut tx, actor.workspace, id, &domain, now).await?;
        }
        let change = account.change(now, |account| {
            if primary || account.details.domain.is_none() {
                account.details.domain = Some(domain);
            }
        });
        if known && change.is_none() {
            return Ok(account.seen_by(&actor.access));
        }
        self.save_domains(tx, actor, account, previous, change).await
    }

    /// Takes a domain away. After the primary one comes the oldest of the others. Leads that it brought stay.
    pub async fn remove_account_domain(&self, actor: &Actor, id: AccountId, domain: &str) -> Result<Account, Error> {
        let now = self.clock.now();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let (account, previous) = open(&mut tx, actor, id).await?;
        if !previous.iter().any(|known| known == domain) {
            return Ok(account.seen_by(&actor.access));
        }
        let next = previous.iter().find(|known| *known != domain).cloned();
        let change = account.change(now, |account| {
            if account.details.domain.as_deref() == Some(domain) {
                account.details.domain = next;
            }
        });
        if store::account_domains::remove(&mut tx, actor.workspace, id, domain).await? == 0 {
            let reason = "it belongs to an account that was merged into this one, and goes back with it".to_owned();
            return Err(Error::Invalid { code: Code::Conflict, field: "domain", reason });
        }
        self.save_domains(tx, actor, account, previous, change).await
    }

    /// Saves what of the account has changed with its domains, and tells of both.
    async fn save_domains(
        &self,
        mut tx: Tx,
        actor: &Actor,
        account: Account,
        previous: Vec<String>,
        change: Option<AccountChange>,
    ) -> Result<Account, Error> {
        let mut events = self.outbox.events(actor.into());
        let account = match change {
            Some(change) => {
                if store::accounts::update(&mut tx, &change).await? == 0 {
                    return Err(Error::Conflict);
                }
                events.push(&change.updated());
                change.current
            }
            None => account,
        };
        let current = shown(&mut tx, &account).await?;
        events.push(&AccountDomainsChanged { account: account.id, previous, current });
        let accounts = std::slice::from_ref(&account);
        link_leads(&mut tx, &mut events, actor.workspace, accounts, self.clock.now()).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(account.seen_by(&actor.access))
    }
}

/// An account whose domains the actor may change, with them.
async fn open(tx: &mut Tx, actor: &Actor, id: AccountId) -> Result<(Account, Vec<String>), Error> {
    actor.require(Permission::Write)?;
    store::accounts::lock(tx, actor.workspace, id).await?;
    let account = store::accounts::by_id(tx, actor, id).await?.ok_or(Error::not_found("account", "accountId"))?;
    actor.may(Action::Update, Object::Account, &account.facts())?;
    actor.access.require_write(Object::Account, "domain")?;
    let domains = shown(tx, &account).await?;
    Ok((account, domains))
}

/// The domains of one account.
async fn shown(tx: &mut Tx, account: &Account) -> Result<Vec<String>, Error> {
    Ok(domains_of(tx, &[account]).await?.remove(&account.id).unwrap_or_default())
}

/// The domains that lead to each of these accounts: the primary one first, then by age.
pub(in crate::app) async fn domains_of(tx: &mut Tx, accounts: &[&Account]) -> Result<Domains, sqlx::Error> {
    let Some(workspace) = accounts.first().map(|account| account.workspace) else { return Ok(Domains::new()) };
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let mut domains = Domains::new();
    for (account, domain) in store::account_domains::of_all(tx, workspace, &ids).await? {
        domains.entry(account).or_default().push(domain);
    }
    for account in accounts {
        if let Some(domains) = domains.get_mut(&account.id) {
            *domains = account.primary_first(std::mem::take(domains));
        }
    }
    Ok(domains)
}

/// Tells of those of these accounts whose domains are no longer what they were.
pub(in crate::app) async fn tell_domains(
    tx: &mut Tx,
    events: &mut Events<'_>,
    mut before: Domains,
    accounts: &[&Account],
) -> Result<(), sqlx::Error> {
    let mut now = domains_of(tx, accounts).await?;
    for account in accounts.iter().map(|account| account.id) {
        let [previous, current] = [&mut before, &mut now].map(|domains| domains.remove(&account).unwrap_or_default());
        if previous != current {
            events.push(&AccountDomainsChanged { account, previous, current });
        }
    }
    Ok(())
}
