use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use events::identity::{SessionStarted, SignInFailed};
use kernel::{Access, Actor, ActorKind, EmailAddress, Timestamp, UserId, WorkspaceId};
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
/// Attempts at one account, wherever they come from.
const AT_ACCOUNT: Rate = Rate { burst: 10, every: TimeDelta::seconds(60) };
/// Addresses and accounts that are remembered; twice as many at most.
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
        let Some(address) = &client.address else { return Ok(()) };
        Ok(self.with(|inner| inner.addresses.take(&network(address), now))?)
    }

    pub(super) fn at_account(&self, account: &[u8; 32], now: Timestamp) -> Result<(), Error> {
        Ok(self.with(|inner| inner.accounts.take(account, now))?)
    }

    fn succeeded(&self, client: &Client, account: &[u8; 32]) {
        self.with(|inner| inner.accounts.give_back(account));
        self.forgive(client);
    }

    /// It was a good attempt, so it does not count.
    pub(super) fn forgive(&self, client: &Client) {
        if let Some(address) = &client.address {
            self.with(|inner| inner.addresses.give_back(&network(address)));
        }
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
        self.attempts.at_account(&account, now)?;
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
        let actor = person(workspace, user);
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

/// A user who acts for themselves, while they come in or go.
pub(super) fn person(workspace: WorkspaceId, user: UserId) -> Actor {
    Actor {
        workspace,
        kind: ActorKind::User,
        subject: user.to_string(),
        permissions: Vec::new(),
        access: Access::default(),
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
}
