//! Planning, behind one small trait: the crate that does it is frozen and will be replaced one day.

use std::{
    any::Any,
    collections::{BTreeSet, HashSet},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use async_graphql::Name;
use hive_router_query_planner::{
    ast::{
        normalization::{error::NormalizationError, normalize_operation},
        operation::SubgraphFetchOperation,
        selection_item::SelectionItem,
        selection_set::SelectionSet,
    },
    graph::{PERCENTAGE_SCALE_FACTOR, PlannerOverrideContext},
    planner::{
        Planner, PlannerError as HiveError, QueryPlannerOptions,
        plan_nodes::{
            BatchFetchNode, FetchNode, FetchNodePathSegment, FetchRewrite, FlattenNodePath, FlattenNodePathSegment,
            PlanNode,
        },
    },
    state::supergraph_state::OperationKind,
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
    fn plan(&self, operation: &str, slice: usize, budget: Duration) -> Result<Node, PlanError>;

    /// Fields may be on their way from one service to another, for some of the requests. So the requests fall into
    /// slices, each with plans of its own; `drawn` is any number, drawn for this request.
    fn slice(&self, drawn: u64) -> usize;

    /// How many slices there are; mostly one.
    fn slices(&self) -> usize;
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
pub struct HivePlanner {
    planner: Planner,
    /// Services and the interfaces that they know as one object.
    interface_objects: HashSet<(String, String)>,
    /// The percentages of `@override(label: "percent(…)")`, rising.
    percentages: Vec<u64>,
}

impl HivePlanner {
    pub fn new(supergraph_sdl: &str) -> Result<Self, PlanError> {
        let document = safe_parse_schema(supergraph_sdl).map_err(|error| PlanError::Supergraph(error.to_string()))?;
        // On what it does not expect it panics.
        let made = AssertUnwindSafe(|| Planner::new_from_supergraph(&document, QueryPlannerOptions::default()));
        let made = catch_unwind(made).map_err(|panic| PlanError::Supergraph(said(&*panic)))?;
        let planner = made.map_err(|error| PlanError::Supergraph(error.to_string()))?;
        let mut interface_objects = HashSet::new();
        for (name, definition) in &planner.supergraph.definitions {
            for join in definition.join_types().iter().filter(|join| join.is_interface_object) {
                if let Ok(service) = planner.supergraph.resolve_graph_id(&join.graph_id) {
                    interface_objects.insert((service.0.clone(), name.clone()));
                }
            }
        }
        let overrides = &planner.supergraph.progressive_overrides;
        if let Some(label) = overrides.flags.iter().min() {
            let known = "a field moves for a share of the requests, `percent(…)`, or for all of them";
            return Err(PlanError::Supergraph(format!("nobody decides on `@override(label: {label:?})`: {known}")));
        }
        let mut percentages: Vec<_> = overrides.percentages.iter().copied().collect();
        percentages.sort_unstable();
        Ok(Self { planner, interface_objects, percentages })
    }
}

impl QueryPlanner for HivePlanner {
    fn slice(&self, drawn: u64) -> usize {
        let drawn = drawn % (100 * PERCENTAGE_SCALE_FACTOR);
        self.percentages.partition_point(|percentage| *percentage <= drawn)
    }

    fn slices(&self) -> usize {
        self.percentages.len() + 1
    }

    fn plan(&self, operation: &str, slice: usize, budget: Duration) -> Result<Node, PlanError> {
        let document = safe_parse_operation(operation).map_err(|error| PlanError::Operation(error.to_string()))?;
        let normalized = normalize_operation(&self.planner.supergraph, &document, None)
            .map_err(|error: NormalizationError| PlanError::Operation(error.to_string()))?;
        let plan = AssertUnwindSafe(|| {
            self.planner.plan_from_normalized_operation(
                normalized.executable_operation(),
                PlannerOverrideContext::new(HashSet::new(), self.smallest(slice)),
                &CancellationToken::with_timeout(budget),
            )
        });
        match catch_unwind(plan).map_err(|_| PlanError::NoPath("the planner gave up".to_owned()))? {
            Ok(plan) => {
                let mut conditions = BTreeSet::new();
                type_conditions(&normalized.executable_operation().selection_set, &mut conditions);
                let translation = Translation { conditions, interface_objects: &self.interface_objects };
                let mut plan = plan.node.as_ref().map_or(Node::Empty, |plan| translation.node(plan));
                plan.mark_repeats();
                Ok(plan)
            }
            Err(HiveError::CancellationError(_)) => Err(PlanError::Timeout),
            Err(error) => Err(PlanError::NoPath(error.to_string())),
        }
    }
}

impl HivePlanner {
    /// Stands for every number drawn in its slice.
    fn smallest(&self, slice: usize) -> u64 {
        slice.checked_sub(1).and_then(|below| self.percentages.get(below)).copied().unwrap_or(0)
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the planner gave up").to_owned()
}

/// From the planner's terms to ours.
struct Translation<'p> {
    /// Types that the operation has fragments on.
    conditions: BTreeSet<String>,
    interface_objects: &'p HashSet<(String, String)>,
}

impl Translation<'_> {
    fn node(&self, plan: &PlanNode) -> Node {
        match plan {
            PlanNode::Sequence(sequence) => Node::Sequence(sequence.nodes.iter().map(|plan| self.node(plan)).collect()),
            PlanNode::Parallel(parallel) => Node::Parallel(parallel.nodes.iter().map(|plan| self.node(plan)).collect()),
            PlanNode::Fetch(one) => Node::Fetch(self.fetch(one, Path::new())),
            PlanNode::BatchFetch(batch) => Node::Fetch(self.batch_fetch(batch)),
            PlanNode::Flatten(flatten) => match flatten.node.as_ref() {
                PlanNode::Fetch(one) => Node::Fetch(self.fetch(one, path(&flatten.path))),
                // The planner wraps nothing but fetches.
                other => self.node(other),
            },
            PlanNode::Condition(condition) => Node::Condition {
                variable: Name::new(&condition.condition),
                then: condition.if_clause.as_deref().map(|branch| Box::new(self.node(branch))),
                otherwise: condition.else_clause.as_deref().map(|branch| Box::new(self.node(branch))),
            },
            PlanNode::Subscription(subscription) => Node::Subscription(self.fetch(&subscription.primary, Path::new())),
            // `@defer` is not in the API schema, so what it would postpone is asked for at once.
            PlanNode::Defer(defer) => {
                let primary = defer.primary.node.as_deref();
                let deferred = defer.deferred.iter().filter_map(|part| part.node.as_deref());
                Node::Sequence(primary.into_iter().chain(deferred).map(|plan| self.node(plan)).collect())
            }
        }
    }

    fn fetch(&self, fetch: &FetchNode, path: Path) -> Fetch {
        let operation = &fetch.operation;
        let output = rewrites(fetch.output_rewrites.as_deref());
        let target = match &fetch.requires {
            None => Target::Objects { path, output },
            Some(requires) => {
                let mut entities = Entities {
                    alias: Name::new("_entities"),
                    variable: Name::new("representations"),
                    fields: entity_keys(operation, "_entities"),
                    paths: vec![path],
                    requires: requirements(requires),
                    input: rewrites(fetch.input_rewrites.as_deref()),
                    output,
                };
                self.of_interface_object(&fetch.service_name, operation, &mut entities);
                Target::Entities(vec![entities])
            }
        };
        Fetch {
            service: fetch.service_name.as_str().into(),
            query: operation.document_str.as_str().into(),
            reads: !matches!(fetch.operation_kind, Some(OperationKind::Mutation | OperationKind::Subscription)),
            repeats: false,
            variables: fetch.variable_usages.iter().flatten().map(Name::new).collect(),
            fields: response_keys(&operation.document.operation.selection_set),
            target,
        }
    }

    fn batch_fetch(&self, batch: &BatchFetchNode) -> Fetch {
        let entities = batch.entity_batch.aliases.iter().map(|alias| {
            let mut entities = Entities {
                alias: Name::new(&alias.alias),
                variable: Name::new(&alias.representations_variable_name),
                fields: entity_keys(&batch.operation, &alias.alias),
                paths: alias.merge_paths.iter().map(path).collect(),
                requires: requirements(&alias.requires),
                input: rewrites(alias.input_rewrites.as_deref()),
                output: rewrites(alias.output_rewrites.as_deref()),
            };
            self.of_interface_object(&batch.service_name, &batch.operation, &mut entities);
            entities
        });
        Fetch {
            service: batch.service_name.as_str().into(),
            query: batch.operation.document_str.as_str().into(),
            reads: true,
            repeats: false,
            variables: batch.variable_usages.iter().flatten().map(Name::new).collect(),
            fields: response_keys(&batch.operation.document.operation.selection_set),
            target: Target::Entities(entities.collect()),
        }
    }

    /// A lookup in a service that knows an interface as one object asks for that object, whatever it is called
    /// elsewhere. The planner makes one such lookup of several, for fragments on several types, and keeps the
    /// condition of one; and it may forget to say what the object is called.
    fn of_interface_object(&self, service: &str, operation: &SubgraphFetchOperation, entities: &mut Entities) {
        let Some(output) = selected(&operation.document.operation.selection_set, &entities.alias) else { return };
        let conditions = output.items.iter().filter_map(|item| match item {
            SelectionItem::InlineFragment(fragment) => Some(&fragment.type_condition),
            _ => None,
        });
        let known = |name: &&String| self.interface_objects.contains(&(service.to_owned(), (*name).clone()));
        let Some(interface) = conditions.into_iter().find(known) else { return };
        let mut widened = Vec::new();
        for requirement in mem::take(&mut entities.requires) {
            if let Requirement::On { condition, selections } = &requirement
                && condition != interface
            {
                let others = self.conditions.iter().filter(|other| *other != condition && *other != interface);
                let on = |other: &String| Requirement::On { condition: other.clone(), selections: selections.clone() };
                widened.extend(others.map(on));
            }
            widened.push(requirement);
        }
        entities.requires = widened;
        let path = vec![Segment::On([interface.clone()].into()), Segment::Field(Name::new("__typename"))];
        entities.input.push(Rewrite::Set { path, value: interface.clone() });
    }
}

/// What is selected of each entity.
fn selected<'s>(operation: &'s SelectionSet, alias: &str) -> Option<&'s SelectionSet> {
    operation.items.iter().find_map(|item| match item {
        SelectionItem::Field(field) if field.selection_identifier() == alias => Some(&field.selections),
        _ => None,
    })
}

/// Keys that a lookup asks of its entities, of whatever type.
fn entity_keys(operation: &SubgraphFetchOperation, alias: &str) -> Arc<[Name]> {
    let mut keys = Vec::new();
    let mut open: Vec<_> = selected(&operation.document.operation.selection_set, alias).into_iter().collect();
    while let Some(selections) = open.pop() {
        keys.extend(response_keys(selections));
        open.extend(selections.items.iter().filter_map(|item| match item {
            SelectionItem::InlineFragment(fragment) => Some(&fragment.selections),
            _ => None,
        }));
    }
    keys.into()
}

fn type_conditions(selections: &SelectionSet, into: &mut BTreeSet<String>) {
    for item in &selections.items {
        match item {
            SelectionItem::Field(field) => type_conditions(&field.selections, into),
            SelectionItem::InlineFragment(fragment) => {
                into.insert(fragment.type_condition.clone());
                type_conditions(&fragment.selections, into);
            }
            SelectionItem::FragmentSpread(_) => {}
        }
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
