//! Records that become one, and themselves again.

mod inputs;
mod mutation;
mod query;

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::MergeId;
use platform::graphql::actor;

use crate::{
    app::Preview,
    domain::{
        family::{ChangedField, Merge},
        merge::{FieldOutcome, Policy},
        record::Kind,
    },
    graphql::duplicates::{RecordKind, RecordSet},
};

pub use mutation::MergeMutation;
pub use query::MergeQuery;

/// Whose value a field has after a merge. A record that does not know the field never wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Policy")]
pub enum MergePolicy {
    /// The survivor's; where it has none, that of the other that was changed last.
    Survivor,
    /// Of the record that was changed last.
    Newest,
    /// Of the record that was made first.
    Oldest,
    /// The longest text.
    Longest,
    /// Of the record that knows most.
    MostComplete,
}

/// What a merge would do, for each field that you may see.
#[derive(SimpleObject)]
pub struct MergePreview {
    fields: Vec<MergeFieldPreview>,
}

/// What would become of one field.
#[derive(SimpleObject)]
pub struct MergeFieldPreview {
    /// By its name here.
    field: &'static str,
    /// What each record says, the survivor first.
    values: Vec<MergeValue>,
    /// Whose value it would be; null if nobody knows it.
    from_id: Option<ID>,
    value: Option<String>,
    /// Why, in words for people.
    why: &'static str,
}

/// What one record says.
#[derive(SimpleObject)]
pub struct MergeValue {
    record_id: ID,
    value: Option<String>,
}

impl MergePreview {
    fn new(kind: Kind, preview: Preview) -> Self {
        let show = |id| ID(kind.show(id));
        let field = |FieldOutcome { field, values, from, value, why }: FieldOutcome| MergeFieldPreview {
            field,
            values: values.into_iter().map(|(id, value)| MergeValue { record_id: show(id), value }).collect(),
            from_id: from.map(show),
            value,
            why,
        };
        Self { fields: preview.fields.into_iter().map(field).collect() }
    }
}

/// Records that became one.
#[derive(SimpleObject)]
#[graphql(complex, name = "Merge")]
pub struct MergeObject {
    id: MergeId,
    kind: RecordKind,
    survivor_id: ID,
    /// Those that were merged into it.
    other_ids: Vec<ID>,
    merged_at: DateTime<Utc>,
    /// When it was taken back; null while it holds.
    undone_at: Option<DateTime<Utc>>,
    #[graphql(skip)]
    merge: Merge,
}

#[ComplexObject]
impl MergeObject {
    /// What the merge changed of the survivor, as far as you may see it.
    async fn changes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<MergedField>> {
        let (access, kind) = (&actor(ctx)?.access, self.merge.kind);
        let steps = self.merge.content.steps.iter();
        let shown = steps.filter(|(field, _)| crate::app::is_shown(access, kind.object(), field));
        Ok(shown
            .map(|(field, step)| MergedField {
                field: field.clone(),
                previous: step.previous.clone(),
                merged: step.merged.clone(),
                from_id: step.from.map(|id| ID(kind.show(id))),
            })
            .collect())
    }
}

/// A field that a merge changed.
#[derive(SimpleObject)]
pub struct MergedField {
    field: String,
    /// What the survivor said, and says again without this merge.
    previous: Option<String>,
    merged: Option<String>,
    /// Whose value it is.
    from_id: Option<ID>,
}

impl From<Merge> for MergeObject {
    fn from(merge: Merge) -> Self {
        let show = |id| ID(merge.kind.show(id));
        Self {
            id: merge.id,
            kind: merge.kind.into(),
            survivor_id: show(merge.survivor),
            other_ids: merge.others.iter().copied().map(show).collect(),
            merged_at: merge.merged_at,
            undone_at: merge.undone_at,
            merge,
        }
    }
}

/// What has happened since a merge and stays as it is.
#[derive(SimpleObject)]
pub struct ChangedSince {
    /// Fields of the survivor that somebody has written, and those that a lead keeps because it was converted.
    fields: Vec<ChangedSinceField>,
    /// Leads that were made at the surviving account; at most 100 are named.
    leads: RecordSet,
    /// Contacts that were made at the surviving account; at most 100 are named.
    contacts: RecordSet,
}

/// A field that somebody has written since a merge.
#[derive(SimpleObject)]
pub struct ChangedSinceField {
    field: String,
    /// What the merge left there.
    merged: Option<String>,
    now: Option<String>,
}

impl ChangedSince {
    fn new(changed: Vec<ChangedField>, attached: &[(Kind, uuid::Uuid)]) -> Self {
        let of = |kind: Kind| attached.iter().filter(|(found, _)| *found == kind).map(|(_, id)| *id).collect();
        let field = |ChangedField { field, merged, now }: ChangedField| ChangedSinceField { field, merged, now };
        Self {
            fields: changed.into_iter().map(field).collect(),
            leads: RecordSet::new(Kind::Lead, of(Kind::Lead)),
            contacts: RecordSet::new(Kind::Contact, of(Kind::Contact)),
        }
    }
}
