//! Planning, behind one small trait: the crate that does it is frozen and will be replaced one day.

use std::time::Duration;

use async_graphql::Name;
use hive_router_query_planner::{
    ast::{
        normalization::{error::NormalizationError, normalize_operation},
        selection_item::SelectionItem,
        selection_set::SelectionSet,
    },
    graph::PlannerOverrideContext,
    planner::{
        Planner, PlannerError as HiveError, QueryPlannerOptions,
        plan_nodes::{
            BatchFetchNode, FetchNode, FetchNodePathSegment, FetchRewrite, FlattenNodePath, FlattenNodePathSegment,
            PlanNode,
        },
    },
    utils::{
        cancellation::CancellationToken,
        parsing::{safe_parse_operation, safe_parse_schema},
    },
};
use thiserror::Error;

use crate::plan::{Entities, Fetch, Node, Path, Requirement, Rewrite, Segment, Target};

/// Finds which subgraphs to ask what, and in which order.
pub trait QueryPlanner: Send + Sync {
    /// `operation` is one anonymous operation, valid for the API schema, without named fragments,
    /// `@skip`, `@include` and introspection. Gives up after `budget`.
    fn plan(&self, operation: &str, budget: Duration) -> Result<Node, PlanError>;
}

#[derive(Debug, Error)]
pub enum PlanError {
    #[error("the supergraph cannot be planned over: {0}")]
    Supergraph(String),
    #[error("the operation is not fit for planning: {0}")]
    Operation(String),
    #[error("no subgraph can answer this: {0}")]
    NoPath(String),
    #[error("planning took longer than allowed")]
    Timeout,
}

/// The query planner of Hive Router.
pub struct HivePlanner(Planner);

impl HivePlanner {
    pub fn new(supergraph_sdl: &str) -> Result<Self, PlanError> {
        let document = safe_parse_schema(supergraph_sdl).map_err(|error| PlanError::Supergraph(error.to_string()))?;
        Planner::new_from_supergraph(&document, QueryPlannerOptions::default())
            .map(Self)
            .map_err(|error| PlanError::Supergraph(error.to_string()))
    }
}

impl QueryPlanner for HivePlanner {
    fn plan(&self, operation: &str, budget: Duration) -> Result<Node, PlanError> {
        let document = safe_parse_operation(operation).map_err(|error| PlanError::Operation(error.to_string()))?;
        let normalized = normalize_operation(&self.0.supergraph, &document, None)
            .map_err(|error: NormalizationError| PlanError::Operation(error.to_string()))?;
        let plan = self.0.plan_from_normalized_operation(
            normalized.executable_operation(),
            PlannerOverrideContext::default(),
            &CancellationToken::with_timeout(budget),
        );
        match plan {
            Ok(plan) => Ok(plan.node.as_ref().map_or(Node::Empty, node)),
            Err(HiveError::CancellationError(_)) => Err(PlanError::Timeout),
            Err(error) => Err(PlanError::NoPath(error.to_string())),
        }
    }
}

fn node(plan: &PlanNode) -> Node {
    match plan {
        PlanNode::Sequence(sequence) => Node::Sequence(sequence.nodes.iter().map(node).collect()),
        PlanNode::Parallel(parallel) => Node::Parallel(parallel.nodes.iter().map(node).collect()),
        PlanNode::Fetch(one) => Node::Fetch(fetch(one, Path::new())),
        PlanNode::BatchFetch(batch) => Node::Fetch(batch_fetch(batch)),
        PlanNode::Flatten(flatten) => match flatten.node.as_ref() {
            PlanNode::Fetch(one) => Node::Fetch(fetch(one, path(&flatten.path))),
            // The planner wraps nothing but fetches.
            other => node(other),
        },
        PlanNode::Condition(condition) => Node::Condition {
            variable: Name::new(&condition.condition),
            then: condition.if_clause.as_deref().map(|branch| Box::new(node(branch))),
            otherwise: condition.else_clause.as_deref().map(|branch| Box::new(node(branch))),
        },
        PlanNode::Subscription(subscription) => Node::Subscription(fetch(&subscription.primary, Path::new())),
        // `@defer` is not in the API schema, so what it would postpone is asked for at once.
        PlanNode::Defer(defer) => {
            let primary = defer.primary.node.as_deref();
            let deferred = defer.deferred.iter().filter_map(|part| part.node.as_deref());
            Node::Sequence(primary.into_iter().chain(deferred).map(node).collect())
        }
    }
}

