use kernel::{Actor, ActorKind, CredentialId};
use platform::Tx;

use super::App;
use crate::{
    domain::{api_key::ApiKey, rights::Rights, user::User},
    error::Error,
    store,
};

impl App {
    /// Refuses to give somebody more than the actor has, unless they `had` as much before. Whatever gives something to
    /// a user or a role asks here; what makes a key asks [`Rights::give`] itself, to name the field.
    pub(super) async fn require_to_give(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        gift: &Rights,
        had: Option<&Rights>,
    ) -> Result<(), Error> {
        if had.is_some_and(|had| had.give(gift).is_ok()) {
            return Ok(());
        }
        let own = self.own_key(tx, actor).await?;
        Ok(Rights::of_actor(actor, own.as_ref()).give(gift)?)
    }

    /// What a user's role gives them.
    pub(super) async fn rights_of(&self, tx: &mut Tx, user: &User) -> Result<Rights, Error> {
        let custom = match user.custom_role {
            Some(id) => store::roles::by_id(tx, user.workspace, id).await?,
            None => None,
        };
        Ok(Rights::of_role(user.role, custom.as_ref().map(|role| &role.grants)))
    }

    /// The key by which the actor came in, if it was one: what it makes opens no more and lasts no longer. Of one that
    /// nobody names, as a gateway from before did not, nobody knows how narrow it is.
    pub(super) async fn own_key(&self, tx: &mut Tx, actor: &Actor) -> Result<Option<ApiKey>, Error> {
        let id = match actor.credential {
            Some(CredentialId::ApiKey(id)) => id,
            None if actor.kind == ActorKind::ApiKey => return Err(Error::Conflict),
            _ => return Ok(None),
        };
        let own = store::api_keys::by_id(tx, actor.workspace, id).await?;
        own.map(Some).ok_or(Error::Conflict)
    }
}
