use kernel::{Access, Action, Actor, Code, Object, Permission, access::Rows};
use platform::Tx;
use uuid::Uuid;

use super::merge::MergeRecords;
use crate::{
    app::App,
    domain::{
        merge::{Choice, FieldOutcome, outcomes},
        record::Record,
    },
    error::Error,
    store,
};

/// Records that one merge takes into a survivor.
const MOST: usize = 20;

/// What a merge would do.
#[derive(Debug, Clone)]
pub struct Preview {
    pub fields: Vec<FieldOutcome>,
}

impl App {
    /// What would become of each field that the actor may see. Nothing is saved.
    pub async fn merge_preview(&self, actor: &Actor, input: &MergeRecords) -> Result<Preview, Error> {
        actor.require(Permission::Read)?;
        check(input)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let records = records(&mut tx, actor, input).await?;
        tx.rollback().await?;
        let mut fields = decided(actor, input, &records);
        fields.retain(|outcome| is_shown(&actor.access, input.kind.object(), outcome.field));
        Ok(Preview { fields })
    }
}

/// Whether the actor may see what records say in a field. Whose account somebody may not read they may not hear named.
pub fn is_shown(access: &Access, object: Object, field: &str) -> bool {
    let hidden = field == "account" && access.rows(Object::Account, Action::Read) != Rows::All;
    !hidden && !access.hides(object, field)
}

/// Refuses what cannot be merged, whatever the records are.
pub(super) fn check(input: &MergeRecords) -> Result<(), Error> {
    let MergeRecords { kind, survivor, others, plan, .. } = input;
    let invalid = |field, reason: String| Err(Error::Invalid { code: Code::InvalidInput, field, reason });
    if others.is_empty() || others.len() > MOST {
        return invalid("otherIds", format!("between 1 and {MOST} records"));
    }
    if others.contains(survivor) {
        return invalid("otherIds", "the survivor cannot be merged into itself".to_owned());
    }
    for (field, choice) in &plan.choices {
        if !kind.fields().contains(&field.as_str()) {
            return invalid(
                "choices",
                format!("`{field}` is no field that is merged; it is one of {:?}", kind.fields()),
            );
        }
        if let Choice::From(id) = choice
            && id != survivor
            && !others.contains(id)
        {
            return invalid("choices", "a value can only come from one of the records".to_owned());
        }
    }
    Ok(())
}

/// The records, the survivor first, each one that the actor may read.
pub(super) async fn records(tx: &mut Tx, actor: &Actor, input: &MergeRecords) -> Result<Vec<Record>, Error> {
    let ids: Vec<Uuid> = std::iter::once(input.survivor).chain(input.others.iter().copied()).collect();
    let mut found = store::records::readable(tx, actor, input.kind, &ids).await?;
    let place = |record: &Record| ids.iter().position(|id| *id == record.id());
    found.sort_by_key(place);
    let what = input.kind.object().as_str();
    if found.first().is_none_or(|record| record.id() != input.survivor) {
        return Err(Error::not_found(what, "survivorId"));
    }
    if found.len() < ids.len() {
        return Err(Error::not_found(what, "otherIds"));
    }
    Ok(found)
}

/// What becomes of each field; what is not the actor's to change, and what a converted lead says, stays.
pub(super) fn decided(actor: &Actor, input: &MergeRecords, records: &[Record]) -> Vec<FieldOutcome> {
    let is_closed = records.first().is_some_and(Record::is_closed);
    let may = |field| !is_closed && actor.access.require_write(input.kind.object(), field).is_ok();
    outcomes(records, &input.plan, may)
}
