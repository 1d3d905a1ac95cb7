//! A supergraph made ready to serve: the schema that clients see, the planner, who the subgraphs are.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use apollo_compiler::{
    Name, Schema,
    ast::{Definition, Document},
    schema::Implementers,
    validation::Valid,
};
use thiserror::Error;

use crate::{
    api_schema::api_schema,
    distinguish::client_key,
    extend, grammar,
    guards::Guards,
    links::{self, Prefixes},
    measure::position,
    planner::{HivePlanner, PlanError, QueryPlanner},
    weights,
};

pub struct Supergraph {
    /// The API schema, validated.
    pub schema: Valid<Schema>,
    pub(crate) implementers: apollo_compiler::collections::HashMap<Name, Implementers>,
    /// Name to URL, as written in the supergraph.
    pub subgraphs: BTreeMap<String, String>,
    pub(crate) types: PossibleTypes,
    pub(crate) aliases: Aliases,
    pub(crate) guards: Guards,
    pub(crate) planner: Box<dyn QueryPlanner>,
}

#[derive(Debug, Error)]
pub enum SupergraphError {
    #[error("the supergraph cannot be parsed: {0}")]
    Unreadable(String),
    #[error("the supergraph cannot be served: {0}")]
    Unsupported(String),
    #[error("the supergraph gives no valid API schema: {0}")]
    Invalid(String),
    #[error("the supergraph names no subgraphs: `enum join__Graph` is missing")]
    NoSubgraphs,
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl Supergraph {
    /// Name to URL of the subgraphs that a supergraph names, without making it ready.
    pub fn urls(sdl: &str) -> Result<BTreeMap<String, String>, SupergraphError> {
        read(sdl).map(|(_, _, subgraphs)| subgraphs)
    }

    pub fn parse(sdl: &str) -> Result<Self, SupergraphError> {
        let (document, prefixes, subgraphs) = read(sdl)?;
        let schema = api_schema(&document, &prefixes).map_err(SupergraphError::Invalid)?;
        let for_planning = weights::without(&document).map_err(SupergraphError::Unsupported)?;
        Ok(Self {
            implementers: schema.implementers_map(),
            schema,
            subgraphs,
            types: PossibleTypes::of(&document),
            aliases: Aliases::of(&document),
            guards: Guards::of(&document).map_err(SupergraphError::Unsupported)?,
            planner: Box::new(HivePlanner::new(&for_planning.to_string())?),
        })
    }
}

/// The document without extensions and under the usual names, which of them are not the API's, and who its subgraphs
/// are.
fn read(sdl: &str) -> Result<(Document, Prefixes, BTreeMap<String, String>), SupergraphError> {
    let mut document = Document::parser()
        .parse_ast(sdl, "supergraph.graphql")
        .map_err(|broken| SupergraphError::Unreadable(broken.errors.to_string()))?;
    if let Some(bare) = grammar::without_value(sdl) {
        let place = position(sdl, bare).map(|place| format!(" at line {}", place.line)).unwrap_or_default();
        return Err(SupergraphError::Unreadable(format!("an argument{place} has no value")));
    }
    extend::fold(&mut document);
    let prefixes = links::canonical(&mut document).map_err(SupergraphError::Unsupported)?;
    let subgraphs = subgraphs(&document);
    if subgraphs.is_empty() {
        return Err(SupergraphError::NoSubgraphs);
    }
    Ok((document, prefixes, subgraphs))
}

impl std::fmt::Debug for Supergraph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supergraph").field("subgraphs", &self.subgraphs).finish_non_exhaustive()
    }
}

/// Which object types stand behind each interface and union, the inaccessible ones too.
#[derive(Debug, Default)]
pub(crate) struct PossibleTypes(HashMap<String, BTreeSet<String>>);

impl PossibleTypes {
    fn of(document: &Document) -> Self {
        let mut possible: HashMap<String, BTreeSet<String>> = HashMap::new();
        for definition in &document.definitions {
            match definition {
                Definition::ObjectTypeDefinition(object) => {
                    for interface in &object.implements_interfaces {
                        possible.entry(interface.to_string()).or_default().insert(object.name.to_string());
                    }
                }
                Definition::UnionTypeDefinition(union) => {
                    let members = union.members.iter().map(Name::to_string);
                    possible.entry(union.name.to_string()).or_default().extend(members);
                }
                _ => {}
            }
        }
        Self(possible)
    }

    /// An interface or a union.
    pub fn is_abstract(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The objects that can stand where the schema says `name`.
    pub fn objects<'t>(&'t self, name: &'t str) -> Vec<&'t str> {
        self.0.get(name).map_or_else(|| vec![name], |members| members.iter().map(String::as_str).collect())
    }

    /// Is every `object` also a `condition`?
    pub fn satisfies(&self, object: &str, condition: &str) -> bool {
        object == condition || self.0.get(condition).is_some_and(|members| members.contains(object))
    }
}

/// Safe response keys for the fetches. A client may call one field by the name of another, say a title `id`;
/// beside it the plan needs the true `id`, as a key. So an alias that is the name of any field goes under
/// another name until the result is projected.
#[derive(Debug, Default)]
pub(crate) struct Aliases(HashSet<String>);

pub(crate) const SAFE: &str = "_alias_";

impl Aliases {
    fn of(document: &Document) -> Self {
        let fields = document.definitions.iter().flat_map(|definition| match definition {
            Definition::ObjectTypeDefinition(object) => object.fields.as_slice(),
            Definition::InterfaceTypeDefinition(interface) => interface.fields.as_slice(),
            _ => &[],
        });
        Self(fields.map(|field| field.name.to_string()).chain(["__typename".to_owned()]).collect())
    }

    /// The key to fetch a field under, if it is not its response key.
    pub fn safe(&self, alias: Option<&Name>, field: &Name) -> Option<Name> {
        let alias = alias.filter(|alias| *alias != field && self.0.contains(alias.as_str()))?;
        let introspective = field.starts_with("__");
        (!introspective).then(|| Name::new_unchecked(&format!("{SAFE}{alias}")))
    }

    /// The client's key for one that a fetch used.
    pub fn original<'k>(&self, key: &'k str) -> &'k str {
        client_key(key).or_else(|| key.strip_prefix(SAFE).filter(|alias| self.0.contains(*alias))).unwrap_or(key)
    }
}

fn subgraphs(document: &Document) -> BTreeMap<String, String> {
    let graphs = document.definitions.iter().filter_map(|definition| match definition {
        Definition::EnumTypeDefinition(values) if values.name == "join__Graph" => Some(values),
        _ => None,
    });
    graphs
        .flat_map(|graphs| &graphs.values)
        .filter_map(|value| {
            let graph = value.directives.get("join__graph")?;
            let argument = |name| Some(graph.specified_argument_by_name(name)?.as_str()?.to_owned());
            Some((argument("name")?, argument("url").unwrap_or_default()))
        })
        .collect()
}
