use std::collections::HashMap;

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use kernel::{Actor, Decision, DecisionId, LeadId, Permission, RepId, WorkspaceId};
use platform::graphql::{IntoGraphql, LoadError, actor};

use crate::{
    app::App,
    domain::{assignment::Assignment, rep::Rep},
    store,
};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

macro_rules! loader {
    ($id:ident, $object:ident, $key:ident, $by_ids:path) => {
        impl Loader<(WorkspaceId, $id)> for Loaders {
            type Value = $object;
            type Error = LoadError;

            async fn load(
                &self,
                keys: &[(WorkspaceId, $id)],
            ) -> Result<HashMap<(WorkspaceId, $id), $object>, LoadError> {
                let mut by_workspace: HashMap<WorkspaceId, Vec<$id>> = HashMap::new();
                for (workspace, id) in keys {
                    by_workspace.entry(*workspace).or_default().push(*id);
                }
                let mut found = HashMap::with_capacity(keys.len());
                for (workspace, ids) in by_workspace {
                    let objects = $by_ids(&self.0.db, workspace, &ids).await?;
                    found.extend(objects.into_iter().map(|object| ((workspace, object.$key), object)));
                }
                Ok(found)
            }
        }
    };
}

loader!(RepId, Rep, id, store::reps::by_ids);
loader!(DecisionId, Decision, id, store::decisions::by_ids);
loader!(LeadId, Assignment, lead, store::assignments::by_leads);

/// One object by id, batched with its neighbours; `None` also for one of another workspace.
pub async fn load<I, T>(ctx: &Context<'_>, id: I) -> async_graphql::Result<Option<T>>
where
    I: Copy + Send + Sync + Eq + std::hash::Hash + 'static,
    T: Clone + Send + Sync + 'static,
    Loaders: Loader<(WorkspaceId, I), Value = T, Error = LoadError>,
{
    let actor: &Actor = actor(ctx)?;
    actor.require(Permission::Read).graphql()?;
    ctx.data_unchecked::<DataLoader<Loaders>>().load_one((actor.workspace, id)).await.graphql()
}
