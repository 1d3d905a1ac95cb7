use std::collections::HashMap;

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use kernel::{Actor, Permission, UserId, WorkspaceId};
use platform::graphql::{IntoGraphql, LoadError, actor};

use crate::{app::App, domain::user::User, store};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

impl Loader<(WorkspaceId, UserId)> for Loaders {
    type Value = User;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, UserId)]) -> Result<HashMap<(WorkspaceId, UserId), User>, LoadError> {
        let mut by_workspace: HashMap<WorkspaceId, Vec<UserId>> = HashMap::new();
        for (workspace, id) in keys {
            by_workspace.entry(*workspace).or_default().push(*id);
        }
        let mut found = HashMap::with_capacity(keys.len());
        for (workspace, ids) in by_workspace {
            let users = store::users::by_ids(&self.0.db, workspace, &ids).await?;
            found.extend(users.into_iter().map(|user| ((workspace, user.id), user)));
        }
        Ok(found)
    }
}

/// One user by id, batched with their neighbours; `None` also for one of another workspace.
pub async fn load_user(ctx: &Context<'_>, id: UserId) -> async_graphql::Result<Option<User>> {
    let actor: &Actor = actor(ctx)?;
    actor.require(Permission::Read).graphql()?;
    ctx.data_unchecked::<DataLoader<Loaders>>().load_one((actor.workspace, id)).await.graphql()
}
