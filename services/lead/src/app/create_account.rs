use events::lead::AccountCreated;
use kernel::{AccountId, Action, Actor, Object, Permission, id::TypedId};
use platform::{
    Tx,
    idempotency::{self, Claim},
};
use serde_json::json;

use super::{App, link_leads::link_leads};
use crate::{
    domain::account::{Account, AccountDetails, AccountDraft},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateAccount {
    pub details: AccountDetails,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Opens an account; leads that were waiting for it find it. The same key and input again find the first one.
    pub async fn create_account(&self, actor: &Actor, input: CreateAccount) -> Result<Account, Error> {
        actor.require(Permission::Write)?;
        actor.access.require_some(Object::Account, Action::Create)?;
        let id = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if let Some(first) = claimed_before(&mut tx, actor, &input, id).await? {
            return store::accounts::by_id(&mut tx, actor.workspace, first).await?.ok_or(Error::Conflict);
        }
        let draft = AccountDraft { details: input.details, external_id: None, import_fingerprint: None };
        let account = Account::create(draft, id, actor.workspace, self.clock.now()).owned_by(actor.user());
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

/// The account that this request's key opened before, if it carries a key and did.
async fn claimed_before(
    tx: &mut Tx,
    actor: &Actor,
    input: &CreateAccount,
    id: AccountId,
) -> Result<Option<AccountId>, Error> {
    let Some(key) = &input.idempotency_key else { return Ok(None) };
    let AccountDetails { name, domain, industry, country, employees } = &input.details;
    let input =
        json!({ "name": name, "domain": domain, "industry": industry, "country": country, "employees": employees });
    match idempotency::claim(tx, actor, "createAccount", key, &input, id.uuid()).await? {
        Claim::New => Ok(None),
        Claim::Seen(first) => Ok(Some(first.into())),
    }
}
