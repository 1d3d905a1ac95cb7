use async_graphql::dataloader::Loader;
use kernel::{EnrollmentId, LeadId, SequenceId, WorkspaceId};
use platform::graphql::{Batch, LoadError, by_workspace, lists};

use crate::{
    app::App,
    domain::{enrollment::Enrollment, message::Message, sequence::Sequence},
    store,
};

/// Reads what one level of a query asks for in one statement per workspace, which in a request is one.
pub struct Loaders(pub App);

/// The newest enrolments of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OfLead(pub LeadId);

/// Every message of an enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessagesOf(pub EnrollmentId);

impl Loader<(WorkspaceId, EnrollmentId)> for Loaders {
    type Value = Enrollment;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, EnrollmentId)]) -> Batch<EnrollmentId, Enrollment> {
        by_workspace(keys, |workspace, ids| async move {
            let enrollments = store::enrollments::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(enrollments.into_iter().map(|enrollment| (enrollment.id, enrollment)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, SequenceId)> for Loaders {
    type Value = Sequence;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, SequenceId)]) -> Batch<SequenceId, Sequence> {
        by_workspace(keys, |workspace, ids| async move {
            let sequences = store::sequences::by_ids(&self.0.db, workspace, &ids).await?;
            Ok(sequences.into_iter().map(|sequence| (sequence.id, sequence)))
        })
        .await
    }
}

impl Loader<(WorkspaceId, OfLead)> for Loaders {
    type Value = Vec<Enrollment>;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, OfLead)]) -> Batch<OfLead, Vec<Enrollment>> {
        by_workspace(keys, |workspace, keys| async move {
            let leads: Vec<_> = keys.iter().map(|key| key.0).collect();
            let enrollments = store::enrollments::of_leads(&self.0.db, workspace, &leads).await?;
            Ok(lists(enrollments.into_iter().map(|enrollment| (OfLead(enrollment.lead), enrollment))))
        })
        .await
    }
}

impl Loader<(WorkspaceId, MessagesOf)> for Loaders {
    type Value = Vec<Message>;
    type Error = LoadError;

    async fn load(&self, keys: &[(WorkspaceId, MessagesOf)]) -> Batch<MessagesOf, Vec<Message>> {
        by_workspace(keys, |workspace, keys| async move {
            let enrollments: Vec<_> = keys.iter().map(|key| key.0).collect();
            let messages = store::messages::of_enrollments(&self.0.db, workspace, &enrollments).await?;
            Ok(lists(messages.into_iter().map(|message| (MessagesOf(message.enrollment), message))))
        })
        .await
    }
}
