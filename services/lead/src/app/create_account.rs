use events::lead::AccountCreated;
use kernel::{Actor, Permission};

use super::{App, link_leads::link_leads};
use crate::{
    domain::account::{Account, AccountDetails, AccountDraft},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateAccount {
    pub details: AccountDetails,
}

impl App {
    /// Opens an account; leads that were waiting for it find it.
    pub async fn create_account(&self, actor: &Actor, input: CreateAccount) -> Result<Account, Error> {
        actor.require(Permission::Write)?;
        let draft = AccountDraft { details: input.details, external_id: None, import_fingerprint: None };
        let account = Account::create(draft, self.clock.id(), actor.workspace, self.clock.now());
        let mut tx = self.db.begin().await?;
        let mut events = self.outbox.events(actor.into());
        if store::accounts::insert(&mut tx, std::slice::from_ref(&account)).await?.is_empty() {
            return Err(Error::DomainTaken);
        }
        events.push(&AccountCreated { current: account.published() });
        link_leads(&mut tx, &mut events, actor.workspace, std::slice::from_ref(&account), self.clock.now()).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(account)
    }
}
