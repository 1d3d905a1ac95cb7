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
    parser::{SourceMap, SourceSpan},
    schema::{EnumType, ExtendedType},
};
use async_graphql::{Name, PathSegment, ServerError, Value};
use indexmap::IndexMap;
use kernel::Code;

use super::{
    Prepared,
    absences::Absences,
    fetch::TOLD,
    merge::{Step, error_path, text, typename},
    scalar::Scalar,
};
use crate::{
    Supergraph,
    distinguish::fetched_as,
    measure::start,
    refusal::is_refused,
    response::{at, error, located},
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
    /// Where the document asks for it.
    span: Option<SourceSpan>,
}

enum Kind {
    /// Not for whoever asks.
    Refused,
    Typename,
    /// Scalars of the schema's own, and introspection, which is projected already.
    Leaf,
    Scalar(Scalar),
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

    /// Where the document asks for what is at the client's `path` in `data`, which is not projected yet.
    pub fn span(&self, supergraph: &Supergraph, data: &Value, path: &[PathSegment]) -> Option<SourceSpan> {
        let mut sets: Vec<&SelectionSet> = self.parts.iter().collect();
        let (mut here, mut span) = (Some(data), None);
        for segment in path {
            match segment {
                PathSegment::Index(index) => {
                    here = match here {
                        Some(Value::List(items)) => items.get(*index),
                        _ => None,
                    };
                }
                PathSegment::Field(key) => {
                    let object = match here {
                        Some(Value::Object(object)) => Some(object),
                        _ => None,
                    };
                    let mut fields = Vec::new();
                    for set in sets {
                        called(supergraph, set, object.and_then(typename), key, &mut fields);
                    }
                    let Some(first) = fields.first() else { break };
                    here = object.and_then(|object| object.get(source(supergraph, first).as_str()));
                    span = first.location();
                    sets = fields.into_iter().map(|field| &field.selection_set).collect();
                }
            }
        }
        span
    }
}

/// The fields of this response key, in fragments too, but for those on what an object of type `ty` is not.
fn called<'s>(
    supergraph: &Supergraph,
    set: &'s SelectionSet,
    ty: Option<&str>,
    key: &str,
    into: &mut Vec<&'s Node<Field>>,
) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) if field.response_key().as_str() == key => into.push(field),
            Selection::InlineFragment(fragment) => {
                let applies = match (ty, &fragment.type_condition) {
                    (Some(ty), Some(condition)) => supergraph.types.satisfies(ty, condition),
                    _ => true,
                };
                if applies {
                    called(supergraph, &fragment.selection_set, ty, key, into);
                }
            }
            Selection::Field(_) | Selection::FragmentSpread(_) => {}
        }
    }
}

/// Where the data has a field.
fn source(supergraph: &Supergraph, field: &Field) -> apollo_compiler::Name {
    fetched_as(field)
        .or_else(|| supergraph.aliases.safe(field.alias.as_ref(), &field.name))
        .unwrap_or_else(|| field.response_key().clone())
}

fn compile(supergraph: &Supergraph, parts: &[SelectionSet], object: &apollo_compiler::Name) -> Fields {
    let mut collected: IndexMap<apollo_compiler::Name, Vec<&Node<Field>>> = IndexMap::new();
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
            // Of several ways to ask for one field, it is enough that one is refused.
            _ if fields.iter().any(|field| is_refused(field)) => Kind::Refused,
            _ if first.name == "__typename" => Kind::Typename,
            _ if first.name.starts_with("__") => Kind::Leaf,
            Some(ExtendedType::Enum(values)) => Kind::Enum(values.clone()),
            Some(composite) if !composite.is_leaf() => {
                let parts = fields.iter().map(|field| field.selection_set.clone()).collect();
                Kind::Composite(Selections::new(supergraph, inner, parts))
            }
            _ => Scalar::named(inner).map_or(Kind::Leaf, Kind::Scalar),
        };
        Some(FieldProjection {
            source: Name::new(source(supergraph, first).as_str()),
            key: Name::new(key.as_str()),
            parent: object.clone(),
            name: first.name.clone(),
            ty,
            kind,
            span: first.location(),
        })
    });
    Arc::new(fields.collect())
}

/// CollectFields of the specification: conditions are decided already, named fragments in place.
fn collect<'s>(
    supergraph: &Supergraph,
    set: &'s SelectionSet,
    object: &apollo_compiler::Name,
    into: &mut IndexMap<apollo_compiler::Name, Vec<&'s Node<Field>>>,
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

/// Projects the root object. `known` are the errors there are already: a null they explain needs no other. Of
/// `absences` it tells at the fields that they leave null.
pub(crate) fn project(
    supergraph: &Supergraph,
    prepared: &Prepared,
    data: Value,
    known: &[ServerError],
    absences: &mut Absences,
) -> (Value, Vec<ServerError>) {
    let Prepared { selections, sources, .. } = prepared;
    let mut projector =
        Projector { supergraph, sources, known, absences, errors: Vec::new(), told: HashMap::new(), path: Vec::new() };
    let data = match data {
        Value::Object(data) => data,
        _ => IndexMap::new(),
    };
    let projected = projector.object(selections, data).unwrap_or(Value::Null);
    (projected, projector.errors)
}

