//! Fields of one response key that are not the same field: `... on Film { when: year } ... on Book { when: edition }`.
//! GraphQL allows it where no object can be both; the planner sometimes does not. So they can be told apart,
//! until the result is projected.

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Directive, Value},
    executable::{Field, Selection, SelectionSet},
    name,
};
use indexmap::IndexMap;

/// Marks a field in a folded selection; no service sees it.
const FETCHED_AS: &str = "_fetchedAs";

/// Gives every field that shares its key with another field, or with the same one under other arguments, a key
/// of its own to be fetched under. Did any?
pub(crate) fn distinguish(root: &mut SelectionSet) -> bool {
    tell_apart(vec![root])
}

/// The key to fetch a field under, if it was told apart.
pub(crate) fn fetched_as(field: &Field) -> Option<Name> {
    let mark = field.directives.get(FETCHED_AS)?;
    Name::new(mark.specified_argument_by_name("key")?.as_str()?).ok()
}

/// The client's key in one that was made here.
pub(crate) fn client_key(key: &str) -> Option<&str> {
    let rest = key.strip_prefix(super::supergraph::SAFE)?;
    let after = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (after.len() < rest.len()).then(|| after.strip_prefix('_')).flatten()
}

/// `sets` are merged into one when the operation runs.
fn tell_apart(sets: Vec<&mut SelectionSet>) -> bool {
    let mut by_key: IndexMap<Name, IndexMap<String, Vec<&mut Field>>> = IndexMap::new();
    let mut fields = Vec::new();
    sets.into_iter().for_each(|set| gather(set, &mut fields));
    for field in fields {
        let argument = |argument: &Node<Argument>| format!("{}: {}", argument.name, argument.value);
        let mut arguments: Vec<String> = field.arguments.iter().map(argument).collect();
        arguments.sort();
        let signature = format!("{}({})", field.name, arguments.join(","));
        by_key.entry(field.response_key().clone()).or_default().entry(signature).or_default().push(field);
    }
    let mut any = false;
    for (key, variants) in by_key {
        for (number, mut fields) in variants.into_values().enumerate() {
            if number > 0 && !key.starts_with("__") {
                any = true;
                let fetched = format!("{}{number}_{key}", super::supergraph::SAFE);
                fields.iter_mut().for_each(|field| field.directives.push(mark(&fetched)));
            }
            any |= tell_apart(fields.into_iter().map(|field| &mut field.selection_set).collect());
        }
    }
    any
}

/// The fields of a selection set, those in its fragments too.
pub(crate) fn gather<'s>(set: &'s mut SelectionSet, into: &mut Vec<&'s mut Field>) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) => into.push(field.make_mut()),
            Selection::InlineFragment(fragment) => gather(&mut fragment.make_mut().selection_set, into),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn mark(key: &str) -> Directive {
    let argument = Argument { name: name!("key"), value: Node::new(Value::String(key.to_owned())) };
    Directive { name: name!("_fetchedAs"), arguments: vec![Node::new(argument)] }
}

#[cfg(test)]
mod tests {
    use super::client_key;

    #[test]
    fn only_keys_that_were_made_here_are_undone() {
        assert_eq!(client_key("_alias_12_when"), Some("when"));
        for foreign in ["when", "_alias_when", "_alias_12", "_alias__when", "alias_1_when"] {
            assert_eq!(client_key(foreign), None, "{foreign}");
        }
    }
}
