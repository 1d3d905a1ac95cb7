use std::collections::HashMap;

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use kernel::{Actor, EnrichmentRunId, LeadId, Permission, WorkspaceId};
use platform::graphql::{IntoGraphql, LoadError, actor};

use crate::{
    app::App,
    domain::{run::EnrichmentRun, verify::LeadVerification},
    store,
};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

/// Keys: what is wanted, of which object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerificationOf(pub LeadId);
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LatestRunOf(pub LeadId);
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run(pub EnrichmentRunId);

macro_rules! loader {
    ($key:ident -> $object:ident, $read:path, $id:ident) => {
        impl Loader<(WorkspaceId, $key)> for Loaders {
            type Value = $object;
            type Error = LoadError;

            async fn load(
                &self,
                keys: &[(WorkspaceId, $key)],
            ) -> Result<HashMap<(WorkspaceId, $key), $object>, LoadError> {
                let mut by_workspace: HashMap<WorkspaceId, Vec<_>> = HashMap::new();
                for (workspace, $key(id)) in keys {
                    by_workspace.entry(*workspace).or_default().push(*id);
                }
                let mut found = HashMap::with_capacity(keys.len());
                for (workspace, ids) in by_workspace {
                    let objects = $read(&self.0.db, workspace, &ids).await?;
                    found.extend(objects.into_iter().map(|object| ((workspace, $key(object.$id)), object)));
                }
                Ok(found)
            }
        }
    };
}

loader!(VerificationOf -> LeadVerification, store::verifications::of_leads, lead);
loader!(LatestRunOf -> EnrichmentRun, store::runs::latest_of_leads, lead);
loader!(Run -> EnrichmentRun, store::runs::by_ids, id);

/// One object, batched with its neighbours; `None` also for one of another workspace.
pub async fn load<K, T>(ctx: &Context<'_>, key: K) -> async_graphql::Result<Option<T>>
where
    K: Copy + Send + Sync + Eq + std::hash::Hash + 'static,
    T: Clone + Send + Sync + 'static,
    Loaders: Loader<(WorkspaceId, K), Value = T, Error = LoadError>,
{
    let actor: &Actor = actor(ctx)?;
    actor.require(Permission::Read).graphql()?;
    ctx.data_unchecked::<DataLoader<Loaders>>().load_one((actor.workspace, key)).await.graphql()
}
