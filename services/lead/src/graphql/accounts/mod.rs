//! What there is of an account beside its own fields.

mod loaders;
mod mutation;
mod query;
mod sizes;
mod types;

use async_graphql::{ComplexObject, Context, InputObject};
use futures::future::try_join_all;
use kernel::{AccountId, Action, Cursor, Object, PageArgs, access::Rows, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    duplicates::{DuplicateObject, duplicates_of},
    inputs::domain,
    key_accounts::{AccountPlanObject, AccountTier, PeopleOf, RelationshipHealth, plan_of},
    loaders::Loaders,
    parts,
    types::{AccountObject, AccountTotal},
};
use crate::{
    app::AccountDomain,
    domain::{account::Account, company_size::Size, record::Kind, relationship::Relationship, rollup::Rollup},
    error::Error,
};

pub use loaders::{ChildCount, ChildrenOf, DomainsOf, LineOf, RollupOf, SizeOf};
pub use mutation::AccountMutation;
pub use query::AccountQuery;
use sizes::AccountSize;
use types::AccountRollup;

#[ComplexObject]
impl AccountObject {
    /// What it looks like one with; null to whom a field of accounts is hidden.
    async fn duplicates(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<DuplicateObject>>> {
        duplicates_of(ctx, Kind::Account, self.account.id.uuid()).await
    }

    /// Host names of the company's sites and of its mail, the primary one first: all of them lead to this account. Empty if
    /// `domain` is hidden from you.
    async fn domains(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<String>> {
        if actor(ctx)?.access.hides(Object::Account, "domain") {
            return Ok(Vec::new());
        }
        let domains: Option<Vec<String>> = load::<Loaders, _, _>(ctx, DomainsOf(self.account.id)).await?;
        Ok(self.account.primary_first(domains.unwrap_or_default()))
    }

    /// The account right above it; null if there is none, or one that you may not read.
    async fn parent(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountObject>> {
        match self.line(ctx).await?.first() {
            Some(parent) => account(ctx, *parent).await,
            None => Ok(None),
        }
    }

    /// The accounts above it, the nearest first, as far as you may read them.
    async fn ancestors(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<AccountObject>> {
        let above = self.line(ctx).await?;
        let found = try_join_all(above.into_iter().map(|id| account(ctx, id))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The top of its hierarchy: itself if nothing is above it, null if you may not read it.
    async fn ultimate_parent(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountObject>> {
        let top = self.line(ctx).await?.last().copied().unwrap_or(self.account.id);
        account(ctx, top).await
    }

    /// What it adds up to with all accounts below it, of what you may read.
    async fn rollup(&self, ctx: &Context<'_>) -> async_graphql::Result<AccountRollup> {
        let rollup: Option<Rollup> = load::<Loaders, _, _>(ctx, RollupOf(self.account.id)).await?;
        Ok(rollup.unwrap_or_default().into())
    }

    /// How large the company is, by the workspace's `segmentBands`; null if nobody says how many employees it has, or
    /// `employees` is hidden from you: of accounts, or of leads if a lead's enrichment says it.
    async fn size_segment(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountSize>> {
        if actor(ctx)?.access.hides(Object::Account, "employees") {
            return Ok(None);
        }
        let size: Option<Size> = load::<Loaders, _, _>(ctx, SizeOf(self.account.id)).await?;
        let hidden = actor(ctx)?.access.hides(Object::Lead, "employees");
        let reads_leads = actor(ctx)?.access.rows(Object::Lead, Action::Read) == Rows::All;
        let shown = size.filter(|size| !(hidden && size.is_claimed()));
        Ok(shown.and_then(|size| AccountSize::of(size, reads_leads)))
    }

    /// How much it is worth caring for.
    async fn tier(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountTier>> {
        Ok(plan_of(ctx, self.account.id).await?.and_then(|plan| plan.tier).map(Into::into))
    }

    /// What is planned with it; null if nobody has planned anything.
    async fn plan(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountPlanObject>> {
        Ok(plan_of(ctx, self.account.id).await?.map(Into::into))
    }

    /// How well its people are known, by when they answered; those below it have their own.
    async fn relationship_health(&self, ctx: &Context<'_>) -> async_graphql::Result<RelationshipHealth> {
        let (app, _) = parts(ctx)?;
        let people: Option<Vec<Relationship>> = load::<Loaders, _, _>(ctx, PeopleOf(self.account.id)).await?;
        Ok(RelationshipHealth::of(people.unwrap_or_default(), app.clock.now()))
    }

    /// The accounts right below it, newest first.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<AccountObject, AccountTotal>> {
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let parent = self.account.id;
        let children: Option<Vec<Account>> = load::<Loaders, _, _>(ctx, ChildrenOf { parent, args }).await?;
        Ok(page(children.unwrap_or_default(), args.first, AccountTotal::Below(parent), |account| Cursor {
            time: account.created_at,
            id: account.id.uuid(),
        }))
    }
}

impl AccountObject {
    /// The accounts above it, whoever may read them, the nearest first.
    async fn line(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<AccountId>> {
        Ok(load::<Loaders, _, Vec<AccountId>>(ctx, LineOf(self.account.id)).await?.unwrap_or_default())
    }
}

async fn account(ctx: &Context<'_>, id: AccountId) -> async_graphql::Result<Option<AccountObject>> {
    Ok(load::<Loaders, _, Account>(ctx, id).await?.map(AccountObject::from))
}

/// Which domain an account gets.
#[derive(InputObject)]
pub struct AddAccountDomainInput {
    pub account_id: AccountId,
    /// A host or a web address.
    pub domain: String,
    /// Before all others. The first domain of an account is its primary one anyway.
    #[graphql(default)]
    pub primary: bool,
}

/// Which domain an account loses.
#[derive(InputObject)]
pub struct RemoveAccountDomainInput {
    pub account_id: AccountId,
    /// A host or a web address.
    pub domain: String,
}

/// Which account stands below which.
#[derive(InputObject)]
pub struct LinkAccountsInput {
    pub child_id: AccountId,
    /// Null or left out, the account becomes the top of its own hierarchy.
    pub parent_id: Option<AccountId>,
}

impl TryFrom<AddAccountDomainInput> for AccountDomain {
    type Error = Error;
    fn try_from(input: AddAccountDomainInput) -> Result<Self, Error> {
        let AddAccountDomainInput { account_id: account, domain, primary } = input;
        Ok(Self { account, domain: given(domain)?, primary })
    }
}

fn given(text: String) -> Result<String, Error> {
    let code = kernel::Code::Required;
    let missing = || Error::Invalid { code, field: "domain", reason: "which domain?".to_owned() };
    domain("domain", Some(text))?.ok_or_else(missing)
}
