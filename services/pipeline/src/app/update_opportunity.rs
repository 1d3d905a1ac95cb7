use events::pipeline::OpportunityUpdated;
use kernel::{Action, Actor, Money, Object, OpportunityId, Permission};

use super::App;
use crate::{domain::opportunity::Opportunity, error::Error, store};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateOpportunity {
    pub id: OpportunityId,
    pub name: Option<String>,
    pub amount: Option<Option<Money>>,
    /// The version that was read: refused with `CONFLICT` if the opportunity is newer.
    pub version: Option<i64>,
}

impl App {
    pub async fn update_opportunity(&self, actor: &Actor, input: UpdateOpportunity) -> Result<Opportunity, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let opportunity = store::opportunities::by_id(&mut tx, actor, input.id).await?;
        let opportunity = opportunity.ok_or(Error::not_found("opportunity", "id"))?;
        actor.may(Action::Update, Object::Opportunity, &opportunity.facts())?;
        let given = [input.name.as_ref().map(|_| "name"), input.amount.map(|_| "amount")];
        for field in given.into_iter().flatten() {
            actor.access.require_write(Object::Opportunity, field)?;
        }
        if input.version.is_some_and(|version| version != opportunity.version) {
            return Err(Error::Conflict);
        }
        let change = opportunity.change(self.clock.now(), |opportunity| {
            if let Some(name) = input.name {
                opportunity.name = name;
            }
            opportunity.amount = input.amount.unwrap_or(opportunity.amount);
        });
        let Some(change) = change else { return Ok(opportunity.seen_by(&actor.access)) };
        let stage = store::pipelines::stage(&mut tx, actor, opportunity.stage).await?.ok_or(Error::Conflict)?;
        if !store::opportunities::update(&mut tx, &change).await? {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&OpportunityUpdated {
            previous: change.previous.published(&stage),
            current: change.current.published(&stage),
        });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.current.seen_by(&actor.access))
    }
}
