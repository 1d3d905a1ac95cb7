use async_graphql::{Context, InputObject, Object};
use kernel::{AccountId, ContactId, Cursor, LeadId, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    contact_inputs::ContactFilterInput,
    inputs::parse_email,
    key_accounts::AccountTier,
    loaders::Loaders,
    segments::leads,
    types::{AccountObject, AccountTotal, ContactObject, ContactTotal, LeadObject, LeadStatus, LeadTotal},
};
use crate::{
    app::App,
    domain::{account::Account, contact::Contact, lead::Lead, normalise::company_key},
    store::{
        accounts::{AccountFilter, Under},
        contacts::ContactFilter,
        leads::LeadFilter,
    },
};

#[derive(Default)]
pub struct RecordQuery;

/// All conditions must hold; one left out holds always.
#[derive(Default, InputObject)]
struct LeadFilterInput {
    /// Exact, without regard to case.
    email: Option<String>,
    status: Option<LeadStatus>,
    /// Exact.
    source: Option<String>,
    /// The account that the leads belong to.
    account_id: Option<AccountId>,
    /// This account, and all that are below it.
    under_account: Option<AccountId>,
    /// False: what `underAccount` finds is that account's own.
    #[graphql(default = true)]
    include_descendants: bool,
}

/// All conditions must hold; one left out holds always.
#[derive(Default, InputObject)]
struct AccountFilterInput {
    /// A host name, exact, without regard to case.
    domain: Option<String>,
    /// Compared without case, accents and legal form: `ACME` finds `Acme, Inc.`.
    name: Option<String>,
    tier: Option<AccountTier>,
    /// The accounts that are below this one.
    under_parent: Option<AccountId>,
    /// False: only those right below `underParent`.
    #[graphql(default = true)]
    include_descendants: bool,
}

#[Object]
impl RecordQuery {
    /// One lead by its id; null if there is none.
    async fn lead(&self, ctx: &Context<'_>, id: LeadId) -> async_graphql::Result<Option<LeadObject>> {
        Ok(load::<Loaders, _, Lead>(ctx, id).await?.map(LeadObject::from))
    }

    /// The workspace's leads, newest first.
    async fn leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        filter: Option<LeadFilterInput>,
    ) -> async_graphql::Result<List<LeadObject, LeadTotal>> {
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let filter = filter.unwrap_or_default();
        let filter = LeadFilter {
            email: filter.email.map(|email| parse_email("filter.email", &email)).transpose().graphql()?,
            status: filter.status.map(Into::into),
            source: filter.source.map(|source| source.replace('\0', "")),
            account: filter.account_id,
            under: filter.under_account.map(|parent| Under { parent, descendants: filter.include_descendants }),
            ..LeadFilter::default()
        };
        leads(ctx, filter, args).await
    }

    /// One account by its id; null if there is none.
    async fn account(&self, ctx: &Context<'_>, id: AccountId) -> async_graphql::Result<Option<AccountObject>> {
        Ok(load::<Loaders, _, Account>(ctx, id).await?.map(AccountObject::from))
    }

    /// The workspace's accounts, newest first.
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        filter: Option<AccountFilterInput>,
    ) -> async_graphql::Result<List<AccountObject, AccountTotal>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let filter = filter.unwrap_or_default();
        let filter = AccountFilter {
            domain: filter.domain.map(|domain| domain.to_lowercase().replace('\0', "")),
            name_key: filter.name.as_deref().map(company_key),
            tier: filter.tier.map(Into::into),
            under: filter.under_parent.map(|parent| Under { parent, descendants: filter.include_descendants }),
        };
        let accounts = app.accounts(actor(ctx)?, &filter, args).await.graphql()?;
        Ok(page(accounts, args.first, AccountTotal::Found(filter), |account| Cursor {
            time: account.created_at,
            id: account.id.uuid(),
        }))
    }

    /// One contact by its id; null if there is none.
    async fn contact(&self, ctx: &Context<'_>, id: ContactId) -> async_graphql::Result<Option<ContactObject>> {
        Ok(load::<Loaders, _, Contact>(ctx, id).await?.map(ContactObject::from))
    }

    /// The workspace's contacts, newest first.
    async fn contacts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        filter: Option<ContactFilterInput>,
    ) -> async_graphql::Result<List<ContactObject, ContactTotal>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let filter = ContactFilter::try_from(filter.unwrap_or_default()).graphql()?;
        let contacts = app.contacts(actor(ctx)?, &filter, args).await.graphql()?;
        Ok(page(contacts, args.first, ContactTotal(filter), |contact| Cursor {
            time: contact.created_at,
            id: contact.id.uuid(),
        }))
    }

    #[graphql(entity)]
    async fn find_lead(&self, ctx: &Context<'_>, id: LeadId) -> async_graphql::Result<Option<LeadObject>> {
        Ok(load::<Loaders, _, Lead>(ctx, id).await?.map(LeadObject::from))
    }

    #[graphql(entity)]
    async fn find_account(&self, ctx: &Context<'_>, id: AccountId) -> async_graphql::Result<Option<AccountObject>> {
        Ok(load::<Loaders, _, Account>(ctx, id).await?.map(AccountObject::from))
    }

    #[graphql(entity)]
    async fn find_contact(&self, ctx: &Context<'_>, id: ContactId) -> async_graphql::Result<Option<ContactObject>> {
        Ok(load::<Loaders, _, Contact>(ctx, id).await?.map(ContactObject::from))
    }
}
