use async_graphql::{Context, Object, SimpleObject};
use platform::graphql::{UserError, mutation};

use super::{
    AddAccountDomainInput, LinkAccountsInput, RemoveAccountDomainInput, given,
    sizes::{SegmentBandsObject, UpdateSegmentBandsInput},
};
use crate::graphql::{parts, types::AccountObject};

#[derive(Default)]
pub struct AccountMutation;

/// What `addAccountDomain` answers.
#[derive(SimpleObject)]
struct AddAccountDomainPayload {
    account: Option<AccountObject>,
    errors: Vec<UserError>,
}

/// What `removeAccountDomain` answers.
#[derive(SimpleObject)]
struct RemoveAccountDomainPayload {
    account: Option<AccountObject>,
    errors: Vec<UserError>,
}

/// What `linkAccounts` answers.
#[derive(SimpleObject)]
struct LinkAccountsPayload {
    /// The account that stands below the other now.
    account: Option<AccountObject>,
    errors: Vec<UserError>,
}

/// What `updateSegmentBands` answers.
#[derive(SimpleObject)]
struct UpdateSegmentBandsPayload {
    segment_bands: Option<SegmentBandsObject>,
    errors: Vec<UserError>,
}

#[Object]
impl AccountMutation {
    /// Gives an account one more domain; leads that were waiting for it find it. A domain belongs to one account.
    async fn add_account_domain(
        &self,
        ctx: &Context<'_>,
        input: AddAccountDomainInput,
    ) -> async_graphql::Result<AddAccountDomainPayload> {
        let (app, actor) = parts(ctx)?;
        let (account, errors) = mutation(async { app.add_account_domain(actor, input.try_into()?).await }.await)?;
        Ok(AddAccountDomainPayload { account: account.map(Into::into), errors })
    }

    /// Takes a domain from an account. After the primary one comes the oldest of the others.
    async fn remove_account_domain(
        &self,
        ctx: &Context<'_>,
        input: RemoveAccountDomainInput,
    ) -> async_graphql::Result<RemoveAccountDomainPayload> {
        let (app, actor) = parts(ctx)?;
        let removed = async { app.remove_account_domain(actor, input.account_id, &given(input.domain)?).await };
        let (account, errors) = mutation(removed.await)?;
        Ok(RemoveAccountDomainPayload { account: account.map(Into::into), errors })
    }

    /// Sets from how many employees on an account is of which size: the next version of the bands, under which every account
    /// is looked at again.
    async fn update_segment_bands(
        &self,
        ctx: &Context<'_>,
        input: UpdateSegmentBandsInput,
    ) -> async_graphql::Result<UpdateSegmentBandsPayload> {
        let (app, actor) = parts(ctx)?;
        let (bands, errors) = mutation(app.update_segment_bands(actor, input.into()).await)?;
        Ok(UpdateSegmentBandsPayload { segment_bands: bands.map(Into::into), errors })
    }

    /// Puts an account, with all that are below it, below another. Refused if that would close a circle, or make more than
    /// 20 levels.
    async fn link_accounts(
        &self,
        ctx: &Context<'_>,
        input: LinkAccountsInput,
    ) -> async_graphql::Result<LinkAccountsPayload> {
        let (app, actor) = parts(ctx)?;
        let (account, errors) = mutation(app.link_accounts(actor, input.child_id, input.parent_id).await)?;
        Ok(LinkAccountsPayload { account: account.map(Into::into), errors })
    }
}
