use async_graphql::{Enum, InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use events::lead::{self as published, Stakeholder};
use kernel::{AccountId, Code, ContactId};
use platform::graphql::{Long, needed_if_given};

use super::AccountTier;
use crate::{
    app::{RecordTouch, SetAccountPlan, UpdateKeyAccountRules},
    error::Error,
    graphql::inputs::text,
};

/// What is left out stays as it is; a list that is given takes the place of the old one, and is not null.
#[derive(InputObject)]
pub struct SetAccountPlanInput {
    pub account_id: AccountId,
    /// The version of the plan that you read, 0 if there was none; the change is refused if the plan has changed since.
    pub version: Option<Long>,
    /// Null takes it away.
    pub tier: MaybeUndefined<AccountTier>,
    /// At most 50, as of the other lists.
    pub goals: MaybeUndefined<Vec<String>>,
    /// Who matters there. Those that you may not read stay.
    pub stakeholders: MaybeUndefined<Vec<StakeholderInput>>,
    pub risks: MaybeUndefined<Vec<String>>,
    /// What they do not buy yet.
    pub whitespace: MaybeUndefined<Vec<String>>,
}

/// Somebody who matters at an account; they need not work there.
#[derive(InputObject)]
pub struct StakeholderInput {
    pub contact_id: ContactId,
    /// What they have to do with it, for example `champion`.
    pub role: String,
}

/// What is left out stays as it is; nothing of it may be null.
#[derive(InputObject)]
pub struct UpdateKeyAccountRulesInput {
    /// The version you read; the update is refused if the rules have changed since.
    pub version: Option<Long>,
    /// An account that nobody has had to do with for so many days is neglected.
    pub untouched_days: MaybeUndefined<Long>,
    /// And so is one where fewer contacts than these have answered …
    pub min_contacts: MaybeUndefined<Long>,
    /// … within so many days.
    pub within_days: MaybeUndefined<Long>,
}

/// How somebody had to do with a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "published::TouchKind")]
pub enum TouchKind {
    Call,
    Email,
    Meeting,
    Other,
}

/// A call, a meeting or a mail that Pipewright did not carry.
#[derive(InputObject)]
pub struct RecordTouchInput {
    pub contact_id: ContactId,
    pub kind: TouchKind,
    /// Whether the contact answered, called or came.
    #[graphql(default = true)]
    pub two_way: bool,
    /// When it was; now if left out.
    pub at: Option<DateTime<Utc>>,
    /// Any text you choose, a UUID say: the same key and input again note nothing more.
    pub idempotency_key: Option<String>,
}

impl TryFrom<SetAccountPlanInput> for SetAccountPlan {
    type Error = Error;
    fn try_from(input: SetAccountPlanInput) -> Result<Self, Error> {
        let tier = match input.tier {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(tier) => Some(Some(tier.into())),
        };
        let stakeholders = needed_if_given("stakeholders", input.stakeholders)?;
        let stakeholders = stakeholders.map(|all| all.into_iter().map(stakeholder).collect()).transpose()?;
        Ok(Self {
            account: input.account_id,
            version: input.version.map(|version| version.0),
            tier,
            goals: lines("goals", input.goals)?,
            stakeholders,
            risks: lines("risks", input.risks)?,
            whitespace: lines("whitespace", input.whitespace)?,
        })
    }
}

/// Blank lines are left out.
fn lines(field: &'static str, lines: MaybeUndefined<Vec<String>>) -> Result<Option<Vec<String>>, Error> {
    let Some(lines) = needed_if_given(field, lines)? else { return Ok(None) };
    let lines = lines.into_iter().filter_map(|line| text(field, Some(line)).transpose());
    lines.collect::<Result<_, _>>().map(Some)
}

fn stakeholder(input: StakeholderInput) -> Result<Stakeholder, Error> {
    let (code, field) = (Code::Required, "stakeholders.role");
    let missing = || Error::Invalid { code, field, reason: "a stakeholder needs a role".to_owned() };
    let role = text(field, Some(input.role))?.ok_or_else(missing)?;
    Ok(Stakeholder { contact: input.contact_id, role })
}

impl TryFrom<UpdateKeyAccountRulesInput> for UpdateKeyAccountRules {
    type Error = Error;
    fn try_from(input: UpdateKeyAccountRulesInput) -> Result<Self, Error> {
        let number = |field, value| Ok::<_, Error>(needed_if_given::<Long>(field, value)?.map(|value| value.0));
        Ok(Self {
            version: input.version.map(|version| version.0),
            untouched_days: number("untouchedDays", input.untouched_days)?,
            min_contacts: number("minContacts", input.min_contacts)?,
            within_days: number("withinDays", input.within_days)?,
        })
    }
}

impl From<RecordTouchInput> for RecordTouch {
    fn from(input: RecordTouchInput) -> Self {
        Self {
            contact: input.contact_id,
            kind: input.kind.into(),
            two_way: input.two_way,
            at: input.at,
            idempotency_key: input.idempotency_key,
        }
    }
}
