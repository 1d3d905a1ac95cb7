use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use events::pipeline::OpportunityState as State;
use kernel::{
    AccountId, Actor, ContactId, Cursor, Money, OpportunityId, PageArgs, PipelineId, StageId, UserId, id::TypedId,
};
use platform::graphql::{IntoGraphql, List, Long, MoneyObject, actor, load, page};

use super::loaders::{CountOf, HistoryOf, Loaders, PageOf, SeenAccount, SeenContact};
use crate::{
    app::App,
    domain::{
        opportunity::{Opportunity, StageEntry, weighted},
        pipeline::{Pipeline, Stage},
    },
    error::Error,
    store::opportunities::OpportunityFilter,
};

/// Whether an opportunity is still on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub enum OpportunityState {
    /// Still on its way.
    Open,
    /// Closed: they buy.
    Won,
    /// Closed: they do not.
    Lost,
}

/// A deal that may be won.
#[derive(SimpleObject)]
#[graphql(complex, name = "Opportunity")]
pub struct OpportunityObject {
    id: OpportunityId,
    /// Grows by one with every change; give it to a mutation to refuse overwriting somebody else's.
    version: Long,
    name: String,
    #[graphql(flatten)]
    counterpart: Counterpart,
    /// The stage's.
    state: OpportunityState,
    /// What it is worth, if somebody has said so.
    amount: Option<MoneyObject>,
    /// Whose opportunity it is.
    owner: Option<UserReference>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// When it was won or lost.
    closed_at: Option<DateTime<Utc>>,
    #[graphql(skip)]
    pipeline_id: PipelineId,
    #[graphql(skip)]
    stage_id: StageId,
    #[graphql(skip)]
    money: Option<Money>,
}

#[ComplexObject]
impl OpportunityObject {
    /// Whose stages it passes.
    async fn pipeline(&self, ctx: &Context<'_>) -> async_graphql::Result<PipelineObject> {
        let pipeline: Option<Pipeline> = load::<Loaders, _, _>(ctx, self.pipeline_id).await?;
        pipeline.map(PipelineObject::from).ok_or(Error::not_found("pipeline", "id")).graphql()
    }

    /// Where it stands.
    async fn stage(&self, ctx: &Context<'_>) -> async_graphql::Result<StageObject> {
        stage(ctx, self.stage_id).await.map(StageObject::from)
    }

