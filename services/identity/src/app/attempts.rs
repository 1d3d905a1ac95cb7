//! Who tried how often to sign in, and how often is too often.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use events::identity::SignInFailed;
use kernel::{Timestamp, WorkspaceId};
use sha2::{Digest, Sha256};

use crate::{
    domain::{
        session::Client,
        throttle::{Rate, Throttle},
    },
    error::Error,
};

/// Attempts from one address: an office behind one router signs in, a list of passwords does not.
const FROM_ADDRESS: Rate = Rate { burst: 30, every: TimeDelta::seconds(4) };
/// Attempts at one account from one address. Whoever guesses slows down themselves, and not the owner elsewhere.
const AT_ACCOUNT_FROM_ADDRESS: Rate = Rate { burst: 10, every: TimeDelta::seconds(60) };
/// Attempts at one account, wherever they come from: what many addresses may guess together.
const AT_ACCOUNT: Rate = Rate { burst: 100, every: TimeDelta::seconds(6) };
/// Keys that each throttle remembers; twice as many at most.
const REMEMBERED: usize = 20_000;
/// Failed attempts that wait to be written.
const FAILURES: usize = 1_000;

/// Who tried how often, and which failures wait to be written. In memory: a process that starts anew forgets.
#[derive(Debug, Clone)]
pub struct Attempts(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    addresses: Throttle<String>,
    // By hash: addresses of people are personal.
    accounts: Throttle<[u8; 32]>,
    accounts_from: Throttle<([u8; 32], String)>,
    failures: Vec<Failure>,
}

#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub workspace: WorkspaceId,
    pub event: SignInFailed,
}

impl Default for Attempts {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            addresses: Throttle::new(FROM_ADDRESS, REMEMBERED),
            accounts: Throttle::new(AT_ACCOUNT, REMEMBERED),
            accounts_from: Throttle::new(AT_ACCOUNT_FROM_ADDRESS, REMEMBERED),
            failures: Vec::new(),
        })))
    }
}

impl Attempts {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts an attempt from an address.
    pub(super) fn by_address(&self, client: &Client, now: Timestamp) -> Result<(), Error> {
        Ok(self.with(|inner| inner.addresses.take(&network(client), now))?)
    }

    /// Counts an attempt at an account, from this address and from all of them. What one of the two refuses
    /// counts for neither: who goes on where it is too much takes nothing from the owner.
    pub(super) fn at_account(&self, account: &[u8; 32], client: &Client, now: Timestamp) -> Result<(), Error> {
        let here = (*account, network(client));
        let taken = self.with(|inner| {
            inner.accounts_from.take(&here, now)?;
            inner.accounts.take(account, now).inspect_err(|_| inner.accounts_from.give_back(&here))
        });
        Ok(taken?)
    }

    pub(super) fn succeeded(&self, client: &Client, account: &[u8; 32]) {
        self.with(|inner| {
            inner.accounts.give_back(account);
            inner.accounts_from.give_back(&(*account, network(client)));
        });
        self.forgive(client);
    }

    /// It was a good attempt, so it does not count.
    pub(super) fn forgive(&self, client: &Client) {
        self.with(|inner| inner.addresses.give_back(&network(client)));
    }

    pub(super) fn failed(&self, failure: Failure) {
        self.with(|inner| {
            if inner.failures.len() < FAILURES {
                inner.failures.push(failure);
            }
        });
    }

    pub(super) fn take_failures(&self) -> Vec<Failure> {
        self.with(|inner| std::mem::take(&mut inner.failures))
    }
}

/// Where somebody comes from, as the throttle knows it. All whose address nobody knows come from one network.
fn network(client: &Client) -> String {
    client.address.as_deref().map(network_of).unwrap_or_default()
}

/// An IPv6 customer has a whole network, 64 bits of it: that is what counts as one address.
fn network_of(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
        _ => address.to_owned(),
    }
}

/// An account as the throttle knows it.
pub(super) fn account(workspace: &str, name: &str) -> [u8; 32] {
    Sha256::digest(format!("{workspace}\n{name}").as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address() {
        assert_eq!(network_of("2001:db8::1"), network_of("2001:db8::ffff:ffff:1:2"));
        assert_ne!(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
        assert_eq!(network_of("192.0.2.7"), "192.0.2.7");
    }

    fn at(address: Option<&str>) -> Client {
        Client { address: address.map(str::to_owned), request_id: None }
    }

    #[test]
    fn an_attempt_that_is_refused_takes_nothing_from_others() {
        let (attempts, now) = (Attempts::default(), Timestamp::UNIX_EPOCH);
        let (account, stranger) = (account("default", "grace@example.com"), at(Some("198.51.100.1")));
        let good = (0..1_000).filter(|_| attempts.at_account(&account, &stranger, now).is_ok()).count();
        assert_eq!(good, 10);
        let elsewhere: Vec<_> = (2..=11).map(|n| at(Some(&format!("198.51.100.{n}")))).collect();
        let tries = elsewhere.iter().flat_map(|client| std::iter::repeat_n(client, 10));
        let good = tries.filter(|client| attempts.at_account(&account, client, now).is_ok()).count();
        assert_eq!(good, 90, "a hundred from everywhere");
        let late = now + TimeDelta::seconds(6);
        assert!(attempts.at_account(&account, &at(Some("198.51.100.11")), late).is_ok(), "nor from itself");
    }

    #[test]
    fn who_comes_from_nowhere_is_one() {
        let (attempts, now) = (Attempts::default(), Timestamp::UNIX_EPOCH);
        assert_eq!((0..100).filter(|_| attempts.by_address(&at(None), now).is_ok()).count(), 30);
        attempts.forgive(&at(None));
        assert!(attempts.by_address(&at(None), now).is_ok());
        assert!(attempts.by_address(&at(Some("192.0.2.7")), now).is_ok());
    }
}
