//! What a supergraph demands of whoever asks: `@authenticated`, `@requiresScopes` and `@policy`, as federation has
//! them. What cannot be proven is not held.

use std::{collections::HashMap, slice};

use apollo_compiler::{
    Name, Node,
    ast::{Definition, Directive, DirectiveList, Document, FieldDefinition, Value},
};
use kernel::Actor;

/// The guards, by the names that [`crate::links`] gives them.
pub(crate) const DIRECTIVES: [&str; 3] = ["authenticated", "requiresScopes", "policy"];

/// Each different demand has a number, its place in the list.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    demands: Vec<Demand>,
    types: Guarded,
    /// By type. A field demands what the type that it is on does, too, and the type of what it gives.
    fields: HashMap<String, Guarded>,
}

/// Names, and the numbers of what they demand.
type Guarded = HashMap<String, Vec<usize>>;

#[derive(Debug, PartialEq, Eq)]
enum Demand {
    /// Somebody who is known.
    Actor,
    /// All scopes of one of the lists.
    Scopes(Vec<Vec<String>>),
    /// Policies, on which nobody decides here.
    Policy,
}

/// The numbers of the demands that somebody does not meet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Unmet(Vec<usize>);

impl Guards {
    /// # Errors
    /// A demand that cannot be read; to serve such a supergraph would be to guess who may see what.
    pub fn of(document: &Document) -> Result<Self, String> {
        let mut guards = Self::default();
        for definition in &document.definitions {
            let Some(name) = definition.name() else { continue };
            let demands = guards.demanded(definition.directives()).map_err(|problem| format!("{name}: {problem}"))?;
            if !demands.is_empty() {
                guards.types.insert(name.to_string(), demands);
            }
        }
        let composites = || document.definitions.iter().filter_map(composite);
        for (ty, _, fields) in composites() {
            for field in fields {
                let own = guards.demanded(&field.directives);
                let mut demands = own.map_err(|problem| format!("{ty}.{}: {problem}", field.name))?;
                for around in [ty, field.ty.inner_named_type()] {
                    demands.extend(guards.types.get(around.as_str()).into_iter().flatten());
                }
                guards.add(ty, field, demands);
            }
        }
        for (ty, interfaces, fields) in composites() {
            for field in fields.iter().filter(|field| is_of_interface_object(field)) {
                let inherited = interfaces.iter().flat_map(|interface| guards.of_field(interface, &field.name));
                let inherited = inherited.copied().collect();
                guards.add(ty, field, inherited);
            }
        }
        Ok(guards)
    }

    /// What `actor` lacks of all that is demanded anywhere.
    pub fn unmet(&self, actor: Option<&Actor>) -> Unmet {
        if self.demands.is_empty() {
            return Unmet::default();
        }
        let held = actor.map(scopes_of);
        let unmet = self.demands.iter().enumerate().filter(|(_, demand)| !demand.is_met(held.as_deref()));
        Unmet(unmet.map(|(number, _)| number).collect())
    }

    pub fn type_refuses(&self, ty: &str, unmet: &Unmet) -> bool {
        self.types.get(ty).is_some_and(|demands| unmet.has_any_of(demands))
    }

    pub fn field_refuses(&self, ty: &str, field: &str, unmet: &Unmet) -> bool {
        unmet.has_any_of(self.of_field(ty, field))
    }

    fn of_field(&self, ty: &str, field: &str) -> &[usize] {
        self.fields.get(ty).and_then(|fields| fields.get(field)).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, ty: &Name, field: &FieldDefinition, demands: Vec<usize>) {
        if !demands.is_empty() {
            let fields = self.fields.entry(ty.to_string()).or_default();
            fields.entry(field.name.to_string()).or_default().extend(demands);
        }
    }

    /// The numbers of what these directives demand.
    fn demanded(&mut self, directives: &DirectiveList) -> Result<Vec<usize>, String> {
        let mut numbers = Vec::new();
        for directive in directives.iter() {
            let demand = match directive.name.as_str() {
                "authenticated" => Demand::Actor,
                "requiresScopes" => {
                    let unreadable = || format!("{directive} has no lists of scopes, `scopes: [[\"…\"]]`");
                    Demand::Scopes(scopes(directive).ok_or_else(unreadable)?)
                }
                "policy" => Demand::Policy,
                _ => continue,
            };
            numbers.push(self.number(demand));
        }
        Ok(numbers)
    }

    fn number(&mut self, demand: Demand) -> usize {
        self.demands.iter().position(|known| *known == demand).unwrap_or_else(|| {
            self.demands.push(demand);
            self.demands.len() - 1
        })
    }
}

