use events::pipeline::OpportunityStageChanged;
use kernel::{Action, Actor, Object, OpportunityId, Permission, StageId};

use super::App;
use crate::{
    domain::opportunity::{MoveRefused, Opportunity},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct MoveOpportunity {
    pub id: OpportunityId,
    pub stage: StageId,
    /// The version that was read: refused with `CONFLICT` if the opportunity is newer.
    pub version: Option<i64>,
}

impl App {
    /// Moves an opportunity to a stage of its pipeline; the stage decides whether that wins or loses it.
    pub async fn move_opportunity(&self, actor: &Actor, input: MoveOpportunity) -> Result<Opportunity, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let opportunity = store::opportunities::by_id(&mut tx, actor, input.id).await?;
        let opportunity = opportunity.ok_or(Error::not_found("opportunity", "id"))?;
        actor.may(Action::Update, Object::Opportunity, &opportunity.facts())?;
        actor.access.require_write(Object::Opportunity, "stage")?;
        if input.version.is_some_and(|version| version != opportunity.version) {
            return Err(Error::Conflict);
        }
        let to = store::pipelines::stage(&mut tx, actor, input.stage).await?;
        let to = to.ok_or(Error::not_found("stage", "stageId"))?;
        let Some(change) = opportunity.move_to(&to, self.clock.now())? else {
            return Ok(opportunity.seen_by(&actor.access));
        };
        let from = store::pipelines::stage(&mut tx, actor, opportunity.stage).await?.ok_or(Error::Conflict)?;
        if !store::opportunities::update(&mut tx, &change).await? {
            return Err(Error::Conflict);
        }
        store::opportunities::insert_entry(&mut tx, &change.current.stage_entry(&actor.subject)).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&OpportunityStageChanged {
            previous: change.previous.published(&from),
            current: change.current.published(&to),
        });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.current.seen_by(&actor.access))
    }
}

impl From<MoveRefused> for Error {
    fn from(refused: MoveRefused) -> Self {
        match refused {
            MoveRefused::Closed => Self::OpportunityClosed,
            MoveRefused::OtherPipeline => Self::invalid("stageId", refused.to_string()),
        }
    }
}
