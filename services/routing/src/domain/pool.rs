use kernel::{LeadId, PoolId, RepId, Timestamp};

use super::{
    rep::Rep,
    route::{RepState, RouteInputs, Routed, Rule, Stamp, route},
};

/// The pool that takes every lead until there is a graph of them.
pub const DEFAULT_POOL: &str = "Inbound";

/// A rep's place in the rotation.
#[derive(Debug, Clone)]
pub struct Member {
    pub pool: PoolId,
    pub rep: Rep,
    /// State of the smooth weighted round robin.
    pub standing: i64,
    pub taken_today: i64,
}

/// The members of a pool while they are locked; routing moves their standings.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    pub members: Vec<Member>,
}

impl Pool {
    pub fn member(&self, rep: RepId) -> Option<&Member> {
        self.members.iter().find(|member| member.rep.id == rep)
    }

    /// Decides about one lead by the latest rule and counts it. `previous` is who has it already.
    pub fn route(&mut self, lead: LeadId, previous: Option<RepId>, stamp: Stamp) -> Routed {
        let candidates = self.members.iter().map(Member::state).collect();
        let inputs = RouteInputs { lead, previous, merged: false, candidates };
        let routed = route(&inputs, Rule::LATEST, stamp);
        for member in &mut self.members {
            if let Some((_, standing)) = routed.standings.iter().find(|(rep, _)| *rep == member.rep.id) {
                member.standing = *standing;
            }
            if routed.chosen == Some(member.rep.id) {
                member.taken_today += 1;
            }
        }
        routed
    }

    /// Decides that a lead waits because another stands for it; it is nobody's turn.
    pub fn hold_back(&self, lead: LeadId, stamp: Stamp) -> Routed {
        let candidates = self.members.iter().map(Member::state).collect();
        route(&RouteInputs { lead, previous: None, merged: true, candidates }, Rule::LATEST, stamp)
    }
}

impl Member {
    fn state(&self) -> RepState {
        RepState {
            rep: self.rep.id,
            name: self.rep.name.clone(),
            weight: self.rep.weight,
            current: self.standing,
            active: self.rep.active(),
            taken_today: self.taken_today,
            daily_cap: self.rep.daily_cap,
        }
    }
}

/// Days since 1970 in UTC: what a daily cap counts by.
pub fn day_of(time: Timestamp) -> i64 {
    time.timestamp().div_euclid(86_400)
}
