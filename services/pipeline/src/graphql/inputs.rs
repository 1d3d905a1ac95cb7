use async_graphql::{InputObject, MaybeUndefined};
use kernel::{AccountId, Code, ContactId, Money, OpportunityId, PipelineId, StageId};
use platform::graphql::{Long, MoneyInput, needed_if_given};

use super::types::OpportunityState;
use crate::{
    app::{CreateOpportunity, MoveOpportunity, UpdateOpportunity},
    error::Error,
    store::opportunities::OpportunityFilter,
};

/// Longest name in characters: as long as the lead service's, which names opportunities too.
const MAX_CHARS: usize = 500;

/// All conditions must hold; one left out holds always.
#[derive(Default, InputObject)]
pub struct OpportunityFilterInput {
    /// Whether they are still on their way.
    pub state: Option<OpportunityState>,
    /// Where they stand.
    pub stage_id: Option<StageId>,
    /// The company that may buy.
    pub account_id: Option<AccountId>,
}

/// An opportunity to open.
#[derive(InputObject)]
pub struct CreateOpportunityInput {
    pub name: String,
    /// The company that may buy.
    pub account_id: AccountId,
    /// The person it is talked over with.
    pub contact_id: Option<ContactId>,
    /// Left out, the stage's; without a stage, the workspace's default.
    pub pipeline_id: Option<PipelineId>,
    /// Left out, the pipeline's first.
    pub stage_id: Option<StageId>,
    /// What it is worth; not negative.
    pub amount: Option<MoneyInput>,
    /// Any text you choose, a UUID say: the same key and input again give the first opportunity, not a second.
    pub idempotency_key: Option<String>,
}

/// Which opportunity, and where to.
#[derive(InputObject)]
pub struct MoveOpportunityInput {
    pub id: OpportunityId,
    /// A stage of the opportunity's pipeline.
    pub stage_id: StageId,
    /// The version you read; the move is refused if the opportunity has changed since.
    pub version: Option<Long>,
}

/// What is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateOpportunityInput {
    pub id: OpportunityId,
    /// Not null.
    pub name: MaybeUndefined<String>,
    /// What it is worth; not negative. Null: nobody can say.
    pub amount: MaybeUndefined<MoneyInput>,
    /// The version you read; the update is refused if the opportunity has changed since.
    pub version: Option<Long>,
}

impl From<OpportunityFilterInput> for OpportunityFilter {
    fn from(input: OpportunityFilterInput) -> Self {
        Self { state: input.state.map(Into::into), stage: input.stage_id, account: input.account_id }
    }
}

impl TryFrom<CreateOpportunityInput> for CreateOpportunity {
    type Error = Error;
    fn try_from(input: CreateOpportunityInput) -> Result<Self, Error> {
        Ok(Self {
            name: name(&input.name)?,
            account: input.account_id,
            contact: input.contact_id,
            pipeline: input.pipeline_id,
            stage: input.stage_id,
            amount: input.amount.map(amount).transpose()?,
            idempotency_key: input.idempotency_key,
        })
    }
}

impl From<MoveOpportunityInput> for MoveOpportunity {
    fn from(input: MoveOpportunityInput) -> Self {
        Self { id: input.id, stage: input.stage_id, version: input.version.map(|version| version.0) }
    }
}

impl TryFrom<UpdateOpportunityInput> for UpdateOpportunity {
    type Error = Error;
    fn try_from(input: UpdateOpportunityInput) -> Result<Self, Error> {
        Ok(Self {
            id: input.id,
            name: needed_if_given("name", input.name)?.as_deref().map(name).transpose()?,
            amount: match input.amount {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(given) => Some(Some(amount(given)?)),
            },
            version: input.version.map(|version| version.0),
        })
    }
}

/// Trimmed; an opportunity cannot be without.
fn name(text: &str) -> Result<String, Error> {
    let text = text.trim().replace('\0', "");
    let refused = |code, reason: String| Err(Error::Invalid { code, field: "name", reason });
    match text.chars().count() {
        0 => refused(Code::Required, "an opportunity needs a name".to_owned()),
        count if count > MAX_CHARS => refused(Code::TooLong, format!("longer than {MAX_CHARS} characters")),
        _ => Ok(text),
    }
}

/// The largest amount, in minor units: sums of many are still whole numbers of 64 bits.
const MAX_MINOR: i64 = 1_000_000_000_000_000;

fn amount(input: MoneyInput) -> Result<Money, Error> {
    let money = Money::try_from(input).map_err(|error| Error::invalid("amount.currency", error.to_string()))?;
    if money.minor < 0 {
        return Err(Error::invalid("amount.minor", "an amount is not negative"));
    }
    if money.minor > MAX_MINOR {
        return Err(Error::invalid("amount.minor", format!("an amount is at most {MAX_MINOR}")));
    }
    Ok(money)
}
