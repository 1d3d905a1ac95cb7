//! The result as it grows: walking to places in it and merging what subgraphs answer.

use async_graphql::{Name, PathSegment, Value};
use indexmap::{IndexMap, map::Entry};

use crate::{
    plan::{Rewrite, Segment},
    supergraph::PossibleTypes,
};

/// One step to a concrete place in the result.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Key(Name),
    Index(usize),
}

/// Merges `from` into `into`: objects by key, lists of equal length by place; null wipes nothing out.
pub(crate) fn merge(types: &PossibleTypes, into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => merge_objects(types, into, from),
        (Value::List(into), Value::List(from)) if into.len() == from.len() => {
            for (into, from) in into.iter_mut().zip(from) {
                merge(types, into, from);
            }
        }
        (Value::Object(_) | Value::List(_), Value::Null) => {}
        (into, from) => *into = from,
    }
}

fn merge_objects(types: &PossibleTypes, into: &mut IndexMap<Name, Value>, from: IndexMap<Name, Value>) {
    if into.is_empty() {
        *into = from;
        return;
    }
    for (key, value) in from {
        match into.entry(key) {
            // A service that knows an interface as one object does not know what is behind it.
            Entry::Occupied(there)
                if there.key() == "__typename" && text(&value).is_some_and(|name| types.is_abstract(name)) => {}
            Entry::Occupied(mut there) => merge(types, there.get_mut(), value),
            Entry::Vacant(free) => {
                free.insert(value);
            }
        }
    }
}

type Visit<'f, 'v> = dyn FnMut(&[Step], &'v IndexMap<Name, Value>) + 'f;

/// Calls `visit` for every object at `path`, with where it is.
pub(crate) fn walk<'v>(
    types: &PossibleTypes,
    path: &[Segment],
    value: &'v Value,
    here: &mut Vec<Step>,
    visit: &mut Visit<'_, 'v>,
) {
    match (value, path) {
        (Value::List(items), _) => {
            let rest = match path {
                [Segment::List, rest @ ..] => rest,
                _ => path,
            };
            for (index, item) in items.iter().enumerate() {
                here.push(Step::Index(index));
                walk(types, rest, item, here, visit);
                here.pop();
            }
        }
        (_, [Segment::List, rest @ ..]) => walk(types, rest, value, here, visit),
        (Value::Object(object), []) => visit(here, object),
        (Value::Object(object), [Segment::On(conditions), rest @ ..])
            if is_one_of(types, object, conditions.iter().map(String::as_str)) =>
        {
            walk(types, rest, value, here, visit);
        }
        (Value::Object(object), [Segment::Field(field), rest @ ..]) => {
            if let Some(inner) = object.get(field) {
                here.push(Step::Key(field.clone()));
                walk(types, rest, inner, here, visit);
                here.pop();
            }
        }
        _ => {}
    }
}

/// The value at a concrete place.
pub(crate) fn at_mut<'v>(value: &'v mut Value, place: &[Step]) -> Option<&'v mut Value> {
    place.iter().try_fold(value, |value, step| match (value, step) {
        (Value::Object(object), Step::Key(key)) => object.get_mut(key),
        (Value::List(items), Step::Index(index)) => items.get_mut(*index),
        _ => None,
    })
}

/// A concrete place as an error's path.
pub(crate) fn error_path(place: &[Step]) -> Vec<PathSegment> {
    place
        .iter()
        .map(|step| match step {
            Step::Key(key) => PathSegment::Field(key.to_string()),
            Step::Index(index) => PathSegment::Index(*index),
        })
        .collect()
}

pub(crate) fn rewrite(types: &PossibleTypes, rewrites: &[Rewrite], value: &mut Value) {
    for rewrite in rewrites {
        match rewrite {
            Rewrite::Set { path, value: set } => {
                edit(types, path, value, &mut |object, key| {
                    if let Some(old) = object.get_mut(key) {
                        *old = Value::String(set.clone());
                    }
                });
            }
            Rewrite::Rename { path, to } => {
                edit(types, path, value, &mut |object, key| {
                    if let Some(renamed) = object.shift_remove(key) {
                        object.insert(to.clone(), renamed);
                    }
                });
            }
        }
    }
}

/// Calls `change` with each object that has the last key of `path`.
fn edit(
    types: &PossibleTypes,
    path: &[Segment],
    value: &mut Value,
    change: &mut dyn FnMut(&mut IndexMap<Name, Value>, &Name),
) {
    match (value, path) {
        (Value::List(items), _) => items.iter_mut().for_each(|item| edit(types, path, item, change)),
        (Value::Object(object), [Segment::Field(key)]) => change(object, key),
        (Value::Object(object), [Segment::Field(key), rest @ ..]) => {
            if let Some(inner) = object.get_mut(key) {
                edit(types, rest, inner, change);
            }
        }
        (value @ Value::Object(_), [Segment::On(conditions), rest @ ..]) => {
            let Value::Object(object) = &*value else { return };
            if is_one_of(types, object, conditions.iter().map(String::as_str)) {
                edit(types, rest, value, change);
            }
        }
        (value, [Segment::List, rest @ ..]) => edit(types, rest, value, change),
        _ => {}
    }
}

/// An object that does not say what it is passes: then the plan knows it from elsewhere.
fn is_one_of<'c>(
    types: &PossibleTypes,
    object: &IndexMap<Name, Value>,
    mut conditions: impl Iterator<Item = &'c str>,
) -> bool {
    typename(object).is_none_or(|name| conditions.any(|condition| types.satisfies(name, condition)))
}

pub(crate) fn typename(object: &IndexMap<Name, Value>) -> Option<&str> {
    text(object.get("__typename")?)
}

/// Text, or the name of an enum value: in process the two are told apart, over HTTP they are not.
pub(crate) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Enum(name) => Some(name),
        _ => None,
    }
}
