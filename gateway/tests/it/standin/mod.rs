//! Subgraphs made of a schema in text, values in JSON and, for what is computed, closures: any supergraph a
//! test can think of in a few lines.

mod answer;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use apollo_compiler::{
    Name, Schema,
    ast::{Definition, DirectiveList, Document, OperationType},
    name,
    validation::Valid,
};
use futures::{
    FutureExt, StreamExt,
    future::{self, BoxFuture},
    stream::{self, BoxStream},
};
use pipewright_gateway::{Gateway, GatewayParts, Limits, Policy, Request, Resilience, SubgraphSdl, compose};
use platform::graphql::{Subgraph, SubgraphCall, SubgraphError};
use serde_json::{Map, Value, json};

use crate::shop::clock;

/// Computes a field from the object it is on (what is stored of it, under what the gateway sent of it) and its
/// arguments.
type Compute = Arc<dyn Fn(&Value, &Value) -> Value + Send + Sync>;

/// The fields of a key, each with the fields below it.
#[derive(Debug, Clone, Default)]
struct KeyFields(Vec<(String, KeyFields)>);

/// One subgraph. `data` has, for each root type, an object with the values of its fields and, for each entity,
/// a list of what is stored; whoever stores nothing of an entity knows every one that it is told. A value
/// `{"$error": "…"}` is an error.
#[derive(Clone)]
pub struct Standin {
    name: String,
    sdl: String,
    schema: Arc<Valid<Schema>>,
    keys: Arc<HashMap<String, Vec<KeyFields>>>,
    data: Map<String, Value>,
    computed: HashMap<&'static str, Compute>,
    down: bool,
    /// How many more times it has not heard of any entity.
    unheard: Arc<AtomicUsize>,
    /// How many more times it is asked for entities and never answers.
    silent: Arc<AtomicUsize>,
    /// What it says instead, true to its schema or not.
    says: Option<Value>,
    log: Arc<Mutex<Vec<Asked>>>,
}

/// What a subgraph was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub service: String,
    pub query: String,
    pub variables: Value,
}

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\", \
    \"@requires\", \"@provides\", \"@external\", \"@shareable\", \"@override\", \"@inaccessible\", \"@interfaceObject\", \
    \"@tag\"])\n";

const FEDERATION: &str = "
scalar _Any
type _Service { sdl: String }
directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @external on OBJECT | FIELD_DEFINITION
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @override(from: String!) on FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @extends on OBJECT | INTERFACE
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
directive @tag(name: String!) repeatable on FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
";

impl Standin {
    /// `sdl` is written without its link to the specification.
    pub fn new(name: &str, sdl: &str, data: Value) -> Self {
        Self::read(name, sdl, format!("{LINK}{sdl}"), data)
    }

    /// In the first version of federation, which has no link.
    pub fn of_version_1(name: &str, sdl: &str, data: Value) -> Self {
        Self::read(name, sdl, sdl.to_owned(), data)
    }

    fn read(name: &str, sdl: &str, published: String, data: Value) -> Self {
        let document = Document::parser().parse_ast(sdl, name).unwrap_or_else(|broken| panic!("{name}: {broken}"));
        let mut keys: HashMap<String, Vec<KeyFields>> = HashMap::new();
        let mut entities = Vec::new();
        let root = query_root(&document);
        let mut has_query = false;
        for definition in &document.definitions {
            let Some(ty) = definition.name() else { continue };
            has_query |= *ty == root;
            let found = key_fields(definition.directives());
            if found.is_empty() {
                continue;
            }
            if matches!(definition, Definition::ObjectTypeDefinition(_) | Definition::ObjectTypeExtension(_)) {
                entities.push(ty.to_string());
            }
            keys.entry(ty.to_string()).or_default().extend(found);
        }
        entities.dedup();
        let mut text = format!("{FEDERATION}{sdl}\n");
        text += &format!("{} type {root} {{ _service: _Service }}\n", if has_query { "extend" } else { "" });
        if !entities.is_empty() {
            text += &format!("union _Entity = {}\n", entities.join(" | "));
            text += &format!("extend type {root} {{ _entities(representations: [_Any!]!): [_Entity]! }}\n");
        }
        let schema = Schema::builder().adopt_orphan_extensions().parse(text, name).build();
        let schema = schema.and_then(Schema::validate).unwrap_or_else(|broken| panic!("{name}: {broken}"));
        let Value::Object(data) = data else { panic!("{name}: the data is an object") };
        Self {
            name: name.to_owned(),
            sdl: published,
            schema: Arc::new(schema),
            keys: Arc::new(keys),
            data,
            computed: HashMap::new(),
            down: false,
            unheard: Arc::default(),
            silent: Arc::default(),
            says: None,
            log: Arc::default(),
        }
    }

