use events::lead::AccountCreated;
use kernel::{AccountId, Action, Actor, Object, Permission, id::TypedId};
use platform::idempotency::{Request, made_before};
use serde_json::{Value, json};

use super::{App, accounts::follow_size, link_leads::link_leads, may_create::require_create};
use crate::{
    domain::{
        account::{Account, AccountDetails, AccountDraft},
        record::{Kind, Record},
    },
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
        for field in input.details.given() {
            actor.access.require_write(Object::Account, field)?;
        }
        let asked = input.asked();
        let request = Request { operation: "createAccount", key: input.idempotency_key.as_deref(), input: &asked };
        let id: AccountId = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            let stands = store::records::standing_for(&mut tx, actor, Kind::Account, first.uuid()).await?;
            let Some(Record::Account(account)) = stands else { return Err(Error::Conflict) };
            return Ok(account.seen_by(&actor.access));
        }
        let draft = AccountDraft { details: input.details, external_id: None, import_fingerprint: None };
        let account = Account::create(draft, id, actor.workspace, self.clock.now()).owned_by(actor.user());
        require_create(actor, Object::Account, &account.facts())?;
        let mut events = self.outbox.events(actor.into());
        if store::accounts::insert(&mut tx, std::slice::from_ref(&account)).await?.is_empty() {
            return Err(Error::DomainTaken);
        }
        events.push(&AccountCreated { current: account.published() });
        follow_size(&mut tx, &mut events, &[&account], self.clock.now()).await?;
        link_leads(&mut tx, &mut events, actor.workspace, std::slice::from_ref(&account), self.clock.now()).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(account)
    }
}

impl CreateAccount {
    /// What an idempotency key stands for.
    fn asked(&self) -> Value {
        let AccountDetails { name, domain, industry, country, employees } = &self.details;
        json!({ "name": name, "domain": domain, "industry": industry, "country": country, "employees": employees })
    }
}
