use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use platform::graphql::{Long, MoneyObject};

use crate::domain::rollup::{PipelineTotal, Rollup};

/// What an account adds up to with all accounts below it. Each account, opportunity, lead and contact counts for those who
/// may read it.
#[derive(SimpleObject)]
pub struct AccountRollup {
    /// How many accounts it is, itself among them.
    accounts: Long,
    /// Opportunities that are neither won nor lost, with and without an amount.
    open_opportunities: Long,
    /// Their amounts, by currency; empty if `amount` is hidden from you.
    open_pipeline: Vec<PipelineTotalObject>,
    /// When one of their people was last written to or heard from.
    last_touch_at: Option<DateTime<Utc>>,
}

/// Open opportunities with an amount in one currency.
#[derive(SimpleObject)]
#[graphql(name = "PipelineTotal")]
pub struct PipelineTotalObject {
    /// All of them together.
    amount: MoneyObject,
    /// How many there are.
    opportunities: Long,
}

impl From<Rollup> for AccountRollup {
    fn from(rollup: Rollup) -> Self {
        Self {
            accounts: Long(rollup.accounts),
            open_opportunities: Long(rollup.open_opportunities),
            open_pipeline: rollup.open_pipeline.into_iter().map(Into::into).collect(),
            last_touch_at: rollup.last_touch_at,
        }
    }
}

impl From<PipelineTotal> for PipelineTotalObject {
    fn from(total: PipelineTotal) -> Self {
        Self { amount: total.amount.into(), opportunities: Long(total.opportunities) }
    }
}
