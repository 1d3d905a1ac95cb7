//! Can every field that a client may ask for be planned? The composer does not check it.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use apollo_compiler::{
    Name, Schema,
    ast::{FieldDefinition, OperationType},
    schema::{Component, ExtendedType},
};

use crate::{Supergraph, planner::PlanError};

const BUDGET: Duration = Duration::from_secs(5);

/// A field for which the planner finds no way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplannable {
    /// `Type.field`.
    pub coordinate: String,
    /// The operation that was tried.
    pub operation: String,
    pub problem: String,
}

/// Plans one operation for every field reachable from the root types, by the shortest way to its type, and
/// gives back those that cannot be planned.
pub fn check_satisfiability(supergraph: &Supergraph) -> Vec<Unplannable> {
    let mut unplannable = Vec::new();
    for kind in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
        let Some(root) = supergraph.schema.root_operation(kind) else { continue };
        let mut seen = HashSet::from([root.clone()]);
        // Each type with the text before and after a selection on it.
        let mut waiting = VecDeque::from([(root.clone(), format!("{} {{ ", kind.name()), "}".to_owned())]);
        while let Some((ty, before, after)) = waiting.pop_front() {
            for field in fields(&supergraph.schema, &ty) {
                let inner = field.ty.inner_named_type();
                let leaf = supergraph.schema.types.get(inner).is_none_or(ExtendedType::is_leaf);
                let selection = if leaf { field.name.to_string() } else { format!("{} {{ __typename }}", field.name) };
                let operation = format!("{before}{selection} {after}");
                if let Err(problem) = supergraph.planner.plan(&operation, 0, BUDGET) {
                    let coordinate = format!("{ty}.{}", field.name);
                    unplannable.push(Unplannable { coordinate, operation, problem: text(&problem) });
                    continue;
                }
                for (ty, condition) in objects(&supergraph.schema, inner) {
                    if seen.insert(ty.clone()) {
                        let before = format!("{before}{} {{ {condition}", field.name);
                        let after = if condition.is_empty() { format!("}} {after}") } else { format!("}} }} {after}") };
                        waiting.push_back((ty, before, after));
                    }
                }
            }
        }
    }
    unplannable
}

fn fields<'s>(schema: &'s Schema, ty: &Name) -> impl Iterator<Item = &'s Component<FieldDefinition>> {
    schema.get_object(ty).into_iter().flat_map(|object| object.fields.values())
}

/// The object types behind `ty`, each with the fragment that selects it.
fn objects(schema: &Schema, ty: &Name) -> Vec<(Name, String)> {
    match schema.types.get(ty) {
        Some(ExtendedType::Object(_)) => vec![(ty.clone(), String::new())],
        Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => schema
            .types
            .values()
            .filter_map(ExtendedType::as_object)
            .filter(|object| schema.is_subtype(ty, &object.name))
            .map(|object| (object.name.clone(), format!("... on {} {{ ", object.name)))
            .collect(),
        _ => Vec::new(),
    }
}

fn text(problem: &PlanError) -> String {
    problem.to_string()
}