impl Demand {
    /// By whoever holds these scopes; `None` is nobody who is known.
    fn is_met(&self, held: Option<&[&str]>) -> bool {
        let Some(held) = held else { return false };
        match self {
            Self::Actor => true,
            Self::Scopes(lists) => lists.iter().any(|all| all.iter().all(|scope| held.contains(&scope.as_str()))),
            Self::Policy => false,
        }
    }
}

impl Unmet {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has_any_of(&self, demands: &[usize]) -> bool {
        demands.iter().any(|demand| self.0.contains(demand))
    }
}

/// The OAuth scopes that an actor holds: none. Our keys and sessions have permissions, and rules over records, for
/// which no scope stands. Whoever authenticates by tokens that name scopes (the claim `scope` of a JWT) gives the actor
/// a list of them, which is read here, and compared in `Admission::covers` so that a stream ends with them.
fn scopes_of(_: &Actor) -> Vec<&str> {
    Vec::new()
}

/// A list of lists; what is no list stands for one of itself, as everywhere in GraphQL.
fn scopes(directive: &Directive) -> Option<Vec<Vec<String>>> {
    let names = |list: &Node<Value>| -> Option<Vec<String>> {
        items(list).iter().map(|scope| scope.as_str().map(str::to_owned)).collect()
    };
    items(directive.specified_argument_by_name("scopes")?).iter().map(names).collect()
}

fn items(value: &Node<Value>) -> &[Node<Value>] {
    value.as_list().unwrap_or_else(|| slice::from_ref(value))
}

/// Name, interfaces and fields of what has fields.
type Composite<'a> = (&'a Name, &'a [Name], &'a [Node<FieldDefinition>]);

fn composite(definition: &Definition) -> Option<Composite<'_>> {
    match definition {
        Definition::ObjectTypeDefinition(object) => {
            Some((&object.name, object.implements_interfaces.as_slice(), object.fields.as_slice()))
        }
        Definition::InterfaceTypeDefinition(interface) => {
            Some((&interface.name, interface.implements_interfaces.as_slice(), interface.fields.as_slice()))
        }
        _ => None,
    }
}

/// A field that a service knows of the interface, as one object, and not of the objects behind it. Not every composer
/// repeats its guards at each of them.
fn is_of_interface_object(field: &FieldDefinition) -> bool {
    field.directives.get_all("join__field").any(|join| join.specified_argument_by_name("graph").is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guards(sdl: &str) -> Result<Guards, String> {
        Guards::of(&Document::parser().parse_ast(sdl, "guarded.graphql").unwrap())
    }

    #[test]
    fn of_the_lists_of_scopes_one_must_be_held_whole() {
        let demand = |scopes: &str| {
            let mut guards = guards(&format!("type A {{ b: Int @requiresScopes(scopes: {scopes}) }}")).unwrap();
            guards.demands.remove(0)
        };
        let either = demand(r#"[["read", "count"], ["admin"]]"#);
        let sets: [(&[&str], bool); 5] = [
            (&["read", "count"], true),
            (&["admin"], true),
            (&["read"], false),
            (&["count", "Admin"], false),
            (&[], false),
        ];
        for (held, met) in sets {
            assert_eq!(either.is_met(Some(held)), met, "{held:?}");
        }
        assert!(demand(r#""read""#).is_met(Some(&["read"])));
        assert!(!demand("[]").is_met(Some(&["read"])), "there is no list to hold");
        assert!(!demand("[[]]").is_met(None), "nobody holds anything");
    }

    #[test]
    fn a_policy_is_met_by_nobody() {
        let guards = guards("type A { b: Int @policy(policies: [[]]) }").unwrap();
        assert!(!guards.demands[0].is_met(None) && !guards.demands[0].is_met(Some(&["admin"])));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_says_where() {
        for scopes in ["(scopes: [[3]])", "(scopes: null)", "(other: [[\"read\"]])", ""] {
            let error = guards(&format!("type A {{ b: Int @requiresScopes{scopes} }}")).unwrap_err();
            assert!(error.starts_with("A.b: @requiresScopes"), "{error}");
        }
    }

    #[test]
    fn a_field_of_an_interface_object_demands_of_every_object_what_it_does_of_the_interface() {
        let guards = guards(
            "interface Medium { id: ID! stars: Int @join__field(graph: B) @authenticated pages: Int @authenticated }
             type Book implements Medium { id: ID! stars: Int @join__field pages: Int @join__field(graph: A) }",
        )
        .unwrap();
        let nobody = guards.unmet(None);
        let refused = |ty, field| guards.field_refuses(ty, field, &nobody);
        assert!(refused("Medium", "stars") && refused("Book", "stars") && refused("Medium", "pages"));
        assert!(!refused("Book", "pages") && !refused("Book", "id"));
    }
}
