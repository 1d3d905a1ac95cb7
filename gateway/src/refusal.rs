//! Fields that are not for whoever asks. They are marked in the operation: the planner never hears of them, so no
//! service is asked, and where they would stand the client gets null and an error.

use std::collections::HashSet;

use apollo_compiler::{
    Name,
    ast::Directive,
    executable::{Field, Selection, SelectionSet},
    name,
};

use crate::{Supergraph, distinguish::gather, guards::Unmet};

/// Marks a field in a folded selection; no service sees it.
const REFUSED: &str = "_refused";

/// Marks what in a folded operation demands what is not met. Nothing is asked of what is below.
pub(crate) fn refuse(supergraph: &Supergraph, unmet: &Unmet, root: &mut SelectionSet) {
    let ty = root.ty.clone();
    Walk { supergraph, unmet }.selections(root, &[ty.as_str()], false);
    as_a_whole(root);
}

pub(crate) fn is_refused(field: &Field) -> bool {
    field.directives.has(REFUSED)
}

struct Walk<'a> {
    supergraph: &'a Supergraph,
    unmet: &'a Unmet,
}

impl Walk<'_> {
    /// `objects` are those that can stand here. All is refused that is `closed`: within a fragment on a type that is.
    fn selections(&self, set: &mut SelectionSet, objects: &[&str], closed: bool) {
        let ty = set.ty.clone();
        let closed = closed || self.supergraph.guards.type_refuses(&ty, self.unmet);
        for selection in &mut set.selections {
            match selection {
                // What introspection tells, everybody may know.
                Selection::Field(field) if field.name.starts_with("__") => {}
                Selection::Field(field) => {
                    let field = field.make_mut();
                    if closed || self.refuses(&ty, objects, field) {
                        mark(field);
                    } else if !field.selection_set.is_empty() {
                        let below = field.selection_set.ty.clone();
                        let objects = self.supergraph.types.objects(&below);
                        self.selections(&mut field.selection_set, &objects, false);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let set = &mut fragment.make_mut().selection_set;
                    let types = &self.supergraph.types;
                    let objects = objects.iter().copied().filter(|object| types.satisfies(object, &set.ty));
                    let objects: Vec<&str> = objects.collect();
                    self.selections(set, &objects, closed);
                }
                // Folding has put them in place.
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// A field of an interface is refused if it is of any object that can stand there.
    fn refuses(&self, ty: &str, objects: &[&str], field: &Field) -> bool {
        let refuses = |ty: &str| self.supergraph.guards.field_refuses(ty, &field.name, self.unmet);
        refuses(ty) || objects.iter().any(|object| refuses(object)) || self.hides(field)
    }

    /// Is an interface asked for fields, whatever is behind it, and may some of that not be seen?
    fn hides(&self, field: &Field) -> bool {
        let guards = &self.supergraph.guards;
        let objects = self.supergraph.types.objects(&field.selection_set.ty);
        field.selection_set.fields().any(|field| !field.name.starts_with("__"))
            && objects.iter().any(|object| guards.type_refuses(object, self.unmet))
    }
}

fn mark(field: &mut Field) {
    field.directives.push(Directive::new(name!("_refused")));
    field.selection_set.selections.clear();
}

/// A root field that is asked for twice under one key is one, and acts once or not at all.
fn as_a_whole(root: &mut SelectionSet) {
    let mut fields = Vec::new();
    gather(root, &mut fields);
    let refused = fields.iter().filter(|field| is_refused(field)).map(|field| field.response_key().clone());
    let refused: HashSet<Name> = refused.collect();
    for field in fields {
        if refused.contains(field.response_key()) && !is_refused(field) {
            mark(field);
        }
    }
}
