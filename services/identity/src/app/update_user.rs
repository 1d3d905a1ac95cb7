use kernel::{Actor, Permission, PersonName, RoleId, UserId};
use platform::Tx;

use super::App;
use crate::{
    domain::{
        role::Role,
        session::{Client, RevokedBecause},
        user::User,
    },
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateUser {
    pub id: UserId,
    pub name: Option<PersonName>,
    /// A built-in role, which takes the place of a custom one too.
    pub role: Option<Role>,
    /// `Some(None)` leaves the user with the base of the custom role that they had, if no other is given.
    pub custom_role: Option<Option<RoleId>>,
    pub active: Option<bool>,
    /// The version that was read: refused with `CONFLICT` if the user is newer.
    pub version: Option<i64>,
}

impl App {
    /// Changes a user; a new role or absence counts for their keys at once, and absence ends their sessions.
    pub async fn update_user(&self, actor: &Actor, input: UpdateUser) -> Result<User, Error> {
        actor.require(Permission::Admin)?;
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        let user = store::users::by_id(&mut tx, actor.workspace, input.id).await?.ok_or(Error::not_found("user"))?;
        if input.version.is_some_and(|version| version != user.version) {
            return Err(Error::Conflict);
        }
        let built_in = input.role.or(matches!(input.custom_role, Some(None)).then_some(user.role));
        let role = self.role(&mut tx, actor, built_in, input.custom_role.flatten()).await?;
        let change = user.change(self.clock.now(), |user| {
            user.name = input.name.unwrap_or_else(|| user.name.clone());
            (user.role, user.custom_role) = role.unwrap_or((user.role, user.custom_role));
            user.active = input.active.unwrap_or(user.active);
        });
        let Some(change) = change else { return Ok(user) };
        if change.gives() {
            // Whoever is let go has nothing.
            let had = match change.previous.active {
                true => Some(self.rights_of(&mut tx, &change.previous).await?),
                false => None,
            };
            let gift = self.rights_of(&mut tx, &change.current).await?;
            acting.require_to_give(&gift, had.as_ref())?;
        }
        if change.loses_an_admin() && store::users::count_active_admins(&mut tx, actor.workspace).await? <= 1 {
            return Err(Error::LastAdmin);
        }
        if store::users::update(&mut tx, &change).await? == 0 {
            return Err(Error::Conflict);
        }
        if change.lets_go() {
            self.end_ways_in(&mut tx, actor, change.current.id).await?;
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&change.updated());
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.current)
    }

    /// Ends the sessions and invitations of a user for good: whoever comes back signs in anew.
    async fn end_ways_in(&self, tx: &mut Tx, actor: &Actor, user: UserId) -> Result<(), Error> {
        let (because, now) = (RevokedBecause::Revoked, self.clock.now());
        store::passwords::end_invitations(tx, actor.workspace, user, now).await?;
        let ended = store::sessions::revoke_others(tx, actor.workspace, user, None, because, now).await?;
        self.tell_revoked(tx, actor, &ended, because, Client::default()).await
    }

    /// The role that is meant: a custom one brings its base.
    pub(super) async fn role(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        role: Option<Role>,
        custom: Option<RoleId>,
    ) -> Result<Option<(Role, Option<RoleId>)>, Error> {
        let Some(id) = custom else { return Ok(role.map(|role| (role, None))) };
        let custom = store::roles::by_id(tx, actor.workspace, id).await?;
        let custom = custom.ok_or(Error::NotFound { what: "role", field: "customRoleId" })?;
        Ok(Some((custom.base, Some(custom.id))))
    }
}
