//! What a supergraph says that its parts cost: `@cost(weight: 5)` as federation has it, `@cost(weight: "5.0")` as
//! the specification of IBM does.

use std::cell::RefCell;

use apollo_compiler::ast::{Directive, DirectiveList, Document, Value};

use crate::{guards, links::each_list};

/// Directives that only the cost model reads. The planner panics on what it does not expect of them.
const OF_THE_COST_MODEL: [&str; 2] = ["cost", "listSize"];

/// The weight, if it is a number and not negative.
pub(crate) fn weight(cost: &Directive) -> Option<f64> {
    let weight = match cost.specified_argument_by_name("weight")?.as_ref() {
        Value::String(text) => text.parse().ok()?,
        number => number.to_f64()?,
    };
    Some(weight).filter(|weight: &f64| weight.is_finite() && *weight >= 0.0)
}

/// The document for the planner, which plans without costs, and without guards: what it is given has passed them.
///
/// # Errors
/// A weight that is none; to serve such a supergraph would be to bound its operations by accident.
pub(crate) fn without(document: &Document) -> Result<Document, String> {
    let mut document = document.clone();
    for definition in &mut document.definitions {
        let name = definition.name().map(ToString::to_string).unwrap_or_default();
        let bad = RefCell::new(None);
        each_list(definition, &|directives: &mut DirectiveList| {
            let unreadable = directives.get_all("cost").find(|cost| weight(cost).is_none());
            if let Some(cost) = unreadable {
                bad.replace(Some(cost.to_string()));
            }
            directives.0.retain(|directive| {
                let name = directive.name.as_str();
                !OF_THE_COST_MODEL.contains(&name) && !guards::DIRECTIVES.contains(&name)
            });
        });
        if let Some(cost) = bad.into_inner() {
            return Err(format!("{cost} on {name} or in it: a weight is a number, 0 or more, as it is or as a string"));
        }
    }
    Ok(document)
}
