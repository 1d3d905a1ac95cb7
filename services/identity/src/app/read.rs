use kernel::{Actor, PageArgs, Permission};

use super::App;
use crate::{
    domain::{Workspace, api_key::ApiKey, role::CustomRole, team::Team, user::User},
    error::Error,
    store,
};

impl App {
    pub async fn workspace(&self, actor: &Actor) -> Result<Option<Workspace>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::workspaces::by_id(&self.db, actor.workspace).await?)
    }

    /// One row more than the page holds, if another page follows.
    pub async fn users(&self, actor: &Actor, page: PageArgs) -> Result<Vec<User>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::users::list(&self.db, actor, page).await?)
    }

    /// One row more than the page holds, if another page follows.
    pub async fn teams(&self, actor: &Actor, page: PageArgs) -> Result<Vec<Team>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::teams::list(&self.db, actor, page).await?)
    }

    /// One row more than the page holds, if another page follows.
    pub async fn roles(&self, actor: &Actor, page: PageArgs) -> Result<Vec<CustomRole>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::roles::list(&self.db, actor, page).await?)
    }

    /// One row more than the page holds, if another page follows.
    pub async fn api_keys(&self, actor: &Actor, page: PageArgs) -> Result<Vec<ApiKey>, Error> {
        actor.require(Permission::Admin)?;
        Ok(store::api_keys::list(&self.db, actor, page).await?)
    }
}
