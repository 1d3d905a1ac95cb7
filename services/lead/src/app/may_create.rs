use std::collections::BTreeSet;

use kernel::{
    Action, Actor, Facts, Object,
    access::{Attribute, Condition, Grant, Part, Rows, Scope},
};

use crate::error::Error;

/// Refuses a new record that is none of those that the actor may make, as it would be. One that nobody has yet counts as
/// its maker's.
pub(super) fn require_create(actor: &Actor, object: Object, record: &Facts<'_>) -> Result<(), Error> {
    let record = Facts { owner: record.owner.or(actor.user()), ..*record };
    if actor.may(Action::Create, object, &record).is_ok() {
        return Ok(());
    }
    actor.access.require_some(object, Action::Create)?;
    let makes = |grant: &&Grant| grant.object == object && grant.actions.contains(&Action::Create);
    let grants = actor.access.role.grants.iter().filter(makes);
    Err(Error::MayNotCreate { object, lacks: grants.flat_map(|grant| lacks(grant, &record)).collect() })
}

/// Why a grant does not hold for a record; its owner, where no attribute is the reason.
fn lacks(grant: &Grant, record: &Facts<'_>) -> BTreeSet<&'static str> {
    let fits = |condition: &Condition| {
        let conditions = std::slice::from_ref(condition);
        Rows::Any(vec![Part { owners: None, conditions }]).hold(record)
    };
    let attributes = grant.only.iter().filter(|condition| !fits(condition)).map(|condition| name(condition.attribute));
    let lacks: BTreeSet<_> = attributes.collect();
    if lacks.is_empty() && grant.scope != Scope::All { BTreeSet::from(["owner"]) } else { lacks }
}

/// In the API's spelling.
fn name(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Country => "country",
        Attribute::Source => "source",
        Attribute::Industry => "industry",
    }
}