    /// The last 100 stages it has entered, oldest first.
    async fn stage_history(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<StageHistoryObject>> {
        let entries: Option<Vec<StageEntry>> = load::<Loaders, _, _>(ctx, HistoryOf(self.id)).await?;
        Ok(entries.unwrap_or_default().into_iter().map(StageHistoryObject::from).collect())
    }

    /// The amount times the stage's probability, rounded to whole minor units, a half to even.
    async fn weighted_amount(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<MoneyObject>> {
        let Some(money) = self.money else { return Ok(None) };
        let stage = stage(ctx, self.stage_id).await?;
        Ok(Some(weighted(money, stage.probability).into()))
    }
}

impl From<Opportunity> for OpportunityObject {
    fn from(opportunity: Opportunity) -> Self {
        Self {
            id: opportunity.id,
            version: Long(opportunity.version),
            name: opportunity.name,
            counterpart: Counterpart { account: opportunity.account, contact: opportunity.contact },
            state: opportunity.state.into(),
            amount: opportunity.amount.map(Into::into),
            owner: opportunity.owner.map(|id| UserReference { id }),
            created_at: opportunity.created_at,
            updated_at: opportunity.updated_at,
            closed_at: opportunity.closed_at,
            pipeline_id: opportunity.pipeline,
            stage_id: opportunity.stage,
            money: opportunity.amount,
        }
    }
}

/// With whom an opportunity is. Fields of the opportunity: whoever reads it need not be let read these.
struct Counterpart {
    account: AccountId,
    contact: Option<ContactId>,
}

#[Object]
impl Counterpart {
    /// The company that may buy.
    async fn account(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountObject>> {
        let account: Option<AccountId> = load::<Loaders, _, _>(ctx, SeenAccount(self.account)).await?;
        Ok(account.map(|id| AccountObject { id }))
    }

    /// The person it is talked over with.
    async fn contact(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ContactReference>> {
        let Some(contact) = self.contact else { return Ok(None) };
        let contact: Option<ContactId> = load::<Loaders, _, _>(ctx, SeenContact(contact)).await?;
        Ok(contact.map(|id| ContactReference { id }))
    }
}

// The lead service's, which describes it; this service adds its opportunities.
#[derive(SimpleObject)]
#[graphql(complex, name = "Account")]
pub struct AccountObject {
    pub id: AccountId,
}

#[ComplexObject]
impl AccountObject {
    /// The account's opportunities, newest first.
    async fn opportunities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<Option<List<OpportunityObject, OpportunityTotal>>> {
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let opportunities: Option<Vec<Opportunity>> =
            load::<Loaders, _, _>(ctx, PageOf { account: self.id, args }).await?;
        Ok(Some(page(opportunities.unwrap_or_default(), args.first, OpportunityTotal::OfAccount(self.id), cursor)))
    }
}

#[derive(SimpleObject)]
#[graphql(name = "User", unresolvable)]
struct UserReference {
    id: UserId,
}

#[derive(SimpleObject)]
#[graphql(name = "Contact", unresolvable)]
pub struct ContactReference {
    id: ContactId,
}

/// The stages that opportunities pass, in order.
#[derive(SimpleObject)]
#[graphql(name = "Pipeline")]
pub struct PipelineObject {
    id: PipelineId,
    name: String,
    /// By position.
    stages: Vec<StageObject>,
}

impl From<Pipeline> for PipelineObject {
    fn from(pipeline: Pipeline) -> Self {
        let stages = pipeline.stages.into_iter().map(StageObject::from).collect();
        Self { id: pipeline.id, name: pipeline.name, stages }
    }
}

/// A step on the way to a won or lost opportunity.
#[derive(SimpleObject)]
#[graphql(name = "Stage")]
pub struct StageObject {
    id: StageId,
    name: String,
    /// Counts from 1.
    position: i64,
    /// How likely an opportunity in it is won, in percent.
    probability: i64,
    /// What an opportunity becomes by entering it.
    state: OpportunityState,
}

impl From<Stage> for StageObject {
    fn from(stage: Stage) -> Self {
        let Stage { id, name, position, probability, state, .. } = stage;
        Self { id, name, position, probability, state: state.into() }
    }
}

/// An opportunity's entry into a stage.
#[derive(SimpleObject)]
#[graphql(complex, name = "StageHistory")]
pub struct StageHistoryObject {
    entered_at: DateTime<Utc>,
    /// Who moved it: id of a user or key, or a service's name.
    by: String,
    #[graphql(skip)]
    stage_id: StageId,
}

#[ComplexObject]
impl StageHistoryObject {
    /// The stage that was entered.
    async fn stage(&self, ctx: &Context<'_>) -> async_graphql::Result<StageObject> {
        stage(ctx, self.stage_id).await.map(StageObject::from)
    }
}

impl From<StageEntry> for StageHistoryObject {
    fn from(entry: StageEntry) -> Self {
        Self { entered_at: entry.entered_at, by: entry.by, stage_id: entry.stage }
    }
}

/// Counts only when asked.
pub enum OpportunityTotal {
    Filtered(OpportunityFilter),
    /// One statement for all accounts of a level.
    OfAccount(AccountId),
}

#[Object]
impl OpportunityTotal {
    /// How many opportunities there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<Long> {
        match self {
            Self::Filtered(filter) => {
                let (app, actor): (&App, &Actor) = (ctx.data_unchecked(), actor(ctx)?);
                app.count_opportunities(actor, filter).await.graphql().map(Long)
            }
            Self::OfAccount(account) => {
                let count: Option<i64> = load::<Loaders, _, _>(ctx, CountOf(*account)).await?;
                Ok(Long(count.unwrap_or(0)))
            }
        }
    }
}

pub fn cursor(opportunity: &Opportunity) -> Cursor {
    Cursor { time: opportunity.created_at, id: opportunity.id.uuid() }
}

async fn stage(ctx: &Context<'_>, id: StageId) -> async_graphql::Result<Stage> {
    load::<Loaders, _, Stage>(ctx, id).await?.ok_or(Error::not_found("stage", "id")).graphql()
}
