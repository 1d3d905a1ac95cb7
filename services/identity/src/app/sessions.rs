use events::identity::SessionRevoked;
use kernel::{Actor, PageArgs, Permission, SessionId, Timestamp, UserId};
use platform::Tx;

use super::{
    App,
    sign_in::{Tokens, person},
};
use crate::{
    domain::{
        api_key::KeyHash,
        session::{Client, RevokedBecause, Session},
    },
    error::Error,
    store::{self, sessions::Presented},
};

impl App {
    /// Gives a new pair of tokens for a refresh token, which is used up. One that comes a second time has been
    /// stolen, from this client or for it: the session ends.
    pub async fn refresh(&self, token: &str, client: Client) -> Result<Tokens, Error> {
        let (now, hash) = (self.clock.now(), KeyHash::of(token));
        if !self.was_given(&hash, &client, now).await? {
            return Err(Error::BadRefreshToken);
        }
        let mut tx = self.db.everywhere().begin().await?;
        let (workspace, id) = match store::sessions::use_refresh(&mut tx, &hash, now).await? {
            Presented::Unknown => return Err(Error::BadRefreshToken),
            Presented::Used { workspace, session } => {
                let because = RevokedBecause::RefreshReused;
                tx.turn_to(workspace).await?;
                let ended = store::sessions::revoke(&mut tx, workspace, session, because, now).await?;
                if let Some(session) = ended {
                    self.tell_revoked(&mut tx, &Actor::system(workspace, "identity"), &[session], because, client)
                        .await?;
                    self.outbox.commit(tx).await?;
                }
                return Err(Error::BadRefreshToken);
            }
            Presented::Fresh { workspace, session } => (workspace, session),
        };
        tx.turn_to(workspace).await?;
        let found = store::sessions::with_standing_for_update(&mut tx, workspace, id).await?;
        let active = found.filter(|(session, standing)| session.is_active(now) && standing.active);
        let Some((session, _)) = active else { return Err(Error::BadRefreshToken) };
        store::sessions::touch(&mut tx, workspace, id, now).await?;
        let refresh = self.give_refresh_token(&mut tx, &session, now).await?;
        tx.commit().await?;
        self.tokens(Session { last_used_at: now, ..session }, refresh).await
    }

    /// Ends the session of a refresh token. One that opens nothing is as good as signed out.
    pub async fn sign_out(&self, token: &str, client: Client) -> Result<(), Error> {
        let (now, hash) = (self.clock.now(), KeyHash::of(token));
        if !self.was_given(&hash, &client, now).await? {
            return Ok(());
        }
        let mut tx = self.db.everywhere().begin().await?;
        let (workspace, id) = match store::sessions::use_refresh(&mut tx, &hash, now).await? {
            Presented::Unknown => return Ok(()),
            Presented::Fresh { workspace, session } | Presented::Used { workspace, session } => (workspace, session),
        };
        let because = RevokedBecause::SignedOut;
        tx.turn_to(workspace).await?;
        if let Some(session) = store::sessions::revoke(&mut tx, workspace, id, because, now).await? {
            let actor = person(workspace, session.user, Some(id));
            self.tell_revoked(&mut tx, &actor, &[session], because, client).await?;
        }
        Ok(self.outbox.commit(tx).await?)
    }

    /// Whether anybody was ever given this refresh token. Only one that nobody was counts as an attempt: who shows
    /// their own waits for nobody behind the same address.
    async fn was_given(&self, hash: &KeyHash, client: &Client, now: Timestamp) -> Result<bool, Error> {
        let given = store::sessions::refresh_given(&self.db, hash).await?;
        if !given {
            self.attempts.by_address(client, now)?;
        }
        Ok(given)
    }

    /// A page of one's own sessions, or, for admins, of anybody's. One row more than the page holds, if another
    /// page follows.
    pub async fn sessions(&self, actor: &Actor, user: Option<UserId>, page: PageArgs) -> Result<Vec<Session>, Error> {
        actor.require(Permission::Read)?;
        let own = actor.subject.parse().ok();
        if user.is_some() && user != own {
            actor.require(Permission::Admin)?;
        }
        let Some(user) = user.or(own) else { return Ok(Vec::new()) };
        Ok(store::sessions::list(&self.db, actor.workspace, user, page).await?)
    }

    /// Ends one's own session, or, for admins, anybody's; by a key that may write. Ended again, it stays as it is.
    pub async fn revoke_session(&self, actor: &Actor, id: SessionId) -> Result<Session, Error> {
        actor.require(Permission::Read)?;
        let (mut tx, acting) = self.begin(actor).await?;
        let session = store::sessions::by_id(&mut tx, actor.workspace, id).await?;
        // To whoever is no admin, others' sessions do not exist.
        let own = |session: &Session| actor.subject == session.user.to_string();
        let session = session.filter(|session| own(session) || acting.is_admin());
        let session = session.ok_or(Error::not_found("session"))?;
        acting.require_to_end_sessions()?;
        let (because, now) = (RevokedBecause::Revoked, self.clock.now());
        let Some(ended) = store::sessions::revoke(&mut tx, actor.workspace, id, because, now).await? else {
            return Ok(session);
        };
        self.tell_revoked(&mut tx, actor, std::slice::from_ref(&ended), because, Client::default()).await?;
        self.outbox.commit(tx).await?;
        Ok(ended)
    }

    pub(super) async fn tell_revoked(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        sessions: &[Session],
        because: RevokedBecause,
        client: Client,
    ) -> Result<(), Error> {
        let mut events = self.outbox.events(actor.into());
        for session in sessions {
            events.push(&SessionRevoked { session: session.id, user: session.user, because, client: client.clone() });
        }
        Ok(events.save(tx).await?)
    }

    /// Takes away sessions, invitations and signing keys that have been over for long. Says whether there were any.
    pub async fn prune_sessions(&self) -> Result<bool, sqlx::Error> {
        let now = self.clock.now();
        let mut tx = self.db.everywhere().begin().await?;
        let gone = store::sessions::prune(&mut tx, now - KEPT, BATCH).await?;
        store::oidc::prune(&mut tx, now).await?;
        store::signing_keys::prune(&mut tx, now - super::signing::KEPT_FOR).await?;
        tx.commit().await?;
        Ok(gone > 0)
    }
}

/// How long what is over can still be seen.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);
/// Rows of each table taken away at a time.
const BATCH: i64 = 5_000;
