//! The last step: the client's own selection cut out of the gathered data, by the API schema. What breaks the
//! schema becomes null, and a null that may not be one takes its parent with it.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use apollo_compiler::{
    Node,
    ast::Type,
    executable::{Field, Selection, SelectionSet},
    schema::{EnumType, ExtendedType},
};
use async_graphql::{Name, PathSegment, ServerError, Value};
use indexmap::IndexMap;
use kernel::Code;

use super::merge::{text, typename};
use crate::{
    Supergraph,
    distinguish::fetched_as,
    response::{at, error},
};

/// A selection, compiled for each type of object that it meets.
pub(crate) struct Selections {
    parts: Vec<SelectionSet>,
    /// The only type that can come, unless it is an interface or a union.
    object: Option<apollo_compiler::Name>,
    static_fields: OnceLock<Fields>,
    by_type: RwLock<HashMap<String, Fields>>,
}

type Fields = Arc<Vec<FieldProjection>>;

struct FieldProjection {
    /// Where the data has it, and where the client wants it.
    source: Name,
    key: Name,
    parent: apollo_compiler::Name,
    name: apollo_compiler::Name,
    ty: Type,
    kind: Kind,
}

enum Kind {
    Typename,
    /// Scalars, and introspection, which is projected already.
    Leaf,
    Enum(Node<EnumType>),
    Composite(Selections),
}

impl Selections {
    /// `ty` is the declared type of the field, or the root type.
    pub fn new(supergraph: &Supergraph, ty: &apollo_compiler::Name, parts: Vec<SelectionSet>) -> Self {
        let object = supergraph.schema.get_object(ty).map(|_| ty.clone());
        Self { parts, object, static_fields: OnceLock::new(), by_type: RwLock::default() }
    }

    /// `None` for a type that the API schema does not know here.
    fn fields(&self, supergraph: &Supergraph, object: &IndexMap<Name, Value>) -> Option<Fields> {
        if let Some(known) = &self.object {
            return Some(self.static_fields.get_or_init(|| compile(supergraph, &self.parts, known)).clone());
        }
        let name = typename(object)?;
        if let Some(known) = self.by_type.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(known.clone());
        }
        // Names that the API schema does not have are not remembered: a subgraph could make up any number.
        let ty = supergraph.schema.get_object(name)?.name.clone();
        let compiled = compile(supergraph, &self.parts, &ty);
        self.by_type.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), compiled.clone());
        Some(compiled)
    }
}

fn compile(supergraph: &Supergraph, parts: &[SelectionSet], object: &apollo_compiler::Name) -> Fields {
    let mut collected: IndexMap<apollo_compiler::Name, Vec<&Field>> = IndexMap::new();
    for part in parts {
        collect(supergraph, part, object, &mut collected);
    }
    let fields = collected.into_iter().filter_map(|(key, fields)| {
        let first = fields.first()?;
        let ty = if first.name == "__typename" {
            first.ty().clone()
        } else {
            supergraph.schema.type_field(object, &first.name).ok()?.ty.clone()
        };
        let inner = ty.inner_named_type();
        let kind = match supergraph.schema.types.get(inner) {
            _ if first.name == "__typename" => Kind::Typename,
            _ if first.name.starts_with("__") => Kind::Leaf,
            Some(ExtendedType::Enum(values)) => Kind::Enum(values.clone()),
            Some(composite) if !composite.is_leaf() => {
                let parts = fields.iter().map(|field| field.selection_set.clone()).collect();
                Kind::Composite(Selections::new(supergraph, inner, parts))
            }
            _ => Kind::Leaf,
        };
        let source = fetched_as(first).or_else(|| supergraph.aliases.safe(first.alias.as_ref(), &first.name));
        Some(FieldProjection {
            source: Name::new(source.as_ref().unwrap_or(&key).as_str()),
            key: Name::new(key.as_str()),
            parent: object.clone(),
            name: first.name.clone(),
            ty,
            kind,
        })
    });
    Arc::new(fields.collect())
}

