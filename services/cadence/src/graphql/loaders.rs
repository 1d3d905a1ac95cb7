use std::{collections::HashMap, hash::Hash};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use kernel::{Actor, EnrollmentId, LeadId, Permission, SequenceId, WorkspaceId};
use platform::graphql::{IntoGraphql, LoadError, actor};

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

/// `one` gives a value an object; `many` a list of those with the same key.
macro_rules! loader {
    (one $key:ident => $value:ty, $read:path, $key_of:expr) => {
        impl Loader<(WorkspaceId, $key)> for Loaders {
            type Value = $value;
            type Error = LoadError;

            async fn load(
                &self,
                keys: &[(WorkspaceId, $key)],
            ) -> Result<HashMap<(WorkspaceId, $key), $value>, LoadError> {
                let mut found = HashMap::with_capacity(keys.len());
                for (workspace, ids) in by_workspace(keys, |key| *key) {
                    let key_of = $key_of;
                    found.extend(
                        $read(&self.0.db, workspace, &ids)
                            .await?
                            .into_iter()
                            .map(|value| ((workspace, key_of(&value)), value)),
                    );
                }
                Ok(found)
            }
        }
    };
    (many $key:ident => $value:ty, $read:path, $key_of:expr) => {
        impl Loader<(WorkspaceId, $key)> for Loaders {
            type Value = Vec<$value>;
            type Error = LoadError;

            async fn load(
                &self,
                keys: &[(WorkspaceId, $key)],
            ) -> Result<HashMap<(WorkspaceId, $key), Vec<$value>>, LoadError> {
                let mut found: HashMap<_, Vec<$value>> = HashMap::with_capacity(keys.len());
                for (workspace, ids) in by_workspace(keys, |key| key.0) {
                    let key_of = $key_of;
                    for value in $read(&self.0.db, workspace, &ids).await? {
                        found.entry((workspace, $key(key_of(&value)))).or_default().push(value);
                    }
                }
                Ok(found)
            }
        }
    };
}

loader!(one EnrollmentId => Enrollment, store::enrollments::by_ids, |enrollment: &Enrollment| enrollment.id);
loader!(one SequenceId => Sequence, store::sequences::by_ids, |sequence: &Sequence| sequence.id);
loader!(many OfLead => Enrollment, store::enrollments::of_leads, |enrollment: &Enrollment| enrollment.lead);
loader!(many MessagesOf => Message, store::messages::of_enrollments, |message: &Message| message.enrollment);

/// One object by its key, batched with its neighbours; `None` also for one of another workspace.
pub async fn load<K, T>(ctx: &Context<'_>, key: K) -> async_graphql::Result<Option<T>>
where
    K: Copy + Send + Sync + Eq + Hash + 'static,
    T: Clone + Send + Sync + 'static,
    Loaders: Loader<(WorkspaceId, K), Value = T, Error = LoadError>,
{
    let actor: &Actor = actor(ctx)?;
    actor.require(Permission::Read).graphql()?;
    ctx.data_unchecked::<DataLoader<Loaders>>().load_one((actor.workspace, key)).await.graphql()
}

fn by_workspace<K: Copy, I>(keys: &[(WorkspaceId, K)], id: impl Fn(&K) -> I) -> HashMap<WorkspaceId, Vec<I>> {
    let mut grouped: HashMap<WorkspaceId, Vec<I>> = HashMap::new();
    for (workspace, key) in keys {
        grouped.entry(*workspace).or_default().push(id(key));
    }
    grouped
}
