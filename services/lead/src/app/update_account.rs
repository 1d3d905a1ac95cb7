use kernel::{AccountId, Action, Actor, Object, Permission};

use super::{
    App,
    accounts::{Domains, domains_of, follow_size, resizes, tell_domains},
    link_leads::link_leads,
};
use crate::{
    domain::account::{Account, AccountChange, AccountDetails},
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateAccount {
    pub id: AccountId,
    pub name: Option<String>,
    pub domain: Option<String>,
    pub industry: Option<String>,
    pub country: Option<String>,
    pub employees: Option<String>,
    /// Fields to empty, in the API's spelling.
    pub emptied: Vec<&'static str>,
    /// The version that was read: refused with `CONFLICT` if the account is newer.
    pub version: Option<i64>,
}

impl App {
    /// Changes what is given. Under a new name or domain, leads that were waiting for it find it.
    pub async fn update_account(&self, actor: &Actor, input: UpdateAccount) -> Result<Account, Error> {
        actor.require(Permission::Write)?;
        let UpdateAccount { id, name, domain, industry, country, employees, emptied, version } = input;
        let now = self.clock.now();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let moves_domain = domain.is_some() || emptied.contains(&"domain");
        if moves_domain {
            store::accounts::lock(&mut tx, actor.workspace, id).await?;
        }
        let account = store::accounts::by_id(&mut tx, actor, id).await?.ok_or(Error::not_found("account", "id"))?;
        actor.may(Action::Update, Object::Account, &account.facts())?;
        if name.is_some() {
            actor.access.require_write(Object::Account, "name")?;
        }
        let name = name.unwrap_or_else(|| account.details.name.clone());
        let wanted = AccountDetails { name, domain, industry, country, employees };
        for field in wanted.given().chain(emptied.iter().copied()) {
            actor.access.require_write(Object::Account, field)?;
        }
        if version.is_some_and(|version| version != account.version) {
            return Err(Error::Conflict);
        }
        let domains = if moves_domain { domains_of(&mut tx, &[&account]).await? } else { Domains::new() };
        let next = match &account.details.domain {
            Some(primary) if emptied.contains(&"domain") => next_domain(&domains, id, primary),
            _ => None,
        };
        let change = account.change(now, |account| {
            account.details.overwrite_with(wanted);
            account.details.empty(&emptied);
            account.details.domain = account.details.domain.take().or(next);
        });
        let Some(change) = change else { return Ok(account.seen_by(&actor.access)) };
        if store::accounts::update(&mut tx, &change).await? == 0 {
            return Err(Error::Conflict);
        }
        if let (true, Some(domain)) = (emptied.contains(&"domain"), &change.previous.details.domain) {
            store::account_domains::remove(&mut tx, actor.workspace, id, domain).await?;
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&change.updated());
        if moves_domain {
            tell_domains(&mut tx, &mut events, domains, &[&change.current]).await?;
        }
        if resizes(&change) {
            follow_size(&mut tx, &mut events, &[&change.current], now).await?;
        }
        if attracts_others(&change) {
            let accounts = std::slice::from_ref(&change.current);
            link_leads(&mut tx, &mut events, actor.workspace, accounts, now).await?;
        }
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.current.seen_by(&actor.access))
    }
}

/// The domain that comes after an account's primary one.
fn next_domain(domains: &Domains, account: AccountId, primary: &str) -> Option<String> {
    domains.get(&account)?.iter().find(|domain| *domain != primary).cloned()
}

fn attracts_others(AccountChange { previous, current }: &AccountChange) -> bool {
    previous.name_key() != current.name_key() || previous.details.domain != current.details.domain
}
