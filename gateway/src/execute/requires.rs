//! Representations: what a subgraph needs to know an entity by, cut out of what is already there.

use async_graphql::{Name, Value};
use indexmap::IndexMap;

use super::merge::{merge, typename};
use crate::{plan::Requirement, supergraph::PossibleTypes};

/// The representation of `entity`, or `None` when what is required is not there.
pub(crate) fn represent(
    types: &PossibleTypes,
    requires: &[Requirement],
    entity: &IndexMap<Name, Value>,
) -> Option<Value> {
    let mut representation = IndexMap::with_capacity(4);
    fill(types, requires, entity, &mut representation, true)?;
    let identifies = |(key, value): (&Name, &Value)| key != "__typename" && !matches!(value, Value::Null);
    representation.iter().any(identifies).then_some(Value::Object(representation))
}

/// `sure`: the selections are known to apply to this object, so a missing field is a failed one. Not so
/// where an interface stands in for the object.
fn fill(
    types: &PossibleTypes,
    requires: &[Requirement],
    entity: &IndexMap<Name, Value>,
    into: &mut IndexMap<Name, Value>,
    sure: bool,
) -> Option<()> {
    for requirement in requires {
        match requirement {
            Requirement::Field { read, write, selections } => match entity.get(read).or_else(|| entity.get(write)) {
                Some(value) => {
                    let value = project(types, selections, value)?;
                    match into.get_mut(write) {
                        Some(there) => merge(types, there, value),
                        None => _ = into.insert(write.clone(), value),
                    }
                }
                None if sure && write != "__typename" => return None,
                None => {}
            },
            Requirement::On { condition, selections } => {
                let name = typename(entity).unwrap_or(condition);
                let sure = sure && types.satisfies(name, condition);
                if sure || types.satisfies(name, condition) || types.satisfies(condition, name) {
                    fill(types, selections, entity, into, sure)?;
                }
                if typename(entity).is_none() && !into.contains_key("__typename") {
                    into.insert(Name::new("__typename"), Value::String(condition.clone()));
                }
            }
        }
    }
    Some(())
}

fn project(types: &PossibleTypes, selections: &[Requirement], value: &Value) -> Option<Value> {
    match value {
        Value::Object(object) if !selections.is_empty() => {
            let mut projected = IndexMap::with_capacity(selections.len());
            fill(types, selections, object, &mut projected, true)?;
            Some(Value::Object(projected))
        }
        Value::List(items) => {
            items.iter().map(|item| project(types, selections, item)).collect::<Option<_>>().map(Value::List)
        }
        other => Some(other.clone()),
    }
}
