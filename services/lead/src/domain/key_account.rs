//! Accounts that deserve a plan, and when one of the most important is neglected.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use events::lead::{AccountPlan, Engagement, KeyAccountRules, Neglect, Tier};
use kernel::{AccountId, AlertId, Timestamp};
use thiserror::Error;

/// Lines of one part of a plan, and stakeholders.
pub const MAX_LINES: usize = 50;
const MAX_DAYS: i64 = 3_650;
const MAX_CONTACTS: i64 = 1_000;

/// What holds where a workspace has set none.
pub const FIRST_RULES: KeyAccountRules =
    KeyAccountRules { version: 1, untouched_days: 30, min_contacts: 2, within_days: 90 };

/// The plan of an account with what watches over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub account: AccountId,
    pub plan: AccountPlan,
    /// Since when it is a key account, if it is one.
    pub key_since: Option<Timestamp>,
}

/// Of a key account, in one way, from when it began until it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub id: AlertId,
    pub account: AccountId,
    pub neglect: Neglect,
    pub because: Engagement,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

/// Rules that nobody could keep, or that would never warn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("days are 1 to {MAX_DAYS}, and contacts 1 to {MAX_CONTACTS}")]
pub struct RulesError(pub &'static str);

pub fn check(rules: &KeyAccountRules) -> Result<(), RulesError> {
    let days = 1..=MAX_DAYS;
    for (field, sound) in [
        ("untouchedDays", days.contains(&rules.untouched_days)),
        ("minContacts", (1..=MAX_CONTACTS).contains(&rules.min_contacts)),
        ("withinDays", days.contains(&rules.within_days)),
    ] {
        if !sound {
            return Err(RulesError(field));
        }
    }
    Ok(())
}

impl Planned {
    pub fn new(account: AccountId) -> Self {
        Self { account, plan: AccountPlan::default(), key_since: None }
    }

    /// The plan as `edit` leaves it, or `None` if it leaves it as it is.
    pub fn change(&self, now: Timestamp, edit: impl FnOnce(&mut AccountPlan)) -> Option<Self> {
        let mut plan = self.plan.clone();
        edit(&mut plan);
        if plan == self.plan {
            return None;
        }
        plan.version += 1;
        let key_since = (plan.tier == Some(Tier::Key)).then(|| self.key_since.unwrap_or(now));
        Some(Self { account: self.account, plan, key_since })
    }
}

/// From when on an answer counts.
pub fn answered_since(rules: &KeyAccountRules, now: Timestamp) -> Timestamp {
    now - TimeDelta::days(rules.within_days)
}

/// The ways in which a key account is neglected. Whoever was never touched is so from the day on that it is a key account.
pub fn neglects(rules: &KeyAccountRules, key_since: Timestamp, seen: &Engagement, now: Timestamp) -> BTreeSet<Neglect> {
    let last = seen.last_touch_at.unwrap_or(key_since);
    let untouched = now - last >= TimeDelta::days(rules.untouched_days);
    let single = seen.two_way_contacts < rules.min_contacts;
    let found = [untouched.then_some(Neglect::Untouched), single.then_some(Neglect::SingleThreaded)];
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(days_ago: Option<i64>, two_way_contacts: i64) -> Vec<Neglect> {
        let now = Timestamp::UNIX_EPOCH + TimeDelta::days(1_000);
        let last_touch_at = days_ago.map(|days| now - TimeDelta::days(days));
        let seen = Engagement { last_touch_at, two_way_contacts, rules_version: 1 };
        neglects(&FIRST_RULES, now - TimeDelta::days(10), &seen, now).into_iter().collect()
    }

    #[test]
    fn an_account_is_neglected_when_nobody_turns_to_it_or_only_one_answers() {
        assert_eq!(found(Some(29), 2), []);
        assert_eq!(found(Some(30), 2), [Neglect::Untouched]);
        assert_eq!(found(Some(1), 1), [Neglect::SingleThreaded]);
        assert_eq!(found(Some(100), 0), [Neglect::Untouched, Neglect::SingleThreaded]);
        assert_eq!(found(None, 2), [], "a key account for ten days");
    }

    #[test]
    fn rules_have_bounds() {
        assert_eq!(check(&FIRST_RULES), Ok(()));
        let never = KeyAccountRules { untouched_days: 0, ..FIRST_RULES };
        assert_eq!(check(&never), Err(RulesError("untouchedDays")));
    }
}
