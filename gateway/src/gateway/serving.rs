//! What one supergraph is served with.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use apollo_compiler::{executable::Operation, request::coerce_variable_values, response::JsonMap, validation::Valid};
use async_graphql::{Name, Pos, Value};
use indexmap::IndexMap;
use kernel::{Clock, Code};
use platform::graphql::Subgraph;

use super::{GatewayError, Planned, Probe};
use crate::{
    Limits, RequestContext, Resilience, Response, Supergraph,
    backend::Backend,
    cache::Cache,
    execute::{Execution, Subgraphs},
    flights::Flights,
    guards::Unmet,
    ids,
    measure::place,
    operation::Document,
    response::{from_request, located},
};

/// A supergraph and all that belongs to it. A request keeps the one it began with.
pub(super) struct Serving {
    pub supergraph: Arc<Supergraph>,
    pub subgraphs: Arc<Subgraphs>,
    pub probes: HashMap<String, Probe>,
    pub documents: Cache<String, Arc<Cached>>,
    pub plans: Cache<PlanKey, Arc<Planned>>,
    pub numbers: AtomicU64,
    /// What is read and planned just now.
    pub reading: Flights<String, Result<Arc<Cached>, Response>>,
    pub planning: Flights<PlanKey, Result<Arc<Planned>, Response>>,
    hears_within: Duration,
    deadline: Duration,
}

/// What a plan is for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct PlanKey {
    /// Of the document.
    pub number: u64,
    /// The values of its conditions.
    pub conditions: Vec<bool>,
    /// Of the requests.
    pub slice: usize,
    /// What whoever asks lacks of what the supergraph demands: who may see less has plans of their own.
    pub unmet: Unmet,
}

/// A valid document under the number that its plans are known by.
pub(super) struct Cached {
    pub document: Document,
    pub number: u64,
    /// Short enough to be kept, and its plans.
    pub remembered: bool,
}

impl Serving {
    pub fn new(
        supergraph: Supergraph,
        subgraphs: HashMap<String, Arc<dyn Subgraph>>,
        probes: HashMap<String, Probe>,
        limits: &Limits,
        resilience: &Resilience,
        clock: &Clock,
    ) -> Result<Self, GatewayError> {
        if let Some(missing) = supergraph.subgraphs.keys().find(|name| !subgraphs.contains_key(*name)) {
            return Err(GatewayError::MissingSubgraph(missing.clone()));
        }
        let backend = |(name, subgraph): (String, Arc<dyn Subgraph>)| {
            let backend = Backend::new(&name, subgraph, resilience, clock.clone());
            (name, Arc::new(backend))
        };
        Ok(Self {
            supergraph: Arc::new(supergraph),
            subgraphs: Arc::new(subgraphs.into_iter().map(backend).collect()),
            probes,
            documents: Cache::new(limits.cached_documents),
            plans: Cache::new(2 * limits.cached_documents),
            numbers: AtomicU64::new(0),
            reading: Flights::default(),
            planning: Flights::default(),
            hears_within: resilience.hears_within,
            deadline: limits.deadline,
        })
    }

    pub fn coerce(&self, document: &Document, variables: &JsonMap) -> Result<Valid<JsonMap>, Response> {
        let schema = &self.supergraph.schema;
        let variables = &ids::meant(schema, &document.operation, variables);
        let coerced = coerce_variable_values(schema, &document.operation, variables).map_err(|problem| {
            let mut error = from_request(Code::ValidationFailed, &problem, &document.document.sources);
            if error.locations.is_empty() {
                error = located(error, self.unfit(document, variables));
            }
            Response::refused(Code::ValidationFailed, vec![error])
        })?;
        Ok(ids::as_text(schema, &document.operation, &coerced))
    }

    /// Where the variable is defined that has no fit value.
    fn unfit(&self, document: &Document, variables: &JsonMap) -> Option<Pos> {
        let mut alone = Operation::clone(&document.operation);
        let unfit = document.operation.variables.iter().find(|variable| {
            alone.variables = vec![(*variable).clone()];
            coerce_variable_values(&self.supergraph.schema, &alone, variables).is_err()
        });
        place(unfit?, &document.document.sources)
    }

    pub fn execution(&self, variables: Arc<IndexMap<Name, Value>>, context: RequestContext) -> Execution {
        let (supergraph, subgraphs) = (self.supergraph.clone(), self.subgraphs.clone());
        Execution::new(supergraph, subgraphs, context, variables, self.hears_within, self.deadline)
    }
}
