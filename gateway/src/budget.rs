//! What each credential may still spend: a token bucket, full again after a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kernel::{Actor, Clock, Code, CredentialId, Timestamp, WorkspaceId};

use crate::{
    Limits, Response,
    response::{CostReport, Extensions, Spending},
};

/// Credentials whose spending is remembered.
const REMEMBERED: usize = 10_000;

const SECONDS: f64 = 60.0;

/// Who pays: the key or the session, or whoever acts without one. Those whom nobody knows share one budget.
pub(crate) type Payer = Option<(WorkspaceId, String)>;

pub(crate) struct Budgets {
    buckets: Mutex<HashMap<Payer, Bucket>>,
    clock: Clock,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Bucket {
    fn refilled(self, budget: f64, now: Timestamp) -> f64 {
        let seconds = (now - self.at).as_seconds_f64().max(0.0);
        (self.left + seconds * budget / SECONDS).min(budget)
    }
}

impl Budgets {
    pub fn new(clock: Clock) -> Self {
        Self { buckets: Mutex::default(), clock }
    }

    /// Checks one operation against the limits and pays for it. Says what it cost, unless costs are not limited.
    pub fn pay(&self, actor: Option<&Actor>, cost: u64, limits: &Limits) -> Result<Option<CostReport>, Response> {
        if limits.cost == 0 && limits.cost_budget == 0 {
            return Ok(None);
        }
        metrics::histogram!("gateway_operation_cost").record(cost as f64);
        let most = [limits.cost, limits.cost_budget].into_iter().filter(|limit| *limit > 0).min().unwrap_or(u64::MAX);
        let mut report = CostReport { requested: cost, limit: most, spending: None };
        if cost > most {
            let message = format!("the operation costs {cost}, and one may cost {most}");
            return Err(refuse(report, Code::CostLimitExceeded, message));
        }
        if limits.cost_budget > 0 {
            let (spending, wait) = self.take(actor, cost, limits.cost_budget as f64);
            report.spending = Some(spending);
            if let Some(wait) = wait {
                let message = format!("the operation costs {cost}, and the budget is used up; retry in {wait} seconds");
                return Err(Response { retry_after: Some(wait), ..refuse(report, Code::RateLimited, message) });
            }
        }
        Ok(Some(report))
    }