fn fetch(fetch: &FetchNode, path: Path) -> Fetch {
    let output = rewrites(fetch.output_rewrites.as_deref());
    let target = match &fetch.requires {
        None => Target::Objects { path, output },
        Some(requires) => Target::Entities(vec![Entities {
            alias: Name::new("_entities"),
            variable: Name::new("representations"),
            paths: vec![path],
            requires: requirements(requires),
            input: rewrites(fetch.input_rewrites.as_deref()),
            output,
        }]),
    };
    let operation = &fetch.operation;
    Fetch {
        service: fetch.service_name.as_str().into(),
        query: operation.document_str.as_str().into(),
        variables: fetch.variable_usages.iter().flatten().map(Name::new).collect(),
        fields: response_keys(&operation.document.operation.selection_set),
        target,
    }
}

fn batch_fetch(batch: &BatchFetchNode) -> Fetch {
    let entities = batch.entity_batch.aliases.iter().map(|alias| Entities {
        alias: Name::new(&alias.alias),
        variable: Name::new(&alias.representations_variable_name),
        paths: alias.merge_paths.iter().map(path).collect(),
        requires: requirements(&alias.requires),
        input: rewrites(alias.input_rewrites.as_deref()),
        output: rewrites(alias.output_rewrites.as_deref()),
    });
    Fetch {
        service: batch.service_name.as_str().into(),
        query: batch.operation.document_str.as_str().into(),
        variables: batch.variable_usages.iter().flatten().map(Name::new).collect(),
        fields: response_keys(&batch.operation.document.operation.selection_set),
        target: Target::Entities(entities.collect()),
    }
}

fn response_keys(selections: &SelectionSet) -> Vec<Name> {
    selections
        .items
        .iter()
        .filter_map(|item| match item {
            SelectionItem::Field(field) => Some(Name::new(field.selection_identifier())),
            _ => None,
        })
        .collect()
}

/// In `requires`, `name` is the key to read from the data and the alias the key to write.
fn requirements(selections: &SelectionSet) -> Vec<Requirement> {
    selections
        .items
        .iter()
        .filter_map(|item| match item {
            SelectionItem::Field(field) => Some(Requirement::Field {
                read: Name::new(&field.name),
                write: Name::new(field.selection_identifier()),
                selections: requirements(&field.selections),
            }),
            SelectionItem::InlineFragment(fragment) => Some(Requirement::On {
                condition: fragment.type_condition.clone(),
                selections: requirements(&fragment.selections),
            }),
            // Requirements are never minified into fragments.
            SelectionItem::FragmentSpread(_) => None,
        })
        .collect()
}

fn path(path: &FlattenNodePath) -> Path {
    path.as_slice()
        .iter()
        .map(|segment| match segment {
            FlattenNodePathSegment::Field(field) => Segment::Field(Name::new(field)),
            FlattenNodePathSegment::TypeCondition(types) => Segment::On(types.clone()),
            FlattenNodePathSegment::List => Segment::List,
        })
        .collect()
}

fn rewrites(rewrites: Option<&[FetchRewrite]>) -> Vec<Rewrite> {
    let steps = |path: &[FetchNodePathSegment]| {
        path.iter()
            .map(|step| match step {
                FetchNodePathSegment::Key(key) => Segment::Field(Name::new(key)),
                FetchNodePathSegment::TypenameEquals(types) => Segment::On(types.clone()),
            })
            .collect()
    };
    rewrites
        .unwrap_or_default()
        .iter()
        .map(|rewrite| match rewrite {
            FetchRewrite::ValueSetter(set) => Rewrite::Set { path: steps(&set.path), value: set.set_value_to.clone() },
            FetchRewrite::KeyRenamer(rename) => {
                Rewrite::Rename { path: steps(&rename.path), to: Name::new(&rename.rename_key_to) }
            }
        })
        .collect()
}
