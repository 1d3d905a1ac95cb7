use kernel::{Actor, Permission, TeamId, UserId};

use super::App;
use crate::{
    domain::{rights::Rights, user::User},
    error::Error,
    store,
};

impl App {
    /// Makes a user a member of the team, and of no other.
    pub async fn add_team_member(&self, actor: &Actor, team: TeamId, user: UserId) -> Result<User, Error> {
        self.set_team(actor, user, |_| Ok(Some(team)), Some(team)).await
    }

    /// Takes a member out of the team.
    pub async fn remove_team_member(&self, actor: &Actor, team: TeamId, user: UserId) -> Result<User, Error> {
        let leave = |user: &User| {
            if user.team == Some(team) { Ok(None) } else { Err(Error::NotFound { what: "member", field: "userId" }) }
        };
        self.set_team(actor, user, leave, None).await
    }

    async fn set_team(
        &self,
        actor: &Actor,
        user: UserId,
        team_of: impl FnOnce(&User) -> Result<Option<TeamId>, Error>,
        must_exist: Option<TeamId>,
    ) -> Result<User, Error> {
        actor.require(Permission::Admin)?;
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        if let Some(team) = must_exist {
            let found = store::teams::by_id(&mut tx, actor.workspace, team).await?;
            found.ok_or(Error::NotFound { what: "team", field: "teamId" })?;
        }
        let user = store::users::by_id(&mut tx, actor.workspace, user).await?;
        let user = user.ok_or(Error::NotFound { what: "user", field: "userId" })?;
        let team = team_of(&user)?;
        let Some(change) = user.change(self.clock.now(), |user| user.team = team) else { return Ok(user) };
        // Who comes into a team may have records of those below, and those in it and above have theirs.
        if team.is_some() {
            acting.require_to_give(&Rights::everything(), None)?;
        }
        if store::users::update(&mut tx, &change).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&change.updated());
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.current)
    }
}
