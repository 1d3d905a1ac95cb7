use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use events::identity::{SessionStarted, SignInFailed};
use kernel::{Access, Actor, ActorKind, Credential, EmailAddress, SessionId, Timestamp, UserId, WorkspaceId};
use platform::Tx;
use sha2::{Digest, Sha256};

use super::App;
use crate::{
    domain::{
        jws::ACCESS_SECONDS,
        password::Password,
        secret::Token,
        session::{Client, LIFETIME, Session, SignInMethod},
        throttle::{Rate, Throttle},
        user::UserKind,
    },
    error::Error,
    store,
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

/// Somebody says who they are. No `Debug`: the password must not print.
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// The workspace's name in addresses; the first one if left out.
    pub workspace: Option<String>,
    pub client: Client,
    pub user_agent: Option<String>,
}

/// What a client needs to act as the user. It does not print.
pub struct Tokens {
    pub session: Session,
    /// A JWT, good for a quarter of an hour.
    pub access: String,
    pub access_expires_at: Timestamp,
    /// Good once, for the next pair.
    pub refresh: Token,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("session", &self.session.id).finish_non_exhaustive()
    }
}

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
struct Failure {
    workspace: WorkspaceId,
    event: SignInFailed,
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
        Ok(self.with(|inner| inner.addresses.take(&place(client), now))?)
    }

    /// Counts an attempt at an account, from this address and from all of them. What one of the two refuses
    /// counts for neither: who goes on where it is too much takes nothing from the owner.
    pub(super) fn at_account(&self, account: &[u8; 32], client: &Client, now: Timestamp) -> Result<(), Error> {
        let here = (*account, place(client));
        let taken = self.with(|inner| {
            inner.accounts_from.take(&here, now)?;
            inner.accounts.take(account, now).inspect_err(|_| inner.accounts_from.give_back(&here))
        });
        Ok(taken?)
    }

    fn succeeded(&self, client: &Client, account: &[u8; 32]) {
        self.with(|inner| {
            inner.accounts.give_back(account);
            inner.accounts_from.give_back(&(*account, place(client)));
        });
        self.forgive(client);
    }

    /// It was a good attempt, so it does not count.
    pub(super) fn forgive(&self, client: &Client) {
        self.with(|inner| inner.addresses.give_back(&place(client)));
    }

    fn failed(&self, failure: Failure) {
        self.with(|inner| {
            if inner.failures.len() < FAILURES {
                inner.failures.push(failure);
            }
        });
    }

    fn take_failures(&self) -> Vec<Failure> {
        self.with(|inner| std::mem::take(&mut inner.failures))
    }
}

/// Where somebody is, as the throttle knows it. All whose address nobody knows are in one place.
fn place(client: &Client) -> String {
    client.address.as_deref().map(network).unwrap_or_default()
}

/// An IPv6 customer has a whole network, 64 bits of it: that is what counts as one address.
fn network(address: &str) -> String {
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

impl App {
    /// Signs somebody in by password. Unknown, inactive, without a password and a wrong password look alike, and
    /// take as long.
    pub async fn sign_in(&self, input: SignIn) -> Result<Tokens, Error> {
        let SignIn { email, password, workspace, client, user_agent } = input;
        let now = self.clock.now();
        let slug = workspace.as_deref().unwrap_or(store::workspaces::SLUG);
        let account = account(slug, &email.trim().to_lowercase());
        self.attempts.by_address(&client, now)?;
        self.attempts.at_account(&account, &client, now)?;
        let password = Password::typed(&password).map_err(|_| Error::BadCredentials)?;
        let found = match EmailAddress::parse(&email) {
            Ok(email) => store::passwords::candidate(&self.db, slug, &email).await?,
            Err(_) => None,
        };
        let hash = found.as_ref().and_then(|found| found.hash.clone());
        let good = self.hashing.matches(password, hash).await?;
        let Some(found) = found else { return Err(Error::BadCredentials) };
        if !good || !found.active || found.kind != UserKind::Person {
            // Written later: an answer that waits for the disk would tell that the address is known.
            let event = SignInFailed { user: found.user, method: SignInMethod::Password, client };
            self.attempts.failed(Failure { workspace: found.workspace, event });
            return Err(Error::BadCredentials);
        }
        self.attempts.succeeded(&client, &account);
        self.start_session(found.workspace, found.user, SignInMethod::Password, client, user_agent).await
    }

    pub(super) async fn start_session(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        method: SignInMethod,
        client: Client,
        user_agent: Option<String>,
    ) -> Result<Tokens, Error> {
        let now = self.clock.now();
        let session = Session {
            id: self.clock.id(),
            workspace,
            user,
            method,
            address: client.address.clone(),
            user_agent,
            created_at: now,
            last_used_at: now,
            expires_at: now + LIFETIME,
            revoked_at: None,
        };
        let actor = person(workspace, user, Some(session.id));
        let mut tx = self.db.of(workspace).begin().await?;
        store::sessions::insert(&mut tx, &session).await?;
        let refresh = self.give_refresh_token(&mut tx, &session, now).await?;
        let mut events = self.outbox.events((&actor).into());
        events.push(&SessionStarted { session: session.id, user, method, client });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        self.tokens(session, refresh).await
    }

    pub(super) async fn give_refresh_token(
        &self,
        tx: &mut Tx,
        session: &Session,
        now: Timestamp,
    ) -> Result<Token, Error> {
        let token = self.generate_token("pwr");
        store::sessions::insert_refresh(tx, session, &token.hash(), now).await?;
        Ok(token)
    }

    pub(super) async fn tokens(&self, session: Session, refresh: Token) -> Result<Tokens, Error> {
        let now = self.clock.now();
        let access = self.signing_key().await?.sign(session.user, session.id, session.workspace, now);
        let access_expires_at = now + TimeDelta::seconds(ACCESS_SECONDS);
        Ok(Tokens { session, access, access_expires_at, refresh })
    }

    /// Writes the failures that were noted since the last time, and says whether there were any.
    pub async fn record_failed_sign_ins(&self) -> Result<bool, sqlx::Error> {
        let failures = self.attempts.take_failures();
        if failures.is_empty() {
            return Ok(false);
        }
        let mut tx = self.db.everywhere().begin().await?;
        for Failure { workspace, event } in &failures {
            // Whoever it was, it was not the user.
            let actor = Actor::system(*workspace, "identity");
            let mut events = self.outbox.events((&actor).into());
            events.push(event);
            events.save(&mut tx).await?;
        }
        self.outbox.commit(tx).await?;
        Ok(true)
    }
}

/// A user who acts for themselves, while they come in or go, in their session if they have one.
pub(super) fn person(workspace: WorkspaceId, user: UserId, session: Option<SessionId>) -> Actor {
    Actor {
        workspace,
        kind: ActorKind::User,
        subject: user.to_string(),
        permissions: Vec::new(),
        access: Access::default(),
        credential: session.map(Credential::Session),
        request: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:ffff:1:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
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
