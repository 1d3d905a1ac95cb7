//! How well people at an account are known, from when they answered.

use chrono::TimeDelta;
use kernel::{ContactId, Timestamp};

/// Days after which half of what was known of somebody is gone.
const HALF_LIFE_DAYS: f64 = 60.0;

/// What there was between us and a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    pub contact: ContactId,
    /// How often they answered, called or came.
    pub two_way: i64,
    pub last_two_way_at: Option<Timestamp>,
    pub last_at: Timestamp,
}

impl Relationship {
    /// From 0 to 1: each answer halves what is missing to 1, and with the days since the last one the whole fades.
    pub fn strength(&self, now: Timestamp) -> f64 {
        let Some(last) = self.last_two_way_at else { return 0.0 };
        let answers = i32::try_from(self.two_way).unwrap_or(i32::MAX);
        (1.0 - 0.5_f64.powi(answers)) * 0.5_f64.powf(days(last, now) / HALF_LIFE_DAYS)
    }

    /// The same in words.
    pub fn because(&self, now: Timestamp) -> String {
        match (self.two_way, self.last_two_way_at) {
            (1, Some(last)) => format!("answered once, {:.0} days ago", days(last, now)),
            (times, Some(last)) => format!("answered {times} times, the last {:.0} days ago", days(last, now)),
            (_, None) => format!("never answered; last touched {:.0} days ago", days(self.last_at, now)),
        }
    }
}

/// How well an account is known by all of these: that somebody there answers again if each does by their strength.
pub fn health(people: &[Relationship], now: Timestamp) -> f64 {
    1.0 - people.iter().map(|person| 1.0 - person.strength(now)).product::<f64>()
}

/// Whole days, at least none.
fn days(from: Timestamp, now: Timestamp) -> f64 {
    let days = (now - from).max(TimeDelta::zero()).num_days();
    f64::from(i32::try_from(days).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    #[test]
    fn who_answers_often_and_lately_is_known_well() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH + TimeDelta::days(1_000), 1);
        let now = clock.now();
        let person = |two_way: i64, days: i64| {
            let at = now - TimeDelta::days(days);
            Relationship { contact: clock.id(), two_way, last_two_way_at: (two_way > 0).then_some(at), last_at: at }
        };
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(near(person(1, 0).strength(now), 0.5));
        assert!(near(person(2, 0).strength(now), 0.75));
        assert!(near(person(2, 60).strength(now), 0.375));
        assert!(near(person(0, 0).strength(now), 0.0));
        assert!(near(health(&[person(1, 0), person(1, 0)], now), 0.75));
        assert!(near(health(&[], now), 0.0));
        assert_eq!(person(3, 12).because(now), "answered 3 times, the last 12 days ago");
        assert_eq!(person(0, 5).because(now), "never answered; last touched 5 days ago");
    }
}
