use async_graphql::{Context, Object, SimpleObject};
use kernel::{Cursor, Decision, DecisionId, LeadId, PageArgs, RepId, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    loaders::Loaders,
    types::{DecisionObject, DecisionTotal, LeadObject, RepObject},
};
use crate::{app::App, domain::rep::Rep};

pub struct Query;

/// A decision taken again from its stored inputs.
#[derive(SimpleObject)]
#[graphql(name = "RoutingReplay")]
struct ReplayObject {
    /// Whether the decision taken again is the stored one in everything.
    agrees: bool,
    /// As taken again.
    decision: DecisionObject,
}

/// What can be read. Lists come in pages.
#[Object]
impl Query {
    /// One rep by id; null if there is none.
    async fn rep(&self, ctx: &Context<'_>, id: RepId) -> async_graphql::Result<Option<RepObject>> {
        Ok(load::<Loaders, _, Rep>(ctx, id).await?.map(RepObject::from))
    }

    /// Everybody who has taken leads or may, newest first.
    async fn reps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<RepObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let reps = app.reps(actor(ctx)?, args).await.graphql()?;
        let cursor = |rep: &Rep| Cursor { time: rep.created_at, id: rep.id.uuid() };
        Ok(page(reps, args.first, Default::default(), cursor))
    }

    /// Every decision ever taken, newest first.
    async fn routing_decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        #[graphql(desc = "Only this lead's.")] lead_id: Option<LeadId>,
    ) -> async_graphql::Result<List<DecisionObject, DecisionTotal>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let decisions = app.routing_decisions(actor(ctx)?, lead_id, args).await.graphql()?;
        let cursor = |decision: &kernel::Decision| Cursor { time: decision.decided_at, id: decision.id.uuid() };
        Ok(page(decisions, args.first, DecisionTotal(lead_id), cursor))
    }

    /// Why a lead has the owner it has: the decision in force. Nothing until the lead is enriched.
    async fn explain_routing(
        &self,
        ctx: &Context<'_>,
        lead_id: LeadId,
    ) -> async_graphql::Result<Option<DecisionObject>> {
        let app: &App = ctx.data_unchecked();
        Ok(app.explain_routing(actor(ctx)?, lead_id).await.graphql()?.map(DecisionObject::from))
    }

    /// Takes a stored decision again, from its own inputs. Changes nothing.
    async fn replay_routing(&self, ctx: &Context<'_>, decision_id: DecisionId) -> async_graphql::Result<ReplayObject> {
        let app: &App = ctx.data_unchecked();
        let replayed = app.replay_routing(actor(ctx)?, decision_id).await.graphql()?;
        Ok(ReplayObject { agrees: replayed.agrees, decision: replayed.decision.into() })
    }

    #[graphql(entity)]
    async fn find_rep(&self, ctx: &Context<'_>, id: RepId) -> async_graphql::Result<Option<RepObject>> {
        Ok(load::<Loaders, _, Rep>(ctx, id).await?.map(RepObject::from))
    }

    #[graphql(entity)]
    async fn find_routing_decision(
        &self,
        ctx: &Context<'_>,
        id: DecisionId,
    ) -> async_graphql::Result<Option<DecisionObject>> {
        Ok(load::<Loaders, _, Decision>(ctx, id).await?.map(DecisionObject::from))
    }

    #[graphql(entity)]
    async fn find_lead(&self, id: LeadId) -> LeadObject {
        LeadObject { id }
    }
}