    /// `coordinate` is `Type.field`.
    pub fn compute(
        mut self,
        coordinate: &'static str,
        compute: impl Fn(&Value, &Value) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.computed.insert(coordinate, Arc::new(compute));
        self
    }

    /// With its link.
    pub fn sdl(&self) -> &str {
        &self.sdl
    }

    /// Answers nothing.
    pub fn down(mut self) -> Self {
        self.down = true;
        self
    }

    /// Finds no entity the first `times` that it is asked.
    pub fn late(self, times: usize) -> Self {
        self.unheard.store(times, Ordering::Relaxed);
        self
    }

    /// Never answers the first `times` that it is asked for entities.
    pub fn silent(self, times: usize) -> Self {
        self.silent.store(times, Ordering::Relaxed);
        self
    }

    /// Whatever it is asked, it gives this as data, true to its schema or not.
    pub fn saying(mut self, data: Value) -> Self {
        self.says = Some(data);
        self
    }

    fn without_entities(&self) -> Self {
        let none = |(name, stored): (&String, &Value)| {
            (name.clone(), if stored.is_array() { json!([]) } else { stored.clone() })
        };
        Self { data: self.data.iter().map(none).collect(), ..self.clone() }
    }

    fn has_not_heard(&self, call: &SubgraphCall) -> bool {
        call.query.contains("_entities") && counts_down(&self.unheard)
    }

    fn is_silent(&self, call: &SubgraphCall) -> bool {
        call.query.contains("_entities") && counts_down(&self.silent)
    }

    fn note(&self, call: &SubgraphCall) {
        let variables = serde_json::to_value(&call.variables).unwrap();
        let (service, query) = (self.name.clone(), call.query.to_string());
        self.log.lock().unwrap().push(Asked { service, query, variables });
    }
}

impl Subgraph for Standin {
    fn execute(&self, call: SubgraphCall) -> BoxFuture<'static, Result<async_graphql::Response, SubgraphError>> {
        self.note(&call);
        if self.is_silent(&call) {
            return future::pending().boxed();
        }
        if let Some(data) = &self.says {
            let data: async_graphql::Value = serde_json::from_value(data.clone()).unwrap();
            return future::ready(Ok(async_graphql::Response::new(data))).boxed();
        }
        let answer = match self.down {
            true => Err(SubgraphError::Unreachable { service: self.name.clone() }),
            false if self.has_not_heard(&call) => Ok(self.without_entities().answer(&call, None)),
            false => Ok(self.answer(&call, None)),
        };
        async { answer }.boxed()
    }

    /// The events are the list under the field's name in `data.Subscription`.
    fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<async_graphql::Response, SubgraphError>> {
        self.note(&call);
        let (this, events) = (self.clone(), self.data["Subscription"].clone());
        let Value::Object(fields) = events else { panic!("{}: no subscriptions", self.name) };
        let asked = fields.into_iter().find(|(field, _)| call.query.contains(field.as_str()));
        let (field, Value::Array(events)) = asked.unwrap() else { panic!("events are a list") };
        stream::iter(events).map(move |event| Ok(this.answer(&call, Some(json!({ &field: event }))))).boxed()
    }
}

