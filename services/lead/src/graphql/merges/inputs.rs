use async_graphql::{ID, InputObject};
use kernel::{AccountId, Code, ContactId, LeadId, MergeId, id::TypedId};
use platform::graphql::Long;
use uuid::Uuid;

use super::MergePolicy;
use crate::{
    app::MergeRecords,
    domain::{
        merge::{Choice, Plan},
        record::Kind,
    },
    error::Error,
    graphql::duplicates::record_ids,
};

/// How one field is decided: by a policy, or by hand.
#[derive(InputObject)]
pub struct MergeChoiceInput {
    /// By its name on the record, `title` say; `account` for where somebody works.
    pub field: String,
    pub policy: Option<MergePolicy>,
    /// Takes the value of this record, even if it has none.
    pub from_id: Option<ID>,
}

/// Leads that are one person. Their addresses all lead to the survivor, which keeps its own.
#[derive(InputObject)]
pub struct MergeLeadsInput {
    /// The lead that stays.
    pub survivor_id: LeadId,
    /// Up to 20 that are merged into it.
    pub other_ids: Vec<LeadId>,
    /// The survivor's version that you read; the merge is refused if it has changed since.
    pub version: Option<Long>,
    /// For every field without a choice of its own; `SURVIVOR` if left out.
    pub policy: Option<MergePolicy>,
    pub choices: Option<Vec<MergeChoiceInput>>,
    /// Any text you choose, a UUID say: the same key and input again give the first merge, not a second.
    pub idempotency_key: Option<String>,
}

/// Contacts that are one person. Their addresses all lead to the survivor, which keeps its own.
#[derive(InputObject)]
pub struct MergeContactsInput {
    /// The contact that stays.
    pub survivor_id: ContactId,
    /// Up to 20 that are merged into it.
    pub other_ids: Vec<ContactId>,
    /// The survivor's version that you read; the merge is refused if it has changed since.
    pub version: Option<Long>,
    /// For every field without a choice of its own; `SURVIVOR` if left out.
    pub policy: Option<MergePolicy>,
    pub choices: Option<Vec<MergeChoiceInput>>,
    /// Any text you choose, a UUID say: the same key and input again give the first merge, not a second.
    pub idempotency_key: Option<String>,
}

/// Accounts that are one company. Their domains all lead to the survivor, which keeps its own if it has one.
#[derive(InputObject)]
pub struct MergeAccountsInput {
    /// The account that stays.
    pub survivor_id: AccountId,
    /// Up to 20 that are merged into it.
    pub other_ids: Vec<AccountId>,
    /// The survivor's version that you read; the merge is refused if it has changed since.
    pub version: Option<Long>,
    /// For every field without a choice of its own; `SURVIVOR` if left out.
    pub policy: Option<MergePolicy>,
    pub choices: Option<Vec<MergeChoiceInput>>,
    /// Any text you choose, a UUID say: the same key and input again give the first merge, not a second.
    pub idempotency_key: Option<String>,
}

/// Which merge to take back.
#[derive(InputObject)]
pub struct UnmergeInput {
    pub merge_id: MergeId,
}

macro_rules! merge_records {
    ($input:ident, $kind:expr) => {
        impl TryFrom<$input> for MergeRecords {
            type Error = Error;
            fn try_from(input: $input) -> Result<Self, Error> {
                Ok(Self {
                    kind: $kind,
                    survivor: input.survivor_id.uuid(),
                    others: each(input.other_ids.into_iter().map(TypedId::uuid)),
                    plan: plan($kind, input.policy, input.choices)?,
                    version: input.version.map(|version| version.0),
                    idempotency_key: input.idempotency_key,
                })
            }
        }
    };
}

merge_records!(MergeLeadsInput, Kind::Lead);
merge_records!(MergeContactsInput, Kind::Contact);
merge_records!(MergeAccountsInput, Kind::Account);

/// How the fields of a kind are decided.
pub fn plan(kind: Kind, policy: Option<MergePolicy>, choices: Option<Vec<MergeChoiceInput>>) -> Result<Plan, Error> {
    let choice = |MergeChoiceInput { field, policy, from_id }: MergeChoiceInput| {
        let choice = match (policy, from_id) {
            (Some(policy), None) => Choice::Policy(policy.into()),
            (None, Some(id)) => {
                Choice::From(record_ids(kind, "choices", &[id])?.pop().ok_or(Error::not_found("record", "choices"))?)
            }
            _ => {
                let reason = "a choice has either a policy or a record".to_owned();
                return Err(Error::Invalid { code: Code::InvalidInput, field: "choices", reason });
            }
        };
        Ok((field, choice))
    };
    let choices = choices.unwrap_or_default().into_iter().map(choice).collect::<Result<_, _>>()?;
    Ok(Plan { policy: policy.map(Into::into).unwrap_or_default(), choices })
}

/// Each once, in the order in which they were named.
pub fn each(ids: impl IntoIterator<Item = Uuid>) -> Vec<Uuid> {
    let mut each = Vec::new();
    for id in ids {
        if !each.contains(&id) {
            each.push(id);
        }
    }
    each
}
