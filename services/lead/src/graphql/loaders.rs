use async_graphql::dataloader::Loader;
use kernel::{AccountId, ContactId, LeadId, SegmentId};
use platform::graphql::{Batch, For, LoadError, by_actor};

use crate::{
    app::App,
    domain::{account::Account, contact::Contact, lead::Lead},
    store,
};

/// Reads what one level of a query asks for in one statement.
pub struct Loaders(pub App);

impl Loader<For<LeadId>> for Loaders {
    type Value = Lead;
    type Error = LoadError;

    async fn load(&self, keys: &[For<LeadId>]) -> Batch<LeadId, Lead> {
        by_actor(keys, |actor, ids| async move {
            let leads = store::leads::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(leads.into_iter().map(|lead| (lead.id, lead)))
        })
        .await
    }
}

impl Loader<For<AccountId>> for Loaders {
    type Value = Account;
    type Error = LoadError;

    async fn load(&self, keys: &[For<AccountId>]) -> Batch<AccountId, Account> {
        by_actor(keys, |actor, ids| async move {
            let accounts = store::accounts::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(accounts.into_iter().map(|account| (account.id, account)))
        })
        .await
    }
}

impl Loader<For<ContactId>> for Loaders {
    type Value = Contact;
    type Error = LoadError;

    async fn load(&self, keys: &[For<ContactId>]) -> Batch<ContactId, Contact> {
        by_actor(keys, |actor, ids| async move {
            let contacts = store::contacts::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(contacts.into_iter().map(|contact| (contact.id, contact)))
        })
        .await
    }
}

/// How many leads are in each.
impl Loader<For<SegmentId>> for Loaders {
    type Value = i64;
    type Error = LoadError;

    async fn load(&self, keys: &[For<SegmentId>]) -> Batch<SegmentId, i64> {
        by_actor(keys, |actor, ids| async move { store::segments::counts(&self.0.db, &actor, &ids).await }).await
    }
}
