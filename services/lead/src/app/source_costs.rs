use events::lead::SourceCostRecorded;
use kernel::{Action, Actor, Code, Money, Object, Permission, Timestamp};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::{App, captures::require_capturing};
use crate::{
    domain::source_cost::{SourceCost, SourceReport, report},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct RecordSourceCost {
    pub source: String,
    pub amount: Money,
    /// Now, if nobody says.
    pub spent_at: Option<Timestamp>,
    pub idempotency_key: Option<String>,
}

/// Minor units of one cost: so many of them can be summed.
const MOST: i64 = 10_000_000_000_000;

impl App {
    /// The same key and input again find the first one.
    pub async fn record_source_cost(&self, actor: &Actor, input: RecordSourceCost) -> Result<SourceCost, Error> {
        require_capturing(actor)?;
        let RecordSourceCost { source, amount, spent_at, idempotency_key: key } = input;
        if !(1..=MOST).contains(&amount.minor) {
            let reason = format!("a cost is between 1 and {MOST} minor units");
            return Err(Error::Invalid { code: Code::InvalidInput, field: "amount", reason });
        }
        let asked = json!({ "source": source, "amount": amount, "spentAt": spent_at });
        let (id, workspace, now) = (self.clock.id(), actor.workspace, self.clock.now());
        let cost = SourceCost { id, workspace, source, amount, spent_at: spent_at.unwrap_or(now), created_at: now };
        let request = Request { operation: "recordSourceCost", key: key.as_deref(), input: &asked };
        let mut tx = self.db.of(workspace).begin().await?;
        if let Some(first) = made_before(&mut tx, actor, request, cost.id).await? {
            tx.rollback().await?;
            return store::source_costs::by_id(&self.db, workspace, first).await?.ok_or(Error::Conflict);
        }
        store::source_costs::insert(&mut tx, &cost).await?;
        let mut events = self.outbox.events(actor.into());
        let source = cost.source.clone();
        events.push(&SourceCostRecorded { cost: cost.id, source, amount, spent_at: cost.spent_at });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(cost)
    }

    /// What each source gave and cost between two moments: for who may read every lead, or the numbers would be wrong.
    pub async fn lead_sources(
        &self,
        actor: &Actor,
        period: (Timestamp, Timestamp),
    ) -> Result<Vec<SourceReport>, Error> {
        actor.require(Permission::Read)?;
        actor.access.require_all(Object::Lead, Action::Read)?;
        if period.0 >= period.1 {
            let reason = "the period ends after it begins".to_owned();
            return Err(Error::Invalid { code: Code::InvalidInput, field: "period.to", reason });
        }
        let leads = store::source_costs::leads(&self.db, actor.workspace, period).await?;
        let costs = store::source_costs::sums(&self.db, actor.workspace, period).await?;
        Ok(report(leads, costs))
    }
}
