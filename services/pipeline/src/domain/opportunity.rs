//! A deal that may be won.

use events::pipeline as published;
use kernel::{
    Access, AccountId, ContactId, Facts, Money, Object, OpportunityId, PipelineId, StageId, Timestamp, UserId,
    WorkspaceId,
};
use thiserror::Error;

use super::pipeline::{OpportunityState, Stage};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opportunity {
    pub id: OpportunityId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub name: String,
    pub account: AccountId,
    pub contact: Option<ContactId>,
    pub pipeline: PipelineId,
    pub stage: StageId,
    /// Its stage's.
    pub state: OpportunityState,
    pub amount: Option<Money>,
    pub owner: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// When it was won or lost.
    pub closed_at: Option<Timestamp>,
}

/// An opportunity that is about to be opened.
#[derive(Debug, Clone)]
pub struct OpportunityDraft {
    pub name: String,
    pub account: AccountId,
    pub contact: Option<ContactId>,
    pub amount: Option<Money>,
    pub owner: Option<UserId>,
}

/// An opportunity as it was and as it is now: what is saved, with the event that tells of it.
#[derive(Debug, Clone)]
pub struct OpportunityChange {
    pub previous: Opportunity,
    pub current: Opportunity,
}

/// One entry of an opportunity's way through the stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageEntry {
    pub opportunity: OpportunityId,
    /// The opportunity's version that the move made.
    pub version: i64,
    pub workspace: WorkspaceId,
    pub stage: StageId,
    pub entered_at: Timestamp,
    /// Id of the user or key, or a service's name.
    pub by: String,
}

/// Why an opportunity does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoveRefused {
    #[error("a closed opportunity cannot move")]
    Closed,
    #[error("the stage belongs to another pipeline")]
    OtherPipeline,
}

impl Opportunity {
    pub fn open(draft: OpportunityDraft, id: OpportunityId, stage: &Stage, now: Timestamp) -> Self {
        let OpportunityDraft { name, account, contact, amount, owner } = draft;
        Self {
            id,
            workspace: stage.workspace,
            version: 1,
            name,
            account,
            contact,
            pipeline: stage.pipeline,
            stage: stage.id,
            state: stage.state,
            amount,
            owner,
            created_at: now,
            updated_at: now,
            closed_at: closed_at(stage, now),
        }
    }

    /// The change that entering `stage` makes, or `None` where it stands in it already.
    pub fn move_to(&self, stage: &Stage, now: Timestamp) -> Result<Option<OpportunityChange>, MoveRefused> {
        if self.stage == stage.id {
            return Ok(None);
        }
        if self.state != OpportunityState::Open {
            return Err(MoveRefused::Closed);
        }
        if self.pipeline != stage.pipeline {
            return Err(MoveRefused::OtherPipeline);
        }
        Ok(self.change(now, |opportunity| {
            opportunity.stage = stage.id;
            opportunity.state = stage.state;
            opportunity.closed_at = closed_at(stage, now);
        }))
    }

    /// The change `edit` makes, or `None` if it makes none.
    pub fn change(&self, now: Timestamp, edit: impl FnOnce(&mut Self)) -> Option<OpportunityChange> {
        let mut current = self.clone();
        edit(&mut current);
        if current == *self {
            return None;
        }
        current.version += 1;
        current.updated_at = now;
        Some(OpportunityChange { previous: self.clone(), current })
    }

    /// What permissions look at.
    pub fn facts(&self) -> Facts<'_> {
        Facts { owner: self.owner, ..Facts::default() }
    }

    /// The opportunity without what is hidden from the actor.
    #[must_use]
    pub fn seen_by(self, access: &Access) -> Self {
        let amount = self.amount.filter(|_| !access.hides(Object::Opportunity, "amount"));
        Self { amount, ..self }
    }

    /// The entry of its history that its present version makes.
    pub fn stage_entry(&self, by: &str) -> StageEntry {
        StageEntry {
            opportunity: self.id,
            version: self.version,
            workspace: self.workspace,
            stage: self.stage,
            entered_at: self.updated_at,
            by: by.to_owned(),
        }
    }

    /// `stage` is the one it stands in.
    pub fn published(&self, stage: &Stage) -> published::Opportunity {
        published::Opportunity {
            id: self.id,
            version: self.version,
            name: self.name.clone(),
            account: self.account,
            contact: self.contact,
            stage: self.stage,
            stage_name: stage.name.clone(),
            state: self.state,
            amount: self.amount,
            owner: self.owner,
            created_at: self.created_at,
        }
    }
}

