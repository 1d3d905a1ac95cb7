use kernel::{Actor, Permission, TeamId, UserId};

use super::App;
use crate::{domain::team::Team, error::Error, store};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateTeam {
    pub id: TeamId,
    pub name: Option<String>,
    /// `Some(None)` leaves the team without a manager.
    pub manager: Option<Option<UserId>>,
    /// The version that was read: refused with `CONFLICT` if the team is newer.
    pub version: Option<i64>,
}

impl App {
    pub async fn update_team(&self, actor: &Actor, input: UpdateTeam) -> Result<Team, Error> {
        actor.require(Permission::Admin)?;
        let UpdateTeam { id, name, manager, version } = input;
        let (mut tx, _) = self.begin_as_admin(actor).await?;
        let team = store::teams::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("team"))?;
        if version.is_some_and(|version| version != team.version) {
            return Err(Error::Conflict);
        }
        self.check_manager(&mut tx, actor.workspace, manager.flatten()).await?;
        let change = team.change(self.clock.now(), |team| {
            team.name = name.unwrap_or_else(|| team.name.clone());
            team.manager = manager.unwrap_or(team.manager);
        });
        let Some(change) = change else { return Ok(team) };
        if store::teams::name_taken(&mut tx, actor.workspace, id, &change.current.name).await? {
            return Err(Error::NameTaken { what: "team" });
        }
        store::teams::update(&mut tx, actor.workspace, std::slice::from_ref(&change)).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&change.changed());
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(change.current)
    }
}
