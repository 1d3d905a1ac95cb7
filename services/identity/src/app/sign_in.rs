use std::fmt;

use chrono::TimeDelta;
use events::identity::{SessionStarted, SignInFailed};
use kernel::{Access, Actor, ActorKind, CredentialId, EmailAddress, SessionId, Timestamp, UserId, WorkspaceId};
use platform::Tx;

use super::{
    App,
    attempts::{Failure, account},
};
use crate::{
    domain::{
        jws::ACCESS_SECONDS,
        password::Password,
        secret::Token,
        session::{Client, LIFETIME, Session, SignInMethod},
        user::UserKind,
    },
    error::Error,
    store,
};

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
        credential: session.map(CredentialId::Session),
        expires_at: None,
        request: None,
    }
}
