use async_graphql::dataloader::Loader;
use kernel::{AccountId, ContactId, LeadId, WorkspaceId};
use platform::graphql::{Batch, LoadError, by_workspace};

use crate::{
    app::App,
    domain::{account::Account, contact::Contact, lead::Lead},
    store,
};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

impl Loader<(WorkspaceId, LeadId)> for Loaders {
    type Value = Lead;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, LeadId)]) -> Batch<LeadId, Lead> {
        by_workspace(keys, |workspace, ids| async move {
            let leads = store::leads::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(leads.into_iter().map(|lead| (lead.id, lead)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, AccountId)> for Loaders {
    type Value = Account;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, AccountId)]) -> Batch<AccountId, Account> {
        by_workspace(keys, |workspace, ids| async move {
            let accounts = store::accounts::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(accounts.into_iter().map(|account| (account.id, account)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, ContactId)> for Loaders {
    type Value = Contact;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, ContactId)]) -> Batch<ContactId, Contact> {
        by_workspace(keys, |workspace, ids| async move {
            let contacts = store::contacts::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(contacts.into_iter().map(|contact| (contact.id, contact)))
        })
        .await
    }
}
