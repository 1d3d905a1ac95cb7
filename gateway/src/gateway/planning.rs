//! Documents read and planned: once, however many ask for them at once, and remembered.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use apollo_compiler::{executable::SelectionSet, response::JsonMap, validation::Valid};
use kernel::{Actor, Code};

use super::{
    Gateway, Planned, overloaded,
    serving::{Cached, PlanKey, Serving},
};
use crate::{
    Limits, Request, Response, Supergraph,
    cost::Cost,
    distinguish::distinguish,
    documents::REMEMBERED_BYTES,
    execute::{Prepared, project::Selections},
    operation::Document,
    plan::Node,
    planner::PlanError,
    refusal::refuse,
    suggest,
};

impl Gateway {
    pub(super) async fn document(&self, serving: &Arc<Serving>, request: &Request) -> Result<Arc<Cached>, Response> {
        let name = request.operation_name.as_deref().filter(|name| !name.is_empty());
        // With its length before it, no name can pass for the beginning of a document.
        let key = format!("{}:{}{}", name.map_or(0, str::len), name.unwrap_or_default(), request.query);
        if let Some(known) = serving.documents.get(&key) {
            return Ok(known);
        }
        let reading = || {
            let (query, name) = (request.query.clone(), name.map(str::to_owned));
            self.clone().read(serving.clone(), key.clone(), query, name)
        };
        serving.reading.join(key.clone(), reading).await
    }

    async fn read(
        self,
        serving: Arc<Serving>,
        key: String,
        query: String,
        name: Option<String>,
    ) -> Result<Arc<Cached>, Response> {
        let (gateway, supergraph) = (self.0.clone(), serving.supergraph.clone());
        let parse = move || {
            let parsed = Document::parse(&supergraph, &gateway.limits, &query, name.as_deref());
            parsed.map_err(|mut refused| {
                if gateway.policy.suggestions {
                    suggest::add(&supergraph.schema, &mut refused.errors);
                }
                refused
            })
        };
        let document = self.think(parse).await?;
        let (number, remembered) = (serving.numbers.fetch_add(1, Ordering::Relaxed), key.len() <= REMEMBERED_BYTES);
        let cached = Arc::new(Cached { document, number, remembered });
        if remembered {
            serving.documents.insert(key, cached.clone());
            metrics::gauge!("gateway_cached_documents").set(serving.documents.len() as f64);
        }
        Ok(cached)
    }

    /// Does pure computation on a thread of its own, which keeps its length, and a panic, away from everybody
    /// else. Work that nobody waits for any more still counts, until it is done.
    pub(super) async fn think<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Response> + Send + 'static,
    ) -> Result<T, Response> {
        let permit = match self.0.thinking.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let Ok(_place) = self.0.waiting.try_acquire() else { return Err(overloaded()) };
                self.0.thinking.clone().acquire_owned().await.map_err(|_| overloaded())?
            }
        };
        let thinking = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        thinking.await.unwrap_or_else(|panic| {
            tracing::error!(error = %panic, "the planner gave up");
            Err(Response::refused_because(Code::Internal, "the operation cannot be planned"))
        })
    }

    /// Plans, or remembers having planned, for an actor as good as this one.
    pub(super) async fn prepare(
        &self,
        serving: &Arc<Serving>,
        cached: &Arc<Cached>,
        variables: &Valid<JsonMap>,
        actor: Option<&Actor>,
    ) -> Result<Arc<Planned>, Response> {
        let says = |name: &apollo_compiler::Name| variables.get(name.as_str()).and_then(|value| value.as_bool());
        let conditions = cached.document.conditions.iter().map(|name| says(name).unwrap_or_default()).collect();
        let (slice, unmet) = (self.slice(&serving.supergraph), serving.supergraph.guards.unmet(actor));
        let key = PlanKey { number: cached.number, conditions, slice, unmet };
        if let Some(known) = serving.plans.get(&key) {
            metrics::counter!("gateway_plans_total", "from" => "cache").increment(1);
            return Ok(known);
        }
        let planning = || self.clone().plan(serving.clone(), cached.clone(), variables.clone(), key.clone());
        serving.planning.join(key.clone(), planning).await
    }

    async fn plan(
        self,
        serving: Arc<Serving>,
        cached: Arc<Cached>,
        variables: Valid<JsonMap>,
        key: PlanKey,
    ) -> Result<Arc<Planned>, Response> {
        metrics::counter!("gateway_plans_total", "from" => "planner").increment(1);
        let (gateway, supergraph) = (self.0.clone(), serving.supergraph.clone());
        let (remembered, document, planned_for) = (cached.remembered, cached, key.clone());
        let planning = move || {
            let started = Instant::now();
            let made = plan(&supergraph, &gateway.limits, &document.document, &variables, &planned_for);
            metrics::histogram!("gateway_planning_seconds").record(started.elapsed());
            made
        };
        let planned = Arc::new(self.think(planning).await?);
        if remembered {
            serving.plans.insert(key, planned.clone());
            metrics::gauge!("gateway_cached_plans").set(serving.plans.len() as f64);
        }
        Ok(planned)
    }

    fn slice(&self, supergraph: &Supergraph) -> usize {
        if supergraph.planner.slices() == 1 {
            return 0;
        }
        let mut drawn = [0; 8];
        self.0.clock.random(&mut drawn);
        supergraph.planner.slice(u64::from_le_bytes(drawn))
    }
}