/// A gateway over stand-ins.
pub struct World {
    pub gateway: Gateway,
    pub supergraph: String,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl World {
    pub fn of(standins: impl IntoIterator<Item = Standin>) -> Self {
        Self::tuned(standins, Limits::default(), Resilience::default())
    }

    pub fn tuned(standins: impl IntoIterator<Item = Standin>, limits: Limits, resilience: Resilience) -> Self {
        let standins: Vec<Standin> = standins.into_iter().collect();
        let sdls: Vec<SubgraphSdl> = standins
            .iter()
            .map(|standin| SubgraphSdl {
                name: standin.name.clone(),
                url: format!("http://{}.invalid/graphql", standin.name),
                sdl: standin.sdl.clone(),
            })
            .collect();
        let supergraph = compose(&sdls).unwrap_or_else(|error| panic!("{error}"));
        Self::serve(&supergraph, standins, limits, resilience)
    }

    pub fn served(supergraph_sdl: &str, standins: impl IntoIterator<Item = Standin>) -> Self {
        Self::served_within(Limits::default(), supergraph_sdl, standins)
    }

    pub fn served_within(limits: Limits, supergraph_sdl: &str, standins: impl IntoIterator<Item = Standin>) -> Self {
        Self::serve(supergraph_sdl, standins, limits, Resilience::default())
    }

    fn serve(
        supergraph_sdl: &str,
        standins: impl IntoIterator<Item = Standin>,
        limits: Limits,
        resilience: Resilience,
    ) -> Self {
        let log: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let subgraphs = standins.into_iter().map(|standin| {
            let subgraph: Arc<dyn Subgraph> = Arc::new(Standin { log: log.clone(), ..standin.clone() });
            (standin.name, subgraph)
        });
        let parts = GatewayParts {
            supergraph_sdl,
            subgraphs: subgraphs.collect(),
            probes: HashMap::new(),
            authenticator: None,
            metrics: Arc::new(String::new),
            limits,
            policy: Policy::default(),
            clock: clock(),
        };
        let gateway = Gateway::resilient(parts, resilience).unwrap_or_else(|error| panic!("{error}"));
        Self { gateway, supergraph: supergraph_sdl.to_owned(), log }
    }

    pub async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, json!({})).await
    }

    pub async fn ask_with(&self, query: &str, variables: Value) -> Value {
        let response = self.gateway.execute(Request::new(query).variables(variables), None).await;
        serde_json::to_value(response).unwrap()
    }

    /// Asks, and holds the answer to `data` without errors.
    pub async fn check(&self, query: &str, data: Value) {
        self.check_with(query, json!({}), data).await;
    }

    pub async fn check_with(&self, query: &str, variables: Value, data: Value) {
        self.asked();
        let answer = self.ask_with(query, variables).await;
        assert_eq!(answer, json!({ "data": data }), "{query}\n{:#?}", self.asked());
    }

    /// Asks, and holds the answer to `data` and to errors with these paths (`products.0.name`) and codes, in any
    /// order.
    pub async fn fails(&self, query: &str, data: Value, errors: &[(&str, &str)]) {
        self.asked();
        let answer = self.ask(query).await;
        assert_eq!(answer["data"], data, "{query}\n{answer:#}\n{:#?}", self.asked());
        let mut expected: Vec<_> = errors.iter().map(|(path, code)| format!("{path} {code}")).collect();
        expected.sort();
        assert_eq!(problems(&answer), expected, "{query}\n{answer:#}");
    }

    /// Everything asked so far, and forgets it.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    /// Which subgraphs were asked, in order; forgets it.
    pub fn services(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.service).collect()
    }
}

/// `path code` of each error, sorted.
pub fn problems(answer: &Value) -> Vec<String> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let path = |error: &Value| -> Vec<String> { error["path"].as_array().into_iter().flatten().map(step).collect() };
    let mut problems: Vec<String> = errors
        .iter()
        .map(|error| format!("{} {}", path(error).join("."), error["extensions"]["code"].as_str().unwrap_or("?")))
        .collect();
    problems.sort();
    problems
}

/// One less is left, if any were.
fn counts_down(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

fn query_root(document: &Document) -> Name {
    let schemas = document.definitions.iter().filter_map(|definition| match definition {
        Definition::SchemaDefinition(schema) => Some(&schema.root_operations),
        _ => None,
    });
    let query = schemas.flatten().find(|operation| operation.0 == OperationType::Query);
    query.map_or_else(|| name!("Query"), |operation| operation.1.clone())
}

fn key_fields(directives: &DirectiveList) -> Vec<KeyFields> {
    let fields = directives.get_all("key").filter_map(|key| key.specified_argument_by_name("fields")?.as_str());
    fields.map(|text| KeyFields::read(&mut text.replace('{', " { ").replace('}', " } ").split_whitespace())).collect()
}

impl KeyFields {
    fn read(words: &mut dyn Iterator<Item = &str>) -> Self {
        let mut fields: Vec<(String, KeyFields)> = Vec::new();
        while let Some(word) = words.next() {
            match (word, fields.last_mut()) {
                ("}", _) => break,
                ("{", Some((_, below))) => *below = Self::read(words),
                _ => fields.push((word.to_owned(), Self::default())),
            }
        }
        Self(fields)
    }

    /// What `object` has of the key, if it has all of it.
    fn of(&self, object: &Value) -> Option<Value> {
        if let Value::Array(items) = object {
            return items.iter().map(|item| self.of(item)).collect::<Option<_>>().map(Value::Array);
        }
        if self.0.is_empty() {
            return Some(object.clone());
        }
        let mut key = Map::new();
        for (field, below) in &self.0 {
            key.insert(field.clone(), below.of(object.get(field)?)?);
        }
        Some(Value::Object(key))
    }
}
