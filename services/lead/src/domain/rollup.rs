//! What an account and all below it add up to.

use events::pipeline::Opportunity;
use kernel::{Currency, Money, Timestamp};

/// Of what somebody may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollup {
    pub accounts: i64,
    pub open_opportunities: i64,
    /// By currency; empty if amounts are hidden.
    pub open_pipeline: Vec<PipelineTotal>,
    pub last_touch_at: Option<Timestamp>,
}

/// The open opportunities with an amount in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PipelineTotal {
    pub amount: Money,
    pub opportunities: i64,
}

/// Open opportunities of an account's tree, of one currency or without an amount.
#[derive(Debug, Clone, Copy)]
pub struct OpenGroup {
    pub opportunities: i64,
    pub minor: Option<i64>,
    pub currency: Option<Currency>,
}

impl Rollup {
    pub fn add(&mut self, group: OpenGroup) {
        let OpenGroup { opportunities, minor, currency } = group;
        self.open_opportunities += opportunities;
        if let (Some(minor), Some(currency)) = (minor, currency) {
            self.open_pipeline.push(PipelineTotal { amount: Money { minor, currency }, opportunities });
        }
    }
}

/// More than any opportunity is worth: a slip, which would make the sum of a whole tree too large to be told.
const TOO_MUCH: i64 = 1_000_000_000_000_000;

/// Whether an amount is one that sums take in.
pub fn adds_up(amount: Money) -> bool {
    (-TOO_MUCH..=TOO_MUCH).contains(&amount.minor)
}

/// Whether an opportunity counts to the open pipeline.
pub fn is_open(opportunity: &Opportunity) -> bool {
    opportunity.state == events::pipeline::OpportunityState::Open
}
