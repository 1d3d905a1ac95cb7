use async_graphql::dataloader::Loader;
use kernel::{UserId, WorkspaceId};
use platform::graphql::{Batch, LoadError, by_workspace};

use crate::{app::App, domain::user::User, store};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

impl Loader<(WorkspaceId, UserId)> for Loaders {
    type Value = User;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, UserId)]) -> Batch<UserId, User> {
        by_workspace(keys, |workspace, ids| async move {
            let users = store::users::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(users.into_iter().map(|user| (user.id, user)))
        })
        .await
    }
}