/// CollectFields of the specification: conditions are decided already, named fragments in place.
fn collect<'s>(
    supergraph: &Supergraph,
    set: &'s SelectionSet,
    object: &apollo_compiler::Name,
    into: &mut IndexMap<apollo_compiler::Name, Vec<&'s Field>>,
) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => into.entry(field.response_key().clone()).or_default().push(field),
            Selection::InlineFragment(fragment) => {
                let applies = fragment
                    .type_condition
                    .as_ref()
                    .is_none_or(|condition| condition == object || supergraph.schema.is_subtype(condition, object));
                if applies {
                    collect(supergraph, &fragment.selection_set, object, into);
                }
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Projects the root object. `known` are the errors there are already: a null they explain needs no other.
pub(crate) fn project(
    supergraph: &Supergraph,
    selections: &Selections,
    data: Value,
    known: &[ServerError],
) -> (Value, Vec<ServerError>) {
    let mut projector = Projector { supergraph, known, errors: Vec::new(), path: Vec::new() };
    let data = match data {
        Value::Object(data) => data,
        _ => IndexMap::new(),
    };
    let projected = projector.object(selections, data).unwrap_or(Value::Null);
    (projected, projector.errors)
}

struct Projector<'a> {
    supergraph: &'a Supergraph,
    known: &'a [ServerError],
    errors: Vec<ServerError>,
    path: Vec<Place>,
}

enum Place {
    Key(Name),
    Index(usize),
}

/// A null stands where none may; its error is told.
struct Nulled;

impl Projector<'_> {
    fn object(&mut self, selections: &Selections, mut data: IndexMap<Name, Value>) -> Result<Value, Nulled> {
        // Inaccessible types are null to the client.
        let Some(fields) = selections.fields(self.supergraph, &data) else { return Ok(Value::Null) };
        let mut projected = IndexMap::with_capacity(fields.len());
        for field in fields.iter() {
            let value = match field.kind {
                Kind::Typename => Value::String(field.parent.to_string()),
                _ => {
                    let value = data.get_mut(&field.source).map(mem::take).unwrap_or_default();
                    self.path.push(Place::Key(field.key.clone()));
                    let value = self.complete(field, &field.ty, value);
                    self.path.pop();
                    value?
                }
            };
            projected.insert(field.key.clone(), value);
        }
        Ok(Value::Object(projected))
    }

    fn complete(&mut self, field: &FieldProjection, ty: &Type, value: Value) -> Result<Value, Nulled> {
        let completed = self.nullable(field, ty, value);
        if !ty.is_non_null() {
            return Ok(completed.unwrap_or(Value::Null));
        }
        match completed {
            Ok(Value::Null) => {
                self.tell(field);
                Err(Nulled)
            }
            other => other,
        }
    }

    fn nullable(&mut self, field: &FieldProjection, ty: &Type, value: Value) -> Result<Value, Nulled> {
        match (ty, value) {
            (_, Value::Null) => Ok(Value::Null),
            (Type::List(item) | Type::NonNullList(item), Value::List(values)) => {
                let mut completed = Vec::with_capacity(values.len());
                for (index, value) in values.into_iter().enumerate() {
                    self.path.push(Place::Index(index));
                    let value = self.complete(field, item, value);
                    self.path.pop();
                    completed.push(value?);
                }
                Ok(Value::List(completed))
            }
            (Type::List(_) | Type::NonNullList(_), _) if !matches!(field.kind, Kind::Leaf) => Ok(Value::Null),
            (_, value) => match (&field.kind, value) {
                (Kind::Composite(selections), Value::Object(object)) => self.object(selections, object),
                (Kind::Composite(_), _) => Ok(Value::Null),
                (Kind::Enum(values), value) => {
                    let accessible = text(&value).is_some_and(|name| values.values.contains_key(name));
                    Ok(if accessible { value } else { Value::Null })
                }
                (Kind::Leaf | Kind::Typename, value) => Ok(value),
            },
        }
    }

    fn tell(&mut self, field: &FieldProjection) {
        let explained = self.known.iter().any(|error| error.path.is_empty() || related(&error.path, &self.path));
        if !explained {
            let message = format!("Cannot return null for non-nullable field {}.{}.", field.parent, field.name);
            let path = self.path.iter().map(Place::segment).collect();
            self.errors.push(at(error(Code::Internal, message), path));
        }
    }
}

impl Place {
    fn segment(&self) -> PathSegment {
        match self {
            Self::Key(key) => PathSegment::Field(key.to_string()),
            Self::Index(index) => PathSegment::Index(*index),
        }
    }
}

/// One lies within the other.
fn related(error: &[PathSegment], place: &[Place]) -> bool {
    error.iter().zip(place).all(|(error, place)| match (error, place) {
        (PathSegment::Field(error), Place::Key(place)) => place == error,
        (PathSegment::Index(error), Place::Index(place)) => error == place,
        _ => false,
    })
}
