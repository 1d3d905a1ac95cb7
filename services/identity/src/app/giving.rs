use kernel::{Actor, ActorKind, CredentialId, Permission};
use platform::Tx;

use super::{
    App,
    authenticate::{by_key, by_session},
};
use crate::{
    domain::{api_key::ApiKey, rights::Rights, user::User},
    error::Error,
    store,
};

/// Whoever acts, with what is left to them by now.
pub(super) struct Acting {
    actor: Actor,
    key: Option<ApiKey>,
}

impl Acting {
    pub fn is_admin(&self) -> bool {
        self.actor.require(Permission::Admin).is_ok()
    }

    /// Refuses a key that may only read, as what changes something does. Whoever signed in may sign out, whatever their
    /// role.
    pub fn require_to_end_sessions(&self) -> Result<(), Error> {
        match self.actor.kind {
            ActorKind::ApiKey if !self.is_admin() => Ok(self.actor.require(Permission::Write)?),
            _ => Ok(()),
        }
    }

    /// The key by which they came in, if it was one: what it makes opens no more and lasts no longer. Of one that
    /// nobody names, as a gateway from before did not, nobody knows how narrow it is.
    pub fn key(&self) -> Result<Option<&ApiKey>, Error> {
        match self.key.as_ref() {
            None if self.actor.kind == ActorKind::ApiKey => Err(Error::Conflict),
            key => Ok(key),
        }
    }

    /// What they have to give.
    pub fn rights(&self) -> Result<Rights, Error> {
        Ok(Rights::of_actor(&self.actor, self.key()?))
    }

    /// Refuses to give somebody more than the actor has, unless they `had` as much before. Whatever gives something to
    /// a user or a role asks here; what makes a key asks [`Rights::give`] itself, to name the field.
    pub fn require_to_give(&self, gift: &Rights, had: Option<&Rights>) -> Result<(), Error> {
        if had.is_some_and(|had| had.give(gift).is_ok()) {
            return Ok(());
        }
        Ok(self.rights()?.give(gift)?)
    }
}

impl App {
    /// [`begin`](Self::begin) of what is for admins.
    pub(super) async fn begin_as_admin(&self, actor: &Actor) -> Result<(Tx, Acting), Error> {
        let (tx, acting) = self.begin(actor).await?;
        acting.actor.require(Permission::Admin)?;
        Ok((tx, acting))
    }

    /// Begins a change of who there is and what they may. An operation of many changes goes on while what it came in by
    /// is taken away, by another or by itself, so each of them asks anew.
    ///
    /// One at a time in a workspace, and the lock comes first: whoever waits for it sees what the one before took away,
    /// and rights that were read before it would be those of before. It also keeps one of two admins who demote each
    /// other, two roles or teams from taking one name, and two moves from hanging each team below the other.
    pub(super) async fn begin(&self, actor: &Actor) -> Result<(Tx, Acting), Error> {
        let mut tx = self.db.of(actor.workspace).begin().await?;
        store::workspaces::lock(&mut tx, actor.workspace).await?;
        let acting = self.acting(&mut tx, actor).await?;
        Ok((tx, acting))
    }

    /// What is left to the actor by now; refuses whose key or session has ended, and who was let go.
    async fn acting(&self, tx: &mut Tx, actor: &Actor) -> Result<Acting, Error> {
        let (workspace, now) = (actor.workspace, self.clock.now());
        let (principal, key) = match actor.credential {
            // A service, or a gateway from before there were credentials.
            None => return Ok(Acting { actor: actor.clone(), key: None }),
            Some(CredentialId::ApiKey(id)) => {
                let found = store::api_keys::with_standing(tx, workspace, id).await?;
                let found = found.filter(|found| found.key.is_active(now)).ok_or(Error::Ended)?;
                let key = found.key.clone();
                (by_key(found, Vec::new()), Some(key))
            }
            Some(CredentialId::Session(id)) => {
                let found = store::sessions::with_standing_for_update(tx, workspace, id).await?;
                let found = found.filter(|(session, _)| session.is_active(now));
                let (session, standing) = found.ok_or(Error::Ended)?;
                (by_session(&session, standing, Vec::new()), None)
            }
        };
        if !principal.standing.active {
            return Err(Error::Ended);
        }
        let mut left = principal.actor;
        left.permissions.retain(|permission| actor.permissions.contains(permission));
        Ok(Acting { actor: left, key })
    }

    /// What a user's role gives them.
    pub(super) async fn rights_of(&self, tx: &mut Tx, user: &User) -> Result<Rights, Error> {
        let custom = match user.custom_role {
            Some(id) => store::roles::by_id(tx, user.workspace, id).await?,
            None => None,
        };
        Ok(Rights::of_role(user.role, custom.as_ref().map(|role| &role.grants)))
    }
}
