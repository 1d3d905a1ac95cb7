use async_graphql::{Context, Object, SimpleObject};
use platform::graphql::{UserError, mutation};

use super::{
    KeyAccountRulesObject,
    inputs::{RecordTouchInput, SetAccountPlanInput, UpdateKeyAccountRulesInput},
};
use crate::graphql::{
    parts,
    types::{AccountObject, ContactObject},
};

#[derive(Default)]
pub struct KeyAccountMutation;

/// What `setAccountPlan` answers.
#[derive(SimpleObject)]
struct SetAccountPlanPayload {
    account: Option<AccountObject>,
    errors: Vec<UserError>,
}

/// What `updateKeyAccountRules` answers.
#[derive(SimpleObject)]
struct UpdateKeyAccountRulesPayload {
    key_account_rules: Option<KeyAccountRulesObject>,
    errors: Vec<UserError>,
}

/// What `recordTouch` answers.
#[derive(SimpleObject)]
struct RecordTouchPayload {
    contact: Option<ContactObject>,
    errors: Vec<UserError>,
}

#[Object]
impl KeyAccountMutation {
    /// Says how much an account is worth caring for, and what is planned with it.
    async fn set_account_plan(
        &self,
        ctx: &Context<'_>,
        input: SetAccountPlanInput,
    ) -> async_graphql::Result<SetAccountPlanPayload> {
        let (app, actor) = parts(ctx)?;
        let (account, errors) = mutation(async { app.set_account_plan(actor, input.try_into()?).await }.await)?;
        Ok(SetAccountPlanPayload { account: account.map(Into::into), errors })
    }

    /// Sets when a key account is neglected.
    async fn update_key_account_rules(
        &self,
        ctx: &Context<'_>,
        input: UpdateKeyAccountRulesInput,
    ) -> async_graphql::Result<UpdateKeyAccountRulesPayload> {
        let (app, actor) = parts(ctx)?;
        let (rules, errors) = mutation(async { app.update_key_account_rules(actor, input.try_into()?).await }.await)?;
        Ok(UpdateKeyAccountRulesPayload { key_account_rules: rules.map(Into::into), errors })
    }

    /// Notes that somebody had to do with a contact, other than by a mail that Pipewright sent.
    async fn record_touch(
        &self,
        ctx: &Context<'_>,
        input: RecordTouchInput,
    ) -> async_graphql::Result<RecordTouchPayload> {
        let (app, actor) = parts(ctx)?;
        let (contact, errors) = mutation(app.record_touch(actor, input.into()).await)?;
        Ok(RecordTouchPayload { contact: contact.map(Into::into), errors })
    }
}
