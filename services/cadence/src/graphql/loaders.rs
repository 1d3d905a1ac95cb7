use async_graphql::dataloader::Loader;
use kernel::{EnrollmentId, LeadId, SequenceId};
use platform::graphql::{Batch, For, LoadError, by_actor, lists};

use crate::{
    app::App,
    domain::{enrollment::Enrollment, message::Message, sequence::Sequence},
    store,
};

/// Reads what one level of a query asks for in one statement.
pub struct Loaders(pub App);

/// The newest enrolments of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OfLead(pub LeadId);

/// Every message of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessagesOf(pub EnrollmentId);

impl Loader<For<EnrollmentId>> for Loaders {
    type Value = Enrollment;
    type Error = LoadError;

    async fn load(&self, keys: &[For<EnrollmentId>]) -> Batch<EnrollmentId, Enrollment> {
        by_actor(keys, |actor, ids| async move {
            let enrollments = store::enrollments::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(enrollments.into_iter().map(|enrollment| (enrollment.id, enrollment)))
        })
        .await
    }
}

impl Loader<For<SequenceId>> for Loaders {
    type Value = Sequence;
    type Error = LoadError;

    async fn load(&self, keys: &[For<SequenceId>]) -> Batch<SequenceId, Sequence> {
        by_actor(keys, |actor, ids| async move {
            let sequences = store::sequences::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(sequences.into_iter().map(|sequence| (sequence.id, sequence)))
        })
        .await
    }
}

impl Loader<For<OfLead>> for Loaders {
    type Value = Vec<Enrollment>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<OfLead>]) -> Batch<OfLead, Vec<Enrollment>> {
        by_actor(keys, |actor, keys| async move {
            let leads: Vec<_> = keys.iter().map(|key| key.0).collect();
            let enrollments = store::enrollments::of_leads(&self.0.db, &actor, &leads).await?;
            Ok(lists(enrollments.into_iter().map(|enrollment| (OfLead(enrollment.lead), enrollment))))
        })
        .await
    }
}

impl Loader<For<MessagesOf>> for Loaders {
    type Value = Vec<Message>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<MessagesOf>]) -> Batch<MessagesOf, Vec<Message>> {
        by_actor(keys, |actor, keys| async move {
            let enrollments: Vec<_> = keys.iter().map(|key| key.0).collect();
            let messages = store::messages::of_enrollments(&self.0.db, &actor, &enrollments).await?;
            Ok(lists(messages.into_iter().map(|message| (MessagesOf(message.enrollment), message))))
        })
        .await
    }
}
