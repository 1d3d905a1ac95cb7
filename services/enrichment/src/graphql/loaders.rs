use async_graphql::dataloader::Loader;
use kernel::{EnrichmentRunId, LeadId, WorkspaceId};
use platform::graphql::{Batch, LoadError, by_workspace};

use crate::{
    app::App,
    domain::{run::EnrichmentRun, verify::LeadVerification},
    store,
};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

/// What is known of a lead's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerificationOf(pub LeadId);

/// The newest run for a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LatestRunOf(pub LeadId);

impl Loader<(WorkspaceId, VerificationOf)> for Loaders {
    type Value = LeadVerification;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, VerificationOf)]) -> Batch<VerificationOf, LeadVerification> {
        by_workspace(keys, |workspace, keys| async move {
            let leads: Vec<_> = keys.iter().map(|key| key.0).collect();
            let verifications = store::verifications::of_leads(&self.0.db, workspace, &leads).await?;
            Ok(verifications.into_iter().map(|verification| (VerificationOf(verification.lead), verification)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, LatestRunOf)> for Loaders {
    type Value = EnrichmentRun;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, LatestRunOf)]) -> Batch<LatestRunOf, EnrichmentRun> {
        by_workspace(keys, |workspace, keys| async move {
            let leads: Vec<_> = keys.iter().map(|key| key.0).collect();
            let runs = store::runs::latest_of_leads(&self.0.db, workspace, &leads).await?;
            Ok(runs.into_iter().map(|run| (LatestRunOf(run.lead), run)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, EnrichmentRunId)> for Loaders {
    type Value = EnrichmentRun;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, EnrichmentRunId)]) -> Batch<EnrichmentRunId, EnrichmentRun> {
        by_workspace(keys, |workspace, ids| async move {
            let runs = store::runs::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(runs.into_iter().map(|run| (run.id, run)))
        })
        .await
    }
}
