//! The rule that picks a rep. Pure: the same inputs give the same decision for ever, so a stored one can be
//! taken again and must agree.

use kernel::{Candidate, Decision, DecisionId, LeadId, RepId, Timestamp, inputs_hash};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// [`Decision::kind`] of what this module decides.
pub const KIND: &str = "route_lead";
pub const ROUTED: &str = "routed";
pub const UNROUTED: &str = "unrouted";

/// Why nobody takes a lead that is merged away.
const MERGED: &str = "another lead stands for it";

/// Everything the rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteInputs {
    pub lead: LeadId,
    /// Who has the lead, when it is routed again.
    pub previous: Option<RepId>,
    /// Whether another lead stands for it: then it is nobody's to take.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub merged: bool,
    pub candidates: Vec<RepState>,
}

/// A member of the pool as it stood before the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepState {
    pub rep: RepId,
    pub name: String,
    pub weight: i64,
    /// Standing in the smooth weighted round robin.
    pub current: i64,
    pub active: bool,
    pub taken_today: i64,
    pub daily_cap: Option<i64>,
}

/// The rules there have ever been, by the version that decisions carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Version 1. Every eligible rep's standing grows by its weight, the highest takes the lead (of equals
    /// the one with the lowest id) and pays the sum of the weights: leads spread by weight, without bursts.
    SmoothWeightedRoundRobin,
}

/// A decision of a rule that this program does not know, made by a newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the decision was made by rule version {version}, which this server does not know")]
pub struct UnknownRule {
    pub version: i64,
}

/// What tells two decisions with the same inputs apart.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    pub id: DecisionId,
    pub decided_at: Timestamp,
}

/// A decision and what it does to the pool.
#[derive(Debug, Clone)]
pub struct Routed {
    pub lead: LeadId,
    pub chosen: Option<RepId>,
    pub decision: Decision,
    /// New standings of the eligible reps; empty when nobody was.
    pub standings: Vec<(RepId, i64)>,
}

impl Rule {
    pub const LATEST: Self = Self::SmoothWeightedRoundRobin;

    pub fn version(self) -> i64 {
        match self {
            Self::SmoothWeightedRoundRobin => 1,
        }
    }

    pub fn of_version(version: i64) -> Result<Self, UnknownRule> {
        match version {
            1 => Ok(Self::SmoothWeightedRoundRobin),
            version => Err(UnknownRule { version }),
        }
    }
}

/// Picks a rep for a lead. A lead that is routed again goes back to who has it only if nobody else can.
pub fn route(inputs: &RouteInputs, rule: Rule, stamp: Stamp) -> Routed {
    let candidates = judge(inputs);
    let eligible = inputs.candidates.iter().zip(&candidates).filter(|(_, candidate)| candidate.eligible);
    let Rule::SmoothWeightedRoundRobin = rule;
    let (chosen, standings) = smooth_weighted_round_robin(eligible.map(|(state, _)| state));
    let decision = Decision {
        id: stamp.id,
        kind: KIND.to_owned(),
        subject: inputs.lead.to_string(),
        rule_version: rule.version(),
        inputs_hash: inputs_hash(&to_json(inputs)),
        inputs: to_json(inputs),
        candidates,
        outcome: if chosen.is_some() { ROUTED } else { UNROUTED }.to_owned(),
        chosen: chosen.map(|rep| rep.to_string()),
        decided_at: stamp.decided_at,
    };
    Routed { lead: inputs.lead, chosen, decision, standings }
}

/// Takes a stored decision again, from its own inputs. `None` if those are not of this kind of decision.
pub fn replay(stored: &Decision) -> Result<Option<Decision>, UnknownRule> {
    let rule = Rule::of_version(stored.rule_version)?;
    let stamp = Stamp { id: stored.id, decided_at: stored.decided_at };
    Ok(inputs_of(stored).map(|inputs| route(&inputs, rule, stamp).decision))
}

pub fn inputs_of(decision: &Decision) -> Option<RouteInputs> {
    RouteInputs::deserialize(&decision.inputs).ok()
}

/// Why nobody was chosen; `None` if somebody was.
pub fn reason(decision: &Decision) -> Option<String> {
    if decision.chosen.is_some() {
        return None;
    }
    if inputs_of(decision).is_some_and(|inputs| inputs.merged) {
        return Some(MERGED.to_owned());
    }
    Some(match decision.candidates.len() {
        0 => "the pool has no reps".to_owned(),
        1 => "the pool's only rep cannot take a lead now".to_owned(),
        reps => format!("none of the pool's {reps} reps can take a lead now"),
    })
}

fn judge(inputs: &RouteInputs) -> Vec<Candidate> {
    let another = inputs.candidates.iter().any(|state| Some(state.rep) != inputs.previous && obstacle(state).is_none());
    let verdict = |state: &RepState| {
        inputs
            .merged
            .then(|| MERGED.to_owned())
            .or_else(|| obstacle(state))
            .or_else(|| (another && Some(state.rep) == inputs.previous).then(|| "has the lead already".to_owned()))
    };
    let candidate = |state: &RepState| {
        let rejected_because = verdict(state);
        Candidate { id: state.rep.to_string(), eligible: rejected_because.is_none(), rejected_because }
    };
    inputs.candidates.iter().map(candidate).collect()
}

fn obstacle(state: &RepState) -> Option<String> {
    match state.daily_cap {
        _ if !state.active => Some("takes no leads at present".to_owned()),
        Some(cap) if state.taken_today >= cap => Some(format!("has taken {} of {cap} leads today", state.taken_today)),
        _ => None,
    }
}

fn smooth_weighted_round_robin<'a>(eligible: impl Iterator<Item = &'a RepState>) -> (Option<RepId>, Vec<(RepId, i64)>) {
    let mut total = 0;
    let grow = |state: &RepState| {
        total += state.weight;
        (state.rep, state.current + state.weight)
    };
    let mut standings: Vec<_> = eligible.map(grow).collect();
    let best = standings.iter_mut().max_by(|(a, high), (b, low)| high.cmp(low).then(b.cmp(a)));
    let chosen = best.map(|(rep, standing)| {
        *standing -= total;
        *rep
    });
    (chosen, standings)
}

#[expect(clippy::expect_used, reason = "a struct of ids, texts and numbers always has a JSON form")]
fn to_json(inputs: &RouteInputs) -> serde_json::Value {
    serde_json::to_value(inputs).expect("inputs have a JSON form")
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
