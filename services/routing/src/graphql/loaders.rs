use async_graphql::dataloader::Loader;
use kernel::{Decision, DecisionId, LeadId, RepId, WorkspaceId};
use platform::graphql::{Batch, LoadError, by_workspace};

use crate::{
    app::App,
    domain::{assignment::Assignment, rep::Rep},
    store,
};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

impl Loader<(WorkspaceId, RepId)> for Loaders {
    type Value = Rep;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, RepId)]) -> Batch<RepId, Rep> {
        by_workspace(keys, |workspace, ids| async move {
            let reps = store::reps::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(reps.into_iter().map(|rep| (rep.id, rep)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, DecisionId)> for Loaders {
    type Value = Decision;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, DecisionId)]) -> Batch<DecisionId, Decision> {
        by_workspace(keys, |workspace, ids| async move {
            let decisions = store::decisions::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(decisions.into_iter().map(|decision| (decision.id, decision)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, LeadId)> for Loaders {
    type Value = Assignment;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, LeadId)]) -> Batch<LeadId, Assignment> {
        by_workspace(keys, |workspace, ids| async move {
            let assignments = store::assignments::by_leads(&self.0.db, workspace, &ids).await?;
            Ok(assignments.into_iter().map(|assignment| (assignment.lead, assignment)))
        })
        .await
    }
}
