use events::identity::TeamChanged;
use kernel::{Actor, Permission, TeamId};

use super::App;
use crate::{error::Error, store};

impl App {
    /// Deletes a team without members and without teams below it.
    pub async fn delete_team(&self, actor: &Actor, id: TeamId) -> Result<TeamId, Error> {
        actor.require(Permission::Admin)?;
        let (mut tx, _) = self.begin_as_admin(actor).await?;
        let team = store::teams::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("team"))?;
        if store::teams::delete_empty(&mut tx, actor.workspace, id).await? == 0 {
            return Err(Error::TeamNotEmpty);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&TeamChanged { team: id, previous: Some(team.published()), current: None });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(id)
    }
}
