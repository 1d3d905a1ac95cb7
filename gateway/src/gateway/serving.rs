//! What one supergraph is served with.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicU64},
};

use apollo_compiler::{request::coerce_variable_values, response::JsonMap, validation::Valid};
use async_graphql::{Name, Value};
use indexmap::IndexMap;
use kernel::{Clock, Code};
use platform::graphql::Subgraph;

use super::{GatewayError, Planned, Probe};
use crate::{
    Limits, RequestContext, Resilience, Response, Supergraph,
    backend::Backend,
    cache::Cache,
    execute::{Execution, Subgraphs},
    operation::Document,
    response::from_compiler,
};

/// A supergraph and all that belongs to it. A request keeps the one it began with.
pub(super) struct Serving {
    pub supergraph: Arc<Supergraph>,
    pub subgraphs: Arc<Subgraphs>,
    pub probes: HashMap<String, Probe>,
    pub documents: Cache<String, Arc<Cached>>,
    pub plans: Cache<PlanKey, Arc<Planned>>,
    pub numbers: AtomicU64,
}

/// The document, the values of its conditions, and the slice of the requests.
pub(super) type PlanKey = (u64, Vec<bool>, usize);

/// A valid document under the number that its plans are known by.
pub(super) struct Cached {
    pub document: Document,
    pub number: u64,
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
        })
    }

    pub fn coerce(&self, document: &Document, variables: &JsonMap) -> Result<Valid<JsonMap>, Response> {
        coerce_variable_values(&self.supergraph.schema, &document.operation, variables).map_err(|problem| {
            let problem = problem.to_graphql_error(&document.document.sources);
            Response::refused(Code::ValidationFailed, vec![from_compiler(Code::ValidationFailed, problem)])
        })
    }

    pub fn execution(&self, variables: Arc<IndexMap<Name, Value>>, context: RequestContext) -> Execution {
        Execution::new(self.supergraph.clone(), self.subgraphs.clone(), context, variables)
    }
}
