use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use kernel::{FormId, Timestamp};

/// Submissions of one form that one address may send at once, and how long until it may send another.
const BURST: i32 = 10;
const EVERY: TimeDelta = TimeDelta::seconds(6);
/// Addresses that are remembered; those that have been quiet for long go first, then those that sent least.
const REMEMBERED: usize = 50_000;

/// How much each address has sent lately, in this process.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<(FormId, Option<IpAddr>), Timestamp>>);

impl Throttle {
    /// Takes one submission, or says in how many seconds the next one is taken.
    pub fn take(&self, form: FormId, address: Option<IpAddr>, now: Timestamp) -> Result<(), i64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            forget(&mut seen, now);
        }
        // When it would be as if the address had sent nothing (the generic cell rate algorithm).
        let until = seen.get(&(form, address.map(network))).copied().unwrap_or(now).max(now);
        let ahead = until - now;
        let allowed = EVERY * (BURST - 1);
        if ahead > allowed {
            return Err((ahead - allowed).num_seconds().max(1));
        }
        seen.insert((form, address.map(network)), until + EVERY);
        Ok(())
    }
}

/// Makes room: for half of them at least, so that nobody has this done for every submission.
fn forget(seen: &mut HashMap<(FormId, Option<IpAddr>), Timestamp>, now: Timestamp) {
    seen.retain(|_, until| *until > now);
    if seen.len() < REMEMBERED {
        return;
    }
    let mut ends: Vec<Timestamp> = seen.values().copied().collect();
    let middle = ends.len() / 2;
    let median = *ends.select_nth_unstable(middle).1;
    seen.retain(|_, until| *until > median);
}

/// Who has one address of the newer kind has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    #[test]
    fn an_address_waits_after_ten_and_others_do_not() {
        let (throttle, clock) = (Throttle::default(), Clock::fixed(Timestamp::UNIX_EPOCH, 1));
        let (form, other): (FormId, FormId) = (clock.id(), clock.id());
        let address = |text: &str| Some(text.parse().unwrap());
        let home = address("2001:db8::1");
        for _ in 0..10 {
            assert_eq!(throttle.take(form, home, clock.now()), Ok(()));
        }
        assert_eq!(throttle.take(form, home, clock.now()), Err(6));
        assert_eq!(throttle.take(form, address("2001:db8::2"), clock.now()), Err(6), "the same network");
        assert_eq!(throttle.take(form, address("192.0.2.1"), clock.now()), Ok(()));
        assert_eq!(throttle.take(other, home, clock.now()), Ok(()));
        clock.advance(TimeDelta::seconds(6));
        assert_eq!(throttle.take(form, home, clock.now()), Ok(()));
        assert_eq!(throttle.take(form, home, clock.now()), Err(6));
    }

    #[test]
    fn a_crowd_of_addresses_takes_no_more_than_its_room_and_hides_nobody_who_sent_much() {
        let (throttle, clock) = (Throttle::default(), Clock::fixed(Timestamp::UNIX_EPOCH, 1));
        let (form, home): (FormId, _) = (clock.id(), Some("192.0.2.1".parse().unwrap()));
        for _ in 0..10 {
            assert_eq!(throttle.take(form, home, clock.now()), Ok(()));
        }
        for number in 0..2 * u32::try_from(REMEMBERED).unwrap() {
            let address = std::net::Ipv4Addr::from_bits(number).into();
            assert_eq!(throttle.take(form, Some(address), clock.now()), Ok(()));
        }
        assert!(throttle.0.lock().unwrap().len() <= REMEMBERED);
        assert_eq!(throttle.take(form, home, clock.now()), Err(6));
    }
}
