use async_graphql::dataloader::Loader;
use kernel::{EnrichmentRunId, LeadId};
use platform::graphql::{Batch, For, LoadError, by_actor};

use crate::{
    app::App,
    domain::{run::EnrichmentRun, verify::LeadVerification},
    store,
};

/// Reads what one level of a query asks for in one statement.
pub struct Loaders(pub App);

/// What is known of a lead's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerificationOf(pub LeadId);

/// The newest run for a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LatestRunOf(pub LeadId);

impl Loader<For<VerificationOf>> for Loaders {
    type Value = LeadVerification;
    type Error = LoadError;

    async fn load(&self, keys: &[For<VerificationOf>]) -> Batch<VerificationOf, LeadVerification> {
        by_actor(keys, |actor, keys| async move {
            let leads: Vec<_> = keys.iter().map(|key| key.0).collect();
            let verifications = store::verifications::of_leads(&self.0.db, &actor, &leads).await?;
            Ok(verifications.into_iter().map(|verification| (VerificationOf(verification.lead), verification)))
        })
        .await
    }
}

impl Loader<For<LatestRunOf>> for Loaders {
    type Value = EnrichmentRun;
    type Error = LoadError;

    async fn load(&self, keys: &[For<LatestRunOf>]) -> Batch<LatestRunOf, EnrichmentRun> {
        by_actor(keys, |actor, keys| async move {
            let leads: Vec<_> = keys.iter().map(|key| key.0).collect();
            let runs = store::runs::latest_of_leads(&self.0.db, &actor, &leads).await?;
            Ok(runs.into_iter().map(|run| (LatestRunOf(run.lead), run)))
        })
        .await
    }
}

impl Loader<For<EnrichmentRunId>> for Loaders {
    type Value = EnrichmentRun;
    type Error = LoadError;

    async fn load(&self, keys: &[For<EnrichmentRunId>]) -> Batch<EnrichmentRunId, EnrichmentRun> {
        by_actor(keys, |actor, ids| async move {
            let runs = store::runs::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(runs.into_iter().map(|run| (run.id, run)))
        })
        .await
    }
}
