use async_graphql::dataloader::Loader;
use kernel::{Decision, DecisionId, LeadId, RepId};
use platform::graphql::{Batch, For, LoadError, by_actor};

use crate::{
    app::App,
    domain::{assignment::Assignment, rep::Rep},
    store,
};

/// Reads what one level of a query asks for in one statement.
pub struct Loaders(pub App);

impl Loader<For<RepId>> for Loaders {
    type Value = Rep;
    type Error = LoadError;

    async fn load(&self, keys: &[For<RepId>]) -> Batch<RepId, Rep> {
        by_actor(keys, |actor, ids| async move {
            let reps = store::reps::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(reps.into_iter().map(|rep| (rep.id, rep)))
        })
        .await
    }
}

impl Loader<For<DecisionId>> for Loaders {
    type Value = Decision;
    type Error = LoadError;

    async fn load(&self, keys: &[For<DecisionId>]) -> Batch<DecisionId, Decision> {
        by_actor(keys, |actor, ids| async move {
            let decisions = store::decisions::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(decisions.into_iter().map(|decision| (decision.id, decision)))
        })
        .await
    }
}

impl Loader<For<LeadId>> for Loaders {
    type Value = Assignment;
    type Error = LoadError;

    async fn load(&self, keys: &[For<LeadId>]) -> Batch<LeadId, Assignment> {
        by_actor(keys, |actor, ids| async move {
            let assignments = store::assignments::by_leads(&self.0.db, &actor, &ids).await?;
            Ok(assignments.into_iter().map(|assignment| (assignment.lead, assignment)))
        })
        .await
    }
}
