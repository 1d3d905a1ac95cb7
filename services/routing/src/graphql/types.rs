use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{Actor, Candidate, Decision, DecisionId, LeadId, RepId, UserId};
use platform::graphql::{IntoGraphql, Long, actor, load};

use super::loaders::Loaders;
use crate::{
    app::App,
    domain::{assignment::Assignment, rep::Rep, route},
    error::Error,
};

// The lead service describes it; here is what routing knows of it.
#[derive(SimpleObject)]
#[graphql(complex, name = "Lead")]
pub struct LeadObject {
    pub id: LeadId,
}

#[ComplexObject]
impl LeadObject {
    /// Nothing until the lead is enriched.
    async fn routing(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<RoutingObject>> {
        Ok(load::<Loaders, _, Assignment>(ctx, self.id).await?.map(RoutingObject))
    }
}

/// Whether somebody has a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RoutingState {
    /// Somebody has it.
    Routed,
    /// It waits in the fallback queue for a rep who can take it.
    Unrouted,
}

pub struct RoutingObject(Assignment);

/// Who has a lead, by the one decision in force.
#[Object(name = "Routing")]
impl RoutingObject {
    /// Whether somebody has it.
    async fn state(&self) -> RoutingState {
        if self.0.rep.is_some() { RoutingState::Routed } else { RoutingState::Unrouted }
    }

    /// Nobody while the lead is unrouted.
    async fn owner(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<RepObject>> {
        let Some(id) = self.0.rep else { return Ok(None) };
        Ok(load::<Loaders, _, Rep>(ctx, id).await?.map(RepObject::from))
    }

    /// Why it is so.
    async fn decision(&self, ctx: &Context<'_>) -> async_graphql::Result<DecisionObject> {
        decision(ctx, self.0.decision).await
    }

    /// Nothing while the lead is unrouted.
    async fn routed_at(&self) -> Option<DateTime<Utc>> {
        self.0.rep.map(|_| self.0.decided_at)
    }
}

/// A user who takes leads.
#[derive(SimpleObject)]
#[graphql(name = "Rep")]
pub struct RepObject {
    id: RepId,
    /// Grows by one with every change; give it to `updateRep` to refuse overwriting somebody else's.
    version: Long,
    name: String,
    email: String,
    /// Takes leads now: the user is active with the role Rep, and nobody took the rep out of the rotation.
    active: bool,
    /// Share of the leads, relative to the other reps' weights.
    weight: Long,
    /// Leads a day, counted in UTC; no limit if absent.
    daily_cap: Option<Long>,
    /// The person in the workspace.
    // Nullable, as is all that another service fills: the rep survives when that one is down.
    user: Option<UserReference>,
}

#[derive(SimpleObject)]
#[graphql(name = "User", unresolvable)]
struct UserReference {
    id: UserId,
}

impl From<Rep> for RepObject {
    fn from(rep: Rep) -> Self {
        Self {
            id: rep.id,
            version: Long(rep.version),
            active: rep.active(),
            name: rep.name,
            email: rep.email.into_string(),
            weight: Long(rep.weight),
            daily_cap: rep.daily_cap.map(Long),
            user: Some(UserReference { id: rep.user }),
        }
    }
}

pub struct DecisionObject(Decision);

/// Which rep got a lead and why, with everybody who was considered.
#[Object(name = "RoutingDecision")]
impl DecisionObject {
    async fn id(&self) -> DecisionId {
        self.0.id
    }

    /// What was decided about.
    async fn lead(&self) -> Option<LeadObject> {
        Some(LeadObject { id: self.0.subject.parse().ok()? })
    }

    /// `routed` or `unrouted`.
    async fn outcome(&self) -> &str {
        &self.0.outcome
    }

    /// Why nobody was chosen.
    async fn reason(&self) -> Option<String> {
        route::reason(&self.0)
    }

    /// Of the rule that decided; a replay takes the same.
    async fn rule_version(&self) -> Long {
        Long(self.0.rule_version)
    }

    /// SHA-256 of everything the rule looked at.
    async fn inputs_hash(&self) -> &str {
        &self.0.inputs_hash
    }

    async fn decided_at(&self) -> DateTime<Utc> {
        self.0.decided_at
    }

    /// Who got the lead; null if nobody could take it.
    async fn chosen(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<RepObject>> {
        match &self.0.chosen {
            Some(id) => rep(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Everybody in the pool at that moment.
    async fn candidates(&self) -> Vec<CandidateObject> {
        let states = route::inputs_of(&self.0).map(|inputs| inputs.candidates).unwrap_or_default();
        let candidate = |candidate: &Candidate| {
            let state = states.iter().find(|state| state.rep.to_string() == candidate.id);
            CandidateObject {
                eligible: candidate.eligible,
                rejected_because: candidate.rejected_because.clone(),
                weight: state.map(|state| Long(state.weight)),
                standing: state.map(|state| Long(state.current)),
                rep_id: candidate.id.clone(),
            }
        };
        self.0.candidates.iter().map(candidate).collect()
    }
}

impl From<Decision> for DecisionObject {
    fn from(decision: Decision) -> Self {
        Self(decision)
    }
}

/// A rep who was considered. Of the eligible, the one with the highest sum of standing and weight is chosen.
#[derive(SimpleObject)]
#[graphql(complex, name = "RoutingCandidate")]
struct CandidateObject {
    /// Whether the rep could have taken the lead.
    eligible: bool,
    /// Why not; null for the eligible.
    rejected_because: Option<String>,
    /// The rep's share, as it was then.
    weight: Option<Long>,
    /// In the round robin, before the decision: it grows by the weight with every lead and falls when a lead is taken.
    standing: Option<Long>,
    #[graphql(skip)]
    rep_id: String,
}

#[ComplexObject]
impl CandidateObject {
    /// The rep as of now.
    async fn rep(&self, ctx: &Context<'_>) -> async_graphql::Result<RepObject> {
        rep(ctx, &self.rep_id).await
    }
}

/// One decision, batched with its neighbours.
pub async fn decision(ctx: &Context<'_>, id: DecisionId) -> async_graphql::Result<DecisionObject> {
    let missing = Error::NotFound { what: "decision", field: "id" };
    load::<Loaders, _, Decision>(ctx, id).await?.map(DecisionObject).ok_or(missing).graphql()
}

async fn rep(ctx: &Context<'_>, id: &str) -> async_graphql::Result<RepObject> {
    let missing = Error::NotFound { what: "rep", field: "id" };
    let Ok(id) = id.parse::<RepId>() else { return Err(missing).graphql() };
    load::<Loaders, _, Rep>(ctx, id).await?.map(RepObject::from).ok_or(missing).graphql()
}

/// Counts only when asked.
pub struct DecisionTotal(pub Option<LeadId>);

#[Object]
impl DecisionTotal {
    /// How many decisions there are, on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<Long> {
        let (app, actor): (&App, &Actor) = (ctx.data_unchecked(), actor(ctx)?);
        app.count_routing_decisions(actor, self.0).await.graphql().map(Long)
    }
}