/// `percent` of an amount, in whole minor units; a half goes to the even neighbour, so that sums do not drift.
pub fn weighted(amount: Money, percent: i64) -> Money {
    let product = i128::from(amount.minor) * i128::from(percent);
    let (whole, rest) = (product.div_euclid(100), product.rem_euclid(100));
    let up = rest > 50 || (rest == 50 && whole % 2 != 0);
    // A percentage from 0 to 100 cannot leave the range that the amount came from.
    let minor = i64::try_from(whole + i128::from(up)).unwrap_or(amount.minor);
    Money { minor, ..amount }
}

fn closed_at(stage: &Stage, now: Timestamp) -> Option<Timestamp> {
    (stage.state != OpportunityState::Open).then_some(now)
}

#[cfg(test)]
mod tests {
    use kernel::{Clock, Currency};

    use super::*;
    use crate::domain::pipeline::Pipeline;

    fn clock() -> Clock {
        Clock::fixed(Timestamp::from_timestamp_millis(1_790_000_000_000).unwrap(), 1)
    }

    fn opened(clock: &Clock, stage: &Stage) -> Opportunity {
        let draft =
            OpportunityDraft { name: "Engines".into(), account: clock.id(), contact: None, amount: None, owner: None };
        Opportunity::open(draft, clock.id(), stage, clock.now())
    }

    #[test]
    fn the_last_two_stages_close_an_opportunity() {
        let clock = clock();
        let pipeline = Pipeline::new_business(clock.id(), &clock);
        let opportunity = opened(&clock, &pipeline.stages[0]);
        for (stage, state) in [(4, OpportunityState::Won), (5, OpportunityState::Lost)] {
            let change = opportunity.move_to(&pipeline.stages[stage], clock.now()).unwrap().unwrap();
            assert_eq!(change.current.state, state);
            assert_eq!(change.current.closed_at, Some(clock.now()));
            assert_eq!(change.current.version, 2);
        }
    }

    #[test]
    fn an_opportunity_may_go_back_a_stage() {
        let clock = clock();
        let pipeline = Pipeline::new_business(clock.id(), &clock);
        let opportunity = opened(&clock, &pipeline.stages[2]);
        let change = opportunity.move_to(&pipeline.stages[0], clock.now()).unwrap().unwrap();
        assert_eq!((change.current.state, change.current.closed_at), (OpportunityState::Open, None));
    }

    #[test]
    fn a_closed_opportunity_cannot_move_but_may_be_moved_again_to_where_it_stands() {
        let clock = clock();
        let pipeline = Pipeline::new_business(clock.id(), &clock);
        let won = opened(&clock, &pipeline.stages[4]);
        assert_eq!(won.move_to(&pipeline.stages[0], clock.now()).unwrap_err(), MoveRefused::Closed);
        assert!(won.move_to(&pipeline.stages[4], clock.now()).unwrap().is_none());
    }

    #[test]
    fn a_stage_of_another_pipeline_is_refused() {
        let clock = clock();
        let (own, other) = (Pipeline::new_business(clock.id(), &clock), Pipeline::new_business(clock.id(), &clock));
        let opportunity = opened(&clock, &own.stages[0]);
        assert_eq!(opportunity.move_to(&other.stages[1], clock.now()).unwrap_err(), MoveRefused::OtherPipeline);
    }

    #[test]
    fn a_weighted_amount_rounds_its_half_to_even() {
        let cases = [(250, 10, 25), (25, 10, 2), (35, 10, 4), (-25, 10, -2), (-35, 10, -4), (99, 25, 25), (7, 0, 0)];
        for (minor, percent, expected) in
            cases.into_iter().chain([(i64::MAX, 100, i64::MAX), (i64::MIN, 100, i64::MIN)])
        {
            let amount = Money { minor, currency: Currency::EUR };
            assert_eq!(weighted(amount, percent).minor, expected, "{percent}% of {minor}");
        }
    }
}
