//! Composition: the subgraphs' schemas become one supergraph that any federation router can read.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Definition, Directive, DirectiveList, Document, FieldDefinition, OperationType, Value},
    name,
};
use graphql_composition::{Subgraphs, render_federated_sdl};
use thiserror::Error;

/// The specifications behind a supergraph, as published: link 1.0, join 0.3, inaccessible 0.2, tag 0.3.
const MACHINERY: &str = include_str!("compose/machinery.graphql");

/// What one service says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphSdl {
    pub name: String,
    /// Where the gateway reaches it, for example `http://lead:4002/graphql`.
    pub url: String,
    pub sdl: String,
}

#[derive(Debug, Error)]
pub enum ComposeError {
    #[error("the schema of {subgraph} cannot be read: {message}")]
    Unreadable { subgraph: String, message: String },
    #[error("the schemas do not compose:\n{}", .messages.join("\n"))]
    Conflict { messages: Vec<String> },
    #[error("the schemas do not compose: one of them names a type that no schema defines")]
    UnknownType,
    #[error("the composed schema cannot be read: {0}")]
    BadOutput(String),
}

/// Composes a supergraph. The same input gives the same text, whatever the order of `subgraphs`.
pub fn compose(subgraphs: &[SubgraphSdl]) -> Result<String, ComposeError> {
    let mut sorted: Vec<&SubgraphSdl> = subgraphs.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut ingested = Subgraphs::default();
    let mut roots = RootTypes::default();
    for subgraph in sorted {
        let unreadable = |message| ComposeError::Unreadable { subgraph: subgraph.name.clone(), message };
        ingested
            .ingest_str(&subgraph.sdl, &subgraph.name, Some(&subgraph.url))
            .map_err(|error| unreadable(format!("{error:#}")))?;
        let document = Document::parser()
            .parse_ast(subgraph.sdl.as_str(), &subgraph.name)
            .map_err(|broken| unreadable(broken.errors.to_string()))?;
        roots.add(&subgraph.name, &document);
    }
    complete(&merge(&mut ingested)?, &roots)
}

/// The composer panics on a type that nobody defines, so that is caught and told as an error.
fn merge(subgraphs: &mut Subgraphs) -> Result<String, ComposeError> {
    let composed = catch_unwind(AssertUnwindSafe(|| graphql_composition::compose(subgraphs).into_result()))
        .map_err(|_| ComposeError::UnknownType)?;
    let graph = composed.map_err(|problems| ComposeError::Conflict {
        messages: problems.iter_messages().map(str::to_owned).collect(),
    })?;
    render_federated_sdl(&graph).map_err(|error| ComposeError::BadOutput(error.to_string()))
}

/// Which subgraphs contribute to each root type. The composer forgets to say so, and without it a planner
/// finds no way in.
#[derive(Default)]
struct RootTypes(BTreeMap<&'static str, Vec<String>>);

impl RootTypes {
    fn add(&mut self, subgraph: &str, document: &Document) {
        for kind in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
            let root = root_type(document, kind).map_or_else(|| kind.default_type_name(), |name| name.clone());
            let defines = document.definitions.iter().any(|definition| {
                definition.name() == Some(&root) && fields(definition).iter().any(|field| !is_machinery(&field.name))
            });
            if defines {
                self.0.entry(kind.name()).or_default().push(subgraph.to_owned());
            }
        }
    }

    /// Adds `@join__type` to the root types in `document`.
    fn declare(&self, document: &mut Document, graphs: &BTreeMap<String, Name>) {
        for kind in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
            let Some(members) = self.0.get(kind.name()) else { continue };
            let root = root_type(document, kind).cloned().unwrap_or_else(|| kind.default_type_name());
            for definition in &mut document.definitions {
                if let Definition::ObjectTypeDefinition(object) = definition
                    && object.name == root
                {
                    let graphs = members.iter().filter_map(|member| graphs.get(member)).cloned();
                    join(&mut object.make_mut().directives, graphs);
                }
            }
        }
    }
}

