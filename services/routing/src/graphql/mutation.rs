use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{Actor, LeadId, RepId, id::TypedId};
use platform::{
    graphql::{Long, UserError, actor, mutation},
    hearing::once_heard,
};

use super::types::{DecisionObject, LeadObject, RepObject};
use crate::app::{App, RouteLead, UpdateRep};

pub struct Mutation;

/// What is left out stays as it is.
#[derive(InputObject)]
struct UpdateRepInput {
    id: RepId,
    /// The version you read; the update is refused if the rep has changed since.
    version: Option<Long>,
    /// False takes the rep out of the rotation, true brings them back.
    active: Option<bool>,
    /// Between 1 and 1,000.
    weight: Option<Long>,
    /// Leads a day, counted in UTC; null is no limit.
    daily_cap: MaybeUndefined<Long>,
}

/// Which lead to route again.
#[derive(InputObject)]
struct RouteLeadInput {
    lead_id: LeadId,
    /// Any text you choose, a UUID say: the same key and input again give the first decision, not a second.
    idempotency_key: Option<String>,
}

/// What `updateRep` answers.
#[derive(SimpleObject)]
struct UpdateRepPayload {
    rep: Option<RepObject>,
    errors: Vec<UserError>,
}

/// What `routeLead` answers.
#[derive(SimpleObject)]
struct RouteLeadPayload {
    lead: Option<LeadObject>,
    /// The decision now in force.
    decision: Option<DecisionObject>,
    errors: Vec<UserError>,
}

/// What can be changed. What the caller can mend comes back in `errors`, anything else as a top-level error.
#[Object]
impl Mutation {
    /// Changes a rep's part in the rotation; for administrators.
    async fn update_rep(&self, ctx: &Context<'_>, input: UpdateRepInput) -> async_graphql::Result<UpdateRepPayload> {
        let (app, actor) = parts(ctx)?;
        let (rep, errors) = mutation(app.update_rep(actor, input.into()).await)?;
        Ok(UpdateRepPayload { rep: rep.map(Into::into), errors })
    }

    /// Routes a lead again: to somebody else, if anybody else can take it. The old decision stays in the history.
    async fn route_lead(&self, ctx: &Context<'_>, input: RouteLeadInput) -> async_graphql::Result<RouteLeadPayload> {
        let (app, actor) = parts(ctx)?;
        let RouteLeadInput { lead_id: id, idempotency_key } = input;
        let input = RouteLead { lead: id, idempotency_key };
        let (decision, errors) =
            mutation(once_heard(&app.clock, [id.uuid()], || app.route_lead(actor, input.clone())).await)?;
        let lead = decision.as_ref().map(|_| LeadObject { id });
        Ok(RouteLeadPayload { lead, decision: decision.map(Into::into), errors })
    }
}

impl From<UpdateRepInput> for UpdateRep {
    fn from(input: UpdateRepInput) -> Self {
        let daily_cap = match input.daily_cap {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(cap) => Some(Some(cap.0)),
        };
        let (version, weight) = (input.version.map(|version| version.0), input.weight.map(|weight| weight.0));
        Self { id: input.id, active: input.active, weight, daily_cap, version }
    }
}

fn parts<'a>(ctx: &Context<'a>) -> async_graphql::Result<(&'a App, &'a Actor)> {
    Ok((ctx.data_unchecked(), actor(ctx)?))
}
