use kernel::{AccountId, Actor, ContactId, LeadId, Object, PageArgs, Permission};

use super::App;
use crate::{
    domain::{account::Account, contact::Contact, lead::Lead},
    error::Error,
    store::{self, accounts::AccountFilter, contacts::ContactFilter, leads::LeadFilter},
};

impl App {
    pub async fn lead(&self, actor: &Actor, id: LeadId) -> Result<Option<Lead>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::leads::by_ids(&self.db, actor, &[id]).await?.pop())
    }

    /// One row more than the page holds, if another page follows.
    pub async fn leads(&self, actor: &Actor, filter: &LeadFilter, page: PageArgs) -> Result<Vec<Lead>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::leads::list(&self.db, actor, filter, page).await?)
    }

    pub async fn count_leads(&self, actor: &Actor, filter: &LeadFilter) -> Result<i64, Error> {
        actor.require(Permission::Read)?;
        Ok(store::leads::count(&self.db, actor, filter).await?)
    }

    pub async fn account(&self, actor: &Actor, id: AccountId) -> Result<Option<Account>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::accounts::by_ids(&self.db, actor, &[id]).await?.pop())
    }

    /// One row more than the page holds, if another page follows.
    pub async fn accounts(&self, actor: &Actor, filter: &AccountFilter, page: PageArgs) -> Result<Vec<Account>, Error> {
        actor.require(Permission::Read)?;
        check(actor, filter)?;
        Ok(store::accounts::list(&self.db, actor, filter, page).await?)
    }

    pub async fn count_accounts(&self, actor: &Actor, filter: &AccountFilter) -> Result<i64, Error> {
        actor.require(Permission::Read)?;
        check(actor, filter)?;
        Ok(store::accounts::count(&self.db, actor, filter).await?)
    }

    pub async fn contact(&self, actor: &Actor, id: ContactId) -> Result<Option<Contact>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::contacts::by_ids(&self.db, actor, &[id]).await?.pop())
    }

    /// One row more than the page holds, if another page follows.
    pub async fn contacts(&self, actor: &Actor, filter: &ContactFilter, page: PageArgs) -> Result<Vec<Contact>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::contacts::list(&self.db, actor, filter, page).await?)
    }

    pub async fn count_contacts(&self, actor: &Actor, filter: &ContactFilter) -> Result<i64, Error> {
        actor.require(Permission::Read)?;
        Ok(store::contacts::count(&self.db, actor, filter).await?)
    }
}

/// Nothing is found by what is hidden.
fn check(actor: &Actor, filter: &AccountFilter) -> Result<(), Error> {
    if filter.domain.is_some() {
        actor.access.require_shown(Object::Account, "domain")?;
    }
    Ok(())
}
