//! What is planned with accounts, and which key accounts are neglected.

mod inputs;
mod mutation;
mod query;
mod relationships;

use async_graphql::{ComplexObject, Context, Enum, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use events::lead::{self as published, AccountPlan, Engagement, KeyAccountRules, Stakeholder};
use kernel::{AccountId, Action, Actor, AlertId, ContactId, Object, access::Rows};
use platform::graphql::{Batch, For, LoadError, Long, actor, by_actor, load};

use super::{
    loaders::Loaders,
    types::{AccountObject, ContactObject},
};
use crate::{
    domain::{account::Account, contact::Contact, key_account::Alert},
    store,
};

pub use mutation::KeyAccountMutation;
pub use query::KeyAccountQuery;
pub use relationships::{PeopleOf, RelationshipHealth};

/// How much an account is worth caring for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "published::Tier")]
pub enum AccountTier {
    /// A key account: an alert says when it is neglected.
    Key,
    A,
    B,
    C,
}

/// What is planned with an account.
#[derive(SimpleObject)]
#[graphql(name = "AccountPlan")]
pub struct AccountPlanObject {
    /// Grows by one with every change; give it to `setAccountPlan` to refuse overwriting somebody else's.
    version: Long,
    goals: Vec<String>,
    /// Who matters there.
    stakeholders: Vec<StakeholderObject>,
    risks: Vec<String>,
    /// What they do not buy yet.
    whitespace: Vec<String>,
}

/// Somebody who matters at an account.
#[derive(SimpleObject)]
#[graphql(complex, name = "Stakeholder")]
pub struct StakeholderObject {
    /// What they have to do with it, for example `champion`.
    role: String,
    #[graphql(skip)]
    contact_id: ContactId,
}

#[ComplexObject]
impl StakeholderObject {
    /// Who it is; null if you may not read them.
    async fn contact(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ContactObject>> {
        Ok(load::<Loaders, _, Contact>(ctx, self.contact_id).await?.map(ContactObject::from))
    }
}

impl From<AccountPlan> for AccountPlanObject {
    fn from(plan: AccountPlan) -> Self {
        let AccountPlan { version, tier: _, goals, stakeholders, risks, whitespace } = plan;
        let stakeholder = |Stakeholder { contact: contact_id, role }| StakeholderObject { role, contact_id };
        let stakeholders = stakeholders.into_iter().map(stakeholder).collect();
        Self { version: Long(version), goals, stakeholders, risks, whitespace }
    }
}

/// In what way a key account is neglected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "published::Neglect")]
pub enum KeyAccountNeglect {
    /// Nobody has had to do with anybody there for `untouchedDays`.
    Untouched,
    /// Fewer than `minContacts` have answered within `withinDays`: when they leave, nobody is known.
    SingleThreaded,
}

/// When a key account is neglected.
#[derive(SimpleObject)]
#[graphql(name = "KeyAccountRules")]
pub struct KeyAccountRulesObject {
    /// Grows by one with every change; give it to `updateKeyAccountRules` to refuse overwriting somebody else's.
    version: Long,
    untouched_days: Long,
    min_contacts: Long,
    within_days: Long,
}

impl From<KeyAccountRules> for KeyAccountRulesObject {
    fn from(rules: KeyAccountRules) -> Self {
        Self {
            version: Long(rules.version),
            untouched_days: Long(rules.untouched_days),
            min_contacts: Long(rules.min_contacts),
            within_days: Long(rules.within_days),
        }
    }
}

/// That a key account is neglected in one way, from when it began until it ended.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct KeyAccountAlert {
    id: AlertId,
    kind: KeyAccountNeglect,
    opened_at: DateTime<Utc>,
    /// Null while it lasts.
    closed_at: Option<DateTime<Utc>>,
    /// The version of `keyAccountRules` that decided.
    rules_version: Long,
    #[graphql(skip)]
    account_id: AccountId,
    #[graphql(skip)]
    because: Engagement,
}

#[ComplexObject]
impl KeyAccountAlert {
    /// When anybody there was last written to or heard from, as it was when the alert was raised; null if nobody was, or
    /// there are accounts, leads or contacts that you may not read.
    async fn last_touch_at(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DateTime<Utc>>> {
        Ok(if reads_everybody(actor(ctx)?) { self.because.last_touch_at } else { None })
    }

    /// How many people there had answered within the days of the rules; null if there are accounts, leads or contacts that
    /// you may not read.
    async fn two_way_contacts(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Long>> {
        Ok(reads_everybody(actor(ctx)?).then_some(Long(self.because.two_way_contacts)))
    }

    /// The account that is neglected, with all below it.
    async fn account(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountObject>> {
        Ok(load::<Loaders, _, Account>(ctx, self.account_id).await?.map(AccountObject::from))
    }
}

impl From<Alert> for KeyAccountAlert {
    fn from(alert: Alert) -> Self {
        let Alert { id, account, neglect, because, opened_at, closed_at } = alert;
        Self {
            id,
            kind: neglect.into(),
            opened_at,
            closed_at,
            rules_version: Long(because.rules_version),
            account_id: account,
            because,
        }
    }
}

/// Whether what an alert counts, which is of all accounts, leads and contacts below its own, is the actor's to know.
fn reads_everybody(actor: &Actor) -> bool {
    let all = |object| actor.access.rows(object, Action::Read) == Rows::All;
    [Object::Account, Object::Lead, Object::Contact].into_iter().all(all)
}

/// Key of the plan of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct PlanOf(AccountId);

impl Loader<For<PlanOf>> for Loaders {
    type Value = AccountPlan;
    type Error = LoadError;

    async fn load(&self, keys: &[For<PlanOf>]) -> Batch<PlanOf, AccountPlan> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let plans = store::plans::listed(&self.0.db, actor.workspace, &accounts).await?;
            Ok(plans.into_iter().map(|planned| (PlanOf(planned.account), planned.plan)))
        })
        .await
    }
}

/// The plan of an account that the actor was shown.
pub async fn plan_of(ctx: &Context<'_>, account: AccountId) -> async_graphql::Result<Option<AccountPlan>> {
    load::<Loaders, _, AccountPlan>(ctx, PlanOf(account)).await
}
