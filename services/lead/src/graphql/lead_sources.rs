//! What leads cost, by where they come from.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{Code, Money, SourceCostId};
use platform::graphql::{IntoGraphql, Long, MoneyInput, MoneyObject, UserError, mutation};

use super::{captures::needed, parts};
use crate::{
    app::RecordSourceCost,
    domain::source_cost::{SourceCost, SourceReport},
    error::Error,
};

#[derive(Default)]
pub struct LeadSourceQuery;

#[derive(Default)]
pub struct LeadSourceMutation;

/// From one moment, which belongs to it, to another, which does not.
#[derive(InputObject)]
struct LeadSourcesPeriodInput {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// Where leads come from, with what they cost.
#[derive(SimpleObject)]
#[graphql(name = "LeadSource")]
struct LeadSourceObject {
    source: String,
    /// Leads that came from it in the period.
    leads: Long,
    /// How many of them were converted since.
    converted: Long,
    /// What was spent on it in the period, in each currency.
    cost: Vec<MoneyObject>,
    /// The same for one lead, rounded; empty where there is none.
    cost_per_lead: Vec<MoneyObject>,
}

/// Money that was spent on a source of leads.
#[derive(SimpleObject)]
#[graphql(name = "SourceCost")]
struct SourceCostObject {
    id: SourceCostId,
    source: String,
    amount: MoneyObject,
    spent_at: DateTime<Utc>,
}

/// What was spent, and on what.
#[derive(InputObject)]
struct RecordSourceCostInput {
    /// As leads name it.
    source: String,
    amount: MoneyInput,
    /// Now, if left out.
    spent_at: Option<DateTime<Utc>>,
    /// Any text you choose, a UUID say: the same key and input again give the first answer.
    idempotency_key: Option<String>,
}

/// What `recordSourceCost` answers.
#[derive(SimpleObject)]
struct RecordSourceCostPayload {
    source_cost: Option<SourceCostObject>,
    errors: Vec<UserError>,
}

#[Object]
impl LeadSourceQuery {
    /// Where leads came from in a period and what that cost, those with the most leads first.
    async fn lead_sources(
        &self,
        ctx: &Context<'_>,
        period: LeadSourcesPeriodInput,
    ) -> async_graphql::Result<Vec<LeadSourceObject>> {
        let (app, actor) = parts(ctx)?;
        let reports = app.lead_sources(actor, (period.from, period.to)).await.graphql()?;
        Ok(reports.into_iter().map(LeadSourceObject::from).collect())
    }
}

#[Object]
impl LeadSourceMutation {
    /// Notes what was spent on a source of leads.
    async fn record_source_cost(
        &self,
        ctx: &Context<'_>,
        input: RecordSourceCostInput,
    ) -> async_graphql::Result<RecordSourceCostPayload> {
        let (app, actor) = parts(ctx)?;
        let (cost, errors) = mutation(async { app.record_source_cost(actor, input.try_into()?).await }.await)?;
        Ok(RecordSourceCostPayload { source_cost: cost.map(Into::into), errors })
    }
}

impl From<SourceReport> for LeadSourceObject {
    fn from(report: SourceReport) -> Self {
        let cost_per_lead = report.cost_per_lead().into_iter().map(Into::into).collect();
        let SourceReport { source, leads, converted, cost } = report;
        let cost = cost.into_iter().map(Into::into).collect();
        Self { source, leads: Long(leads), converted: Long(converted), cost, cost_per_lead }
    }
}

impl From<SourceCost> for SourceCostObject {
    fn from(cost: SourceCost) -> Self {
        Self { id: cost.id, source: cost.source, amount: cost.amount.into(), spent_at: cost.spent_at }
    }
}

impl TryFrom<RecordSourceCostInput> for RecordSourceCost {
    type Error = Error;
    fn try_from(input: RecordSourceCostInput) -> Result<Self, Error> {
        let RecordSourceCostInput { source, amount, spent_at, idempotency_key } = input;
        let amount = Money::try_from(amount).map_err(|error| Error::Invalid {
            code: Code::InvalidInput,
            field: "amount.currency",
            reason: error.to_string(),
        })?;
        let spent_at = spent_at.map(kernel::truncate_to_micros);
        Ok(Self { source: needed("source", source)?, amount, spent_at, idempotency_key })
    }
}