fn plan(
    supergraph: &Supergraph,
    limits: &Limits,
    document: &Document,
    variables: &JsonMap,
    key: &PlanKey,
) -> Result<Planned, Response> {
    let mut folded = document.fold(variables, limits)?;
    if !key.unmet.is_empty() {
        refuse(supergraph, &key.unmet, &mut folded);
    }
    let cost = Cost::of(supergraph, &document.document.sources, limits, &folded);
    let steps = |folded: &SelectionSet| -> Result<Vec<Node>, PlanError> {
        let operations = document.to_plan(supergraph, folded).into_iter();
        operations.map(|operation| supergraph.planner.plan(&operation, key.slice, limits.planning)).collect()
    };
    let planned = match steps(&folded) {
        // Perhaps for the sake of fields that differ under one key.
        Err(PlanError::NoPath(_)) if distinguish(&mut folded) => steps(&folded),
        planned => planned,
    };
    let steps = planned.map_err(|error| {
        tracing::error!(%error, "an operation cannot be planned");
        let code = if matches!(error, PlanError::Timeout) { Code::DeadlineExceeded } else { Code::Internal };
        Response::refused_because(code, "the operation cannot be planned")
    })?;
    let root = folded.ty.clone();
    let selections = Selections::new(supergraph, &root, vec![folded]);
    let prepared = Arc::new(Prepared { steps, selections, sources: document.document.sources.clone() });
    Ok(Planned { prepared, cost })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use futures::{
        FutureExt, StreamExt,
        future::{self, BoxFuture},
        stream::{self, BoxStream},
    };
    use kernel::Clock;
    use platform::graphql::{Subgraph, SubgraphCall, SubgraphError};

    use super::*;
    use crate::{GatewayParts, Policy, SubgraphSdl, compose};

    /// Never answers.
    struct Mute;

    impl Subgraph for Mute {
        fn execute(&self, _: SubgraphCall) -> BoxFuture<'static, Result<async_graphql::Response, SubgraphError>> {
            future::pending().boxed()
        }

        fn subscribe(&self, _: SubgraphCall) -> BoxStream<'static, Result<async_graphql::Response, SubgraphError>> {
            stream::pending().boxed()
        }
    }

    fn gateway() -> Gateway {
        let url = "http://mute.invalid".to_owned();
        let sdl = "type Query { echo: String }".to_owned();
        let subgraph: Arc<dyn Subgraph> = Arc::new(Mute);
        Gateway::new(GatewayParts {
            supergraph_sdl: &compose(&[SubgraphSdl { name: "mute".to_owned(), url, sdl }]).unwrap(),
            subgraphs: HashMap::from([("mute".to_owned(), subgraph)]),
            probes: HashMap::new(),
            authenticator: None,
            metrics: Arc::new(String::new),
            limits: Limits::default(),
            policy: Policy::default(),
            clock: Clock::system(),
        })
        .unwrap()
    }

    #[tokio::test]
    async fn what_is_long_or_refused_is_not_remembered() {
        let gateway = gateway();
        let long = format!("{{ __typename }} # {}", "x".repeat(REMEMBERED_BYTES));
        for (query, fine, remembered) in
            [(&*long, true, 0), ("{ nothing }", false, 0), ("{ __typename }", true, 1), (&*long, true, 1)]
        {
            let response = gateway.execute(Request::new(query), None).await;
            assert_eq!(response.errors.is_empty(), fine, "{:?}", response.errors);
            let serving = gateway.serving();
            assert_eq!((serving.documents.len(), serving.plans.len()), (remembered, remembered));
        }
    }
}
