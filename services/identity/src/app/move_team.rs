use kernel::{Actor, Permission, TeamId};

use super::App;
use crate::{
    domain::{
        rights::Rights,
        team::{Team, relocate},
    },
    error::Error,
    store,
};

impl App {
    /// Hangs a team, with all below it, under another, or at the root. Each of them is told as changed.
    pub async fn move_team(&self, actor: &Actor, id: TeamId, parent: Option<TeamId>) -> Result<Team, Error> {
        actor.require(Permission::Admin)?;
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        let team = store::teams::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("team"))?;
        let parent = self.parent_team(&mut tx, actor.workspace, parent).await?;
        let tree = store::teams::tree(&mut tx, &team).await?;
        let changes = relocate(&team, &tree, parent.as_ref(), self.clock.now())?;
        if changes.is_empty() {
            return Ok(team);
        }
        // Those above now have the records of all who come below them.
        if parent.is_some() {
            acting.require_to_give(&Rights::everything(), None)?;
        }
        store::teams::update(&mut tx, actor.workspace, &changes).await?;
        let mut events = self.outbox.events(actor.into());
        for change in &changes {
            events.push(&change.changed());
        }
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        let moved = changes.into_iter().map(|change| change.current).find(|moved| moved.id == id);
        Ok(moved.unwrap_or(team))
    }
}