struct Projector<'a> {
    supergraph: &'a Supergraph,
    sources: &'a SourceMap,
    known: &'a [ServerError],
    absences: &'a mut Absences,
    errors: Vec<ServerError>,
    /// How often one and the same field was told of, by where the document asks for it.
    told: HashMap<Option<SourceSpan>, usize>,
    /// Where the client finds what is projected.
    path: Vec<Step>,
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
                    let value = data.get_mut(&field.source).map(mem::take);
                    let why =
                        if value.is_none() { self.absences.why(&self.path, &field.source).cloned() } else { None };
                    self.path.push(Step::Key(field.key.clone()));
                    let value = match (&field.kind, value, why) {
                        (Kind::Refused, ..) => self.refuse(field),
                        (_, None, Some(why)) => self.fail(field, why),
                        (_, value, _) => self.complete(field, &field.ty, value.unwrap_or_default()),
                    };
                    self.path.pop();
                    value?
                }
            };
            projected.insert(field.key.clone(), value);
        }
        Ok(Value::Object(projected))
    }

    /// Null, whatever may have been fetched on behalf of others.
    fn refuse(&mut self, field: &FieldProjection) -> Result<Value, Nulled> {
        let message = format!("{}.{}, or what it gives, is not for whoever asks", field.parent, field.name);
        self.fail(field, error(Code::UnauthorizedFieldOrType, message))
    }

    /// Null, with its error, unless that was told of this field often enough or is told of what is in it.
    fn fail(&mut self, field: &FieldProjection, error: ServerError) -> Result<Value, Nulled> {
        let within = |known: &ServerError| known.path.len() >= self.path.len() && related(&known.path, &self.path);
        if !self.known.iter().any(within) {
            let times = self.told.entry(field.span).or_default();
            *times += 1;
            if *times <= TOLD {
                let told = self.placed(field, error);
                self.errors.push(told);
            }
        }
        if field.ty.is_non_null() { Err(Nulled) } else { Ok(Value::Null) }
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
                    self.path.push(Step::Index(index));
                    let value = self.complete(field, item, value);
                    self.path.pop();
                    completed.push(value?);
                }
                Ok(Value::List(completed))
            }
            (Type::List(_) | Type::NonNullList(_), _) => Err(self.wrong(field, "list")),
            (_, value) => match (&field.kind, value) {
                (Kind::Composite(selections), Value::Object(object)) => self.object(selections, object),
                (Kind::Scalar(scalar), value) => scalar.coerce(value).ok_or_else(|| self.wrong(field, scalar.name())),
                (Kind::Enum(values), value) if text(&value).is_some_and(|name| values.values.contains_key(name)) => {
                    Ok(value)
                }
                (Kind::Leaf | Kind::Typename, value) => Ok(value),
                (Kind::Refused, _) => Ok(Value::Null),
                (Kind::Composite(_) | Kind::Enum(_), _) => Err(self.wrong(field, ty.inner_named_type())),
            },
        }
    }

    /// Tells that what a service gave is none of what the field gives. What it was is not said: clients may not be
    /// meant to know it.
    fn wrong(&mut self, field: &FieldProjection, wanted: &str) -> Nulled {
        let message = format!("a service gave no {wanted} for {}.{}", field.parent, field.name);
        let told = self.placed(field, error(Code::Internal, message));
        self.errors.push(told);
        Nulled
    }

    fn tell(&mut self, field: &FieldProjection) {
        let explained = self.known.iter().any(|error| error.path.is_empty() || related(&error.path, &self.path));
        if explained || self.absences.explain(&self.path) {
            return;
        }
        let message = format!("Cannot return null for non-nullable field {}.{}", field.parent, field.name);
        let told = match self.absences.unknown_to(&self.path) {
            Some(service) => {
                let because = "has no such object, or none that you may read";
                let mut told = error(Code::NotFound, format!("{message}: the service {service} {because}."));
                told.extensions.get_or_insert_default().set("service", &**service);
                told
            }
            None => error(Code::Internal, format!("{message}.")),
        };
        let told = self.placed(field, told);
        self.errors.push(told);
    }

    /// The error with its places, in the answer and in the document.
    fn placed(&self, field: &FieldProjection, error: ServerError) -> ServerError {
        let place = field.span.and_then(|span| start(span, self.sources));
        located(at(error, error_path(&self.path)), place)
    }
}

/// One lies within the other.
fn related(error: &[PathSegment], place: &[Step]) -> bool {
    error.iter().zip(place).all(|(error, place)| match (error, place) {
        (PathSegment::Field(error), Step::Key(place)) => place == error,
        (PathSegment::Index(error), Step::Index(place)) => error == place,
        _ => false,
    })
}
