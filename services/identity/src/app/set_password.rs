use chrono::TimeDelta;
use events::identity::{PasswordChanged, UserInvited};
use kernel::{Actor, EventId, Permission, SessionId, Timestamp, UserId, WorkspaceId};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::{App, attempts::account, sign_in::person};
use crate::{
    domain::{
        api_key::KeyHash,
        jws::Unverified,
        password::Password,
        rights::Rights,
        secret::Token,
        session::{Client, RevokedBecause},
        user::{User, UserKind},
    },
    error::Error,
    store,
};

/// How long an invitation is good.
pub(super) const INVITED_FOR: TimeDelta = TimeDelta::days(7);

/// A new password. No `Debug`: neither proof nor password must print.
pub struct SetPassword {
    pub proof: Proof,
    pub password: String,
    pub client: Client,
}

/// Why somebody may set a password.
pub enum Proof {
    /// They were given a one-time token.
    Invitation(String),
    /// They are signed in and know the password they have.
    Current { access_token: String, password: String },
}

/// Who is to set a password.
#[derive(Debug, Clone)]
pub struct InviteUser {
    pub user: UserId,
    pub idempotency_key: Option<String>,
}

/// Who was invited, and by what.
#[derive(Debug, Clone)]
pub struct Invited {
    pub user: User,
    /// `None` when it had been made before and is only asked for again.
    pub invitation: Option<Invitation>,
}

/// A one-time token, for the one time that it is shown.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub token: Token,
    pub expires_at: Timestamp,
}

/// Who sets their password.
struct Setter {
    workspace: WorkspaceId,
    user: UserId,
    /// The session that goes on.
    session: Option<SessionId>,
    invitation: Option<KeyHash>,
}

impl App {
    /// Makes a one-time token with which a user sets a password, their first or a new one. Those before it open
    /// nothing any more.
    pub async fn invite_user(&self, actor: &Actor, input: InviteUser) -> Result<Invited, Error> {
        actor.require(Permission::Admin)?;
        let InviteUser { user, idempotency_key } = input;
        let asked = json!({ "user": user });
        let request = Request { operation: "inviteUser", key: idempotency_key.as_deref(), input: &asked };
        let now = self.clock.now();
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        // An invitation has no id of its own: the key remembers only that there was one.
        let again = made_before(&mut tx, actor, request, self.clock.id::<EventId>()).await?.is_some();
        let user = store::users::by_id(&mut tx, actor.workspace, user).await?;
        let user = user.ok_or(Error::NotFound { what: "user", field: "userId" })?;
        if again {
            return Ok(Invited { user, invitation: None });
        }
        if !user.active || user.kind == UserKind::ServiceAccount {
            return Err(Error::invalid("userId", "service accounts and inactive users cannot sign in"));
        }
        // Whoever has the token can be the user, whatever they are given later.
        acting.require_to_give(&Rights::everything(), None)?;
        let token = self.generate_token("pwi");
        let expires_at = now + INVITED_FOR;
        store::passwords::invite(&mut tx, actor.workspace, user.id, &token.hash(), expires_at, now).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&UserInvited { user: user.id, expires_at });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(Invited { user, invitation: Some(Invitation { token, expires_at }) })
    }

    /// Sets a password and ends every session of the user but the one that asked.
    pub async fn set_password(&self, input: SetPassword) -> Result<(), Error> {
        let SetPassword { proof, password, client } = input;
        // Not given back: who sets a password does so once.
        self.attempts.by_address(&client, self.clock.now())?;
        let setter = match proof {
            Proof::Invitation(token) => self.invited(&token).await?,
            Proof::Current { access_token, password } => self.known(&access_token, password, &client).await?,
        };
        let Setter { workspace, user, session, invitation } = setter;
        let actor = person(workspace, user, session);
        let users = store::users::by_ids(&self.db, &actor, &[user]).await?;
        let found = users.into_iter().find(|user| user.active && user.kind == UserKind::Person);
        let found = found.ok_or(Error::BadCredentials)?;
        let password = Password::parse(&password, found.email.as_str())?;
        let mut salt = [0; 16];
        self.clock.random(&mut salt);
        let hash = self.hashing.hash(password, salt).await?;
        let now = self.clock.now();
        let mut tx = self.db.of(workspace).begin().await?;
        if let Some(invitation) = invitation
            && store::passwords::use_invitation(&mut tx, &invitation, now).await? == 0
        {
            return Err(Error::BadCredentials);
        }
        store::passwords::set(&mut tx, workspace, user, &hash, now).await?;
        let because = RevokedBecause::PasswordChanged;
        let ended = store::sessions::revoke_others(&mut tx, workspace, user, session, because, now).await?;
        self.tell_revoked(&mut tx, &actor, &ended, because, client.clone()).await?;
        let mut events = self.outbox.events((&actor).into());
        events.push(&PasswordChanged { user, client });
        events.save(&mut tx).await?;
        Ok(self.outbox.commit(tx).await?)
    }

    async fn invited(&self, token: &str) -> Result<Setter, Error> {
        let hash = KeyHash::of(token);
        let found = store::passwords::invited(&self.db, &hash, self.clock.now()).await?;
        let (workspace, user) = found.ok_or(Error::BadCredentials)?;
        Ok(Setter { workspace, user, session: None, invitation: Some(hash) })
    }

    /// A stolen access token alone must not be enough to take the account.
    async fn known(&self, access_token: &str, password: String, client: &Client) -> Result<Setter, Error> {
        let token = Unverified::parse(access_token).ok_or(Error::BadCredentials)?;
        let claims = self.access_claims(&token).await?.ok_or(Error::BadCredentials)?;
        let now = self.clock.now();
        let found = store::sessions::with_standing(&self.db, claims.ws, claims.sid).await?;
        let found = found.filter(|(session, standing)| session.is_active(now) && standing.active);
        let (session, _) = found.ok_or(Error::BadCredentials)?;
        self.attempts.at_account(&account("", &session.user.to_string()), client, now)?;
        let hash = store::passwords::hash_of(&self.db, session.workspace, session.user).await?;
        let typed = Password::typed(&password).map_err(|_| Error::BadCredentials)?;
        if !self.hashing.matches(typed, hash).await? {
            return Err(Error::BadCredentials);
        }
        Ok(Setter { workspace: session.workspace, user: session.user, session: Some(session.id), invitation: None })
    }
}
