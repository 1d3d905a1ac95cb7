use async_graphql::{ComplexObject, Context, SimpleObject};
use events::routing::LeadRouted;
use futures::{Stream, StreamExt};
use kernel::{DecisionId, RepId};
use platform::graphql::{IntoGraphql, actor, load, resumable, resume_after};

use super::{
    loaders::Loaders,
    types::{DecisionObject, LeadObject, RepObject, decision},
};
use crate::{app::App, domain::rep::Rep};

pub struct Subscription;

/// A lead was routed just now.
#[derive(SimpleObject)]
#[graphql(complex, name = "LeadRoutedEvent")]
struct LeadRoutedObject {
    /// What was routed.
    lead: Option<LeadObject>,
    #[graphql(skip)]
    owner_id: RepId,
    #[graphql(skip)]
    decision_id: DecisionId,
}

#[ComplexObject]
impl LeadRoutedObject {
    /// Who has it now.
    async fn owner(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<RepObject>> {
        Ok(load::<Loaders, _, Rep>(ctx, self.owner_id).await?.map(RepObject::from))
    }

    /// Why it is so.
    async fn decision(&self, ctx: &Context<'_>) -> async_graphql::Result<DecisionObject> {
        decision(ctx, self.decision_id).await
    }
}

/// What can be listened to.
#[async_graphql::Subscription]
impl Subscription {
    /// Leads as they are routed, from now on. Whoever was away names the last event that they heard of, and hears what
    /// followed in the last seven days; all of the past is in `routingDecisions`. At least once: after a disturbance the
    /// same event may come again, with the same decision.
    async fn lead_routed(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<impl Stream<Item = LeadRoutedObject> + use<>> {
        let app: &App = ctx.data_unchecked();
        let routed = app.leads_routed(actor(ctx)?, resume_after(ctx)?).await.graphql()?;
        Ok(resumable(ctx, routed).map(|LeadRouted { lead, owner, decision, .. }| LeadRoutedObject {
            lead: Some(LeadObject { id: lead }),
            owner_id: owner.id,
            decision_id: decision,
        }))
    }
}
