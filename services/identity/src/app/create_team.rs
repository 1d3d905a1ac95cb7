use events::identity::TeamChanged;
use kernel::{Actor, Permission, TeamId, UserId, WorkspaceId};
use platform::{
    Tx,
    idempotency::{Request, made_before},
};
use serde_json::json;

use super::App;
use crate::{domain::team::Team, error::Error, store};

#[derive(Debug, Clone)]
pub struct CreateTeam {
    pub name: String,
    /// Left out, the team stands at the root.
    pub parent: Option<TeamId>,
    pub manager: Option<UserId>,
    pub idempotency_key: Option<String>,
}

impl App {
    pub async fn create_team(&self, actor: &Actor, input: CreateTeam) -> Result<Team, Error> {
        actor.require(Permission::Admin)?;
        let CreateTeam { name, parent, manager, idempotency_key: key } = input;
        let asked = json!({ "name": name, "parent": parent, "manager": manager });
        let request = Request { operation: "createTeam", key: key.as_deref(), input: &asked };
        let (id, now) = (self.clock.id(), self.clock.now());
        let (mut tx, _) = self.begin_as_admin(actor).await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            return store::teams::by_id(&mut tx, actor.workspace, first).await?.ok_or(Error::Conflict);
        }
        let parent = self.parent_team(&mut tx, actor.workspace, parent).await?;
        self.check_manager(&mut tx, actor.workspace, manager).await?;
        let path = Team::path_below(parent.as_ref(), id)?;
        let team =
            Team { id, workspace: actor.workspace, version: 1, name, path, manager, created_at: now, updated_at: now };
        if store::teams::insert(&mut tx, &team).await? == 0 {
            return Err(Error::NameTaken { what: "team" });
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&TeamChanged { team: id, previous: None, current: Some(team.published()) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(team)
    }

    pub(super) async fn parent_team(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        parent: Option<TeamId>,
    ) -> Result<Option<Team>, Error> {
        let Some(id) = parent else { return Ok(None) };
        let parent = store::teams::by_id(tx, workspace, id).await?;
        parent.map(Some).ok_or(Error::NotFound { what: "team", field: "parentId" })
    }

    pub(super) async fn check_manager(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        manager: Option<UserId>,
    ) -> Result<(), Error> {
        let Some(id) = manager else { return Ok(()) };
        let found = store::users::by_id(tx, workspace, id).await?;
        found.map(drop).ok_or(Error::NotFound { what: "user", field: "managerId" })
    }
}