    /// How the payer stands afterwards and, if there is not enough, in how many seconds there is.
    fn take(&self, actor: Option<&Actor>, cost: u64, budget: f64) -> (Spending, Option<u32>) {
        let payer = actor.map(payer);
        let (now, cost) = (self.clock.now(), cost as f64);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = buckets.get(&payer).map_or(budget, |bucket| bucket.refilled(budget, now));
        let left = if cost <= full { full - cost } else { full };
        if buckets.len() >= REMEMBERED && !buckets.contains_key(&payer) {
            forget(&mut buckets, budget, now);
        }
        buckets.insert(payer, Bucket { left, at: now });
        let seconds = |missing: f64| (missing.max(0.0) * SECONDS / budget).ceil();
        let wait = (cost > full).then(|| seconds(cost - full).max(1.0) as u32);
        let reset_seconds = seconds(budget - left) as u64;
        (Spending { budget: budget as u64, remaining: left as u64, reset_seconds }, wait)
    }
}

/// A key pays for itself. A session does not: whoever can sign in has as many as they like.
pub(crate) fn payer(actor: &Actor) -> (WorkspaceId, String) {
    let by = match actor.credential {
        Some(CredentialId::ApiKey(key)) => key.to_string(),
        _ => actor.subject.clone(),
    };
    (actor.workspace, by)
}

fn refuse(cost: CostReport, code: Code, message: String) -> Response {
    Response {
        extensions: Some(Box::new(Extensions { cost: Some(cost), ..Extensions::default() })),
        ..Response::refused_because(code, message)
    }
}

/// Drops the buckets that are full again, which loses nothing, and if all are in use the fuller half.
fn forget(buckets: &mut HashMap<Payer, Bucket>, budget: f64, now: Timestamp) {
    buckets.retain(|_, bucket| bucket.refilled(budget, now) < budget);
    if buckets.len() >= REMEMBERED {
        let mut left: Vec<f64> = buckets.values().map(|bucket| bucket.refilled(budget, now)).collect();
        let (_, median, _) = left.select_nth_unstable_by(REMEMBERED / 2, f64::total_cmp);
        let median = *median;
        buckets.retain(|_, bucket| bucket.refilled(budget, now) < median);
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use kernel::ActorKind;

    use super::*;

    fn actor(subject: String, workspace: WorkspaceId) -> Actor {
        Actor {
            workspace,
            kind: ActorKind::ApiKey,
            subject,
            permissions: Vec::new(),
            access: kernel::Access::default(),
            credential: None,
            expires_at: None,
            request: None,
        }
    }

    #[test]
    fn a_budget_is_whole_again_after_a_minute_and_one_does_not_pay_for_another() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH, 1);
        let (budgets, workspace) = (Budgets::new(clock.clone()), clock.id());
        let limits = Limits { cost_budget: 60, ..Limits::default() };
        let (one, other) = (actor("one".into(), workspace), actor("other".into(), workspace));
        let pays = |actor: Option<&Actor>, cost| budgets.pay(actor, cost, &limits);
        assert!(pays(Some(&one), 50).is_ok());
        let refused = pays(Some(&one), 15).unwrap_err();
        assert_eq!((refused.refused, refused.retry_after), (Some(Code::RateLimited), Some(5)));
        assert!(pays(Some(&other), 50).is_ok() && pays(None, 50).is_ok());
        clock.advance(TimeDelta::seconds(5));
        assert!(pays(Some(&one), 15).is_ok());
        clock.advance(TimeDelta::seconds(60));
        assert!(pays(Some(&one), 60).is_ok());
        assert_eq!(pays(Some(&one), 61).unwrap_err().refused, Some(Code::CostLimitExceeded));
    }

    #[test]
    fn each_key_has_a_budget_of_its_own_and_all_sessions_of_a_user_share_one() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH, 1);
        let (budgets, user) = (Budgets::new(clock.clone()), actor("user".into(), clock.id()));
        let limits = Limits { cost_budget: 60, ..Limits::default() };
        let by = |credential| Actor { credential: Some(credential), ..user.clone() };
        let (key, other) = (by(CredentialId::ApiKey(clock.id())), by(CredentialId::ApiKey(clock.id())));
        let [session, later] = [clock.id(), clock.id()].map(|session| by(CredentialId::Session(session)));
        assert!(budgets.pay(Some(&key), 60, &limits).is_ok());
        assert_eq!(budgets.pay(Some(&key), 1, &limits).unwrap_err().refused, Some(Code::RateLimited));
        assert!(budgets.pay(Some(&other), 60, &limits).is_ok() && budgets.pay(Some(&session), 60, &limits).is_ok());
        assert_eq!(budgets.pay(Some(&later), 1, &limits).unwrap_err().refused, Some(Code::RateLimited));
    }

    #[test]
    fn however_many_pay_the_memory_is_bounded() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH, 1);
        let (budgets, workspace) = (Budgets::new(clock.clone()), clock.id());
        let limits = Limits { cost_budget: 60, ..Limits::default() };
        let poor = actor("poor".into(), workspace);
        assert!(budgets.pay(Some(&poor), 60, &limits).is_ok());
        for number in 0..REMEMBERED * 2 {
            let rich = actor(number.to_string(), workspace);
            assert!(budgets.pay(Some(&rich), 1 + number as u64 % 50, &limits).is_ok());
        }
        assert!(budgets.buckets.lock().unwrap().len() <= REMEMBERED);
        // Who has spent most is remembered longest.
        assert_eq!(budgets.pay(Some(&poor), 1, &limits).unwrap_err().refused, Some(Code::RateLimited));
    }
}