/// What the composer leaves out and any router wants to see: who has the root types and the unions, and the
/// definitions of the directives in use.
fn complete(sdl: &str, roots: &RootTypes) -> Result<String, ComposeError> {
    let parse = |text: &str| {
        Document::parser()
            .parse_ast(text, "supergraph.graphql")
            .map_err(|broken| ComposeError::BadOutput(broken.errors.to_string()))
    };
    let mut document = parse(sdl)?;
    let graphs = graph_names(&document);
    roots.declare(&mut document, &graphs);
    for definition in &mut document.definitions {
        match definition {
            Definition::UnionTypeDefinition(union) => {
                let union = union.make_mut();
                let members = union
                    .directives
                    .get_all("join__unionMember")
                    .filter_map(|member| member.specified_argument_by_name("graph")?.as_enum().cloned());
                let members: BTreeSet<Name> = members.collect();
                join(&mut union.directives, members.into_iter());
            }
            Definition::ObjectTypeDefinition(object) => without_twins(&mut object.make_mut().directives),
            Definition::InterfaceTypeDefinition(interface) => without_twins(&mut interface.make_mut().directives),
            _ => {}
        }
    }
    let machinery = parse(MACHINERY)?.definitions;
    let names: BTreeSet<&Name> = machinery.iter().filter_map(Definition::name).collect();
    document.definitions.retain(|definition| definition.name().is_none_or(|name| !is_join_definition(name, &names)));
    let used = document.to_string();
    let optional = |definition: &Definition| match definition.name().map(Name::as_str) {
        Some(name @ ("inaccessible" | "tag")) => used.contains(&format!("@{name}")),
        _ => true,
    };
    let after_schema = 1.min(document.definitions.len());
    document.definitions.splice(after_schema..after_schema, machinery.into_iter().filter(optional));
    Ok(document.to_string())
}

fn is_join_definition(name: &str, machinery: &BTreeSet<&Name>) -> bool {
    machinery.iter().any(|known| *known == name) || name == "join__owner"
}

/// The same key twice says nothing new.
fn without_twins(directives: &mut DirectiveList) {
    let mut seen = Vec::new();
    directives.0.retain(|directive| {
        let new = !seen.contains(directive);
        seen.push(directive.clone());
        new
    });
}

fn join(directives: &mut DirectiveList, graphs: impl Iterator<Item = Name>) {
    directives.0.splice(0..0, graphs.map(join_type));
    without_twins(directives);
}

fn join_type(graph: Name) -> Node<Directive> {
    let argument = Argument { name: name!("graph"), value: Node::new(Value::Enum(graph)) };
    Node::new(Directive { name: name!("join__type"), arguments: vec![Node::new(argument)] })
}

/// Subgraph name to the value that stands for it in `enum join__Graph`.
fn graph_names(document: &Document) -> BTreeMap<String, Name> {
    let mut names = BTreeMap::new();
    for definition in &document.definitions {
        let Definition::EnumTypeDefinition(graphs) = definition else { continue };
        if graphs.name != "join__Graph" {
            continue;
        }
        for value in &graphs.values {
            let directive = value.directives.get("join__graph");
            let argument = directive.and_then(|directive| directive.specified_argument_by_name("name"));
            if let Some(name) = argument.and_then(|argument| argument.as_str()) {
                names.insert(name.to_owned(), value.value.clone());
            }
        }
    }
    names
}

fn root_type(document: &Document, kind: OperationType) -> Option<&Name> {
    document
        .definitions
        .iter()
        .flat_map(|definition| match definition {
            Definition::SchemaDefinition(schema) => schema.root_operations.as_slice(),
            Definition::SchemaExtension(schema) => schema.root_operations.as_slice(),
            _ => &[],
        })
        .find(|operation| operation.0 == kind)
        .map(|operation| &operation.1)
}

fn fields(definition: &Definition) -> &[Node<FieldDefinition>] {
    match definition {
        Definition::ObjectTypeDefinition(object) => &object.fields,
        Definition::ObjectTypeExtension(object) => &object.fields,
        _ => &[],
    }
}

/// Fields that federation adds to every subgraph's Query.
fn is_machinery(field: &str) -> bool {
    matches!(field, "_service" | "_entities")
}
