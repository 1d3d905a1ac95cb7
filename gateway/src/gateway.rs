//! The gateway as a value: from a request to a response, whatever carries them.

mod streaming;

use std::{
    collections::HashMap,
    fmt,
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use apollo_compiler::{ast::OperationType, request::coerce_variable_values, response::JsonMap, validation::Valid};
use async_graphql::{Name, Value};
use futures::{future::BoxFuture, stream::BoxStream};
use indexmap::IndexMap;
use kernel::{Actor, Clock, Code};
use platform::{auth::Authenticator, graphql::Subgraph};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    Limits, Request, RequestContext, Response, Supergraph, SupergraphError,
    auth::Credentials,
    cache::Cache,
    execute::{Execution, Prepared, Subgraphs, project::Selections},
    introspect::{introspect, object},
    operation::Document,
    planner::PlanError,
    response::from_compiler,
};

/// Can a subgraph do its work?
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// What a gateway is made of.
pub struct GatewayParts<'a> {
    pub supergraph_sdl: &'a str,
    /// One for every subgraph that the supergraph names.
    pub subgraphs: HashMap<String, Arc<dyn Subgraph>>,
    /// Asked by `/ready` on top of a query, by the subgraph's name; whoever has none is only queried.
    pub probes: HashMap<String, Probe>,
    /// `None` lets everybody in, and no actor reaches the subgraphs.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// Renders `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub limits: Limits,
    pub clock: Clock,
}

#[derive(Debug, Error)]
pub enum GatewayError {
    #[error(transparent)]
    Supergraph(#[from] SupergraphError),
    #[error("the supergraph names the subgraph {0}, but the gateway was given no way to reach it")]
    MissingSubgraph(String),
}

/// Cheap to clone; clones share caches and limits.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    supergraph: Arc<Supergraph>,
    subgraphs: Arc<Subgraphs>,
    probes: HashMap<String, Probe>,
    credentials: Option<Arc<Credentials>>,
    metrics: Arc<dyn Fn() -> String + Send + Sync>,
    limits: Limits,
    clock: Clock,
    documents: Cache<String, Arc<Cached>>,
    operations: Semaphore,
    subscriptions: Arc<Semaphore>,
    sockets: Arc<Semaphore>,
    /// One for each core: pure computation gains nothing from more.
    thinking: Arc<Semaphore>,
    draining: CancellationToken,
}

/// A valid document and the plans made for it, by the values of its conditions.
struct Cached {
    document: Document,
    plans: Mutex<HashMap<Vec<bool>, Arc<Prepared>>>,
}

/// More combinations of conditions than that are not worth remembering.
const PLANS_PER_DOCUMENT: usize = 64;

/// A request that passed every check.
struct Ready {
    prepared: Arc<Prepared>,
    kind: OperationType,
    variables: Arc<IndexMap<Name, Value>>,
    introspected: IndexMap<Name, Value>,
}

impl Gateway {
    pub fn new(parts: GatewayParts<'_>) -> Result<Self, GatewayError> {
        let supergraph = Arc::new(Supergraph::parse(parts.supergraph_sdl)?);
        if let Some(missing) = supergraph.subgraphs.keys().find(|name| !parts.subgraphs.contains_key(*name)) {
            return Err(GatewayError::MissingSubgraph(missing.clone()));
        }
        let limits = parts.limits;
        Ok(Self(Arc::new(Inner {
            supergraph,
            subgraphs: Arc::new(parts.subgraphs),
            probes: parts.probes,
            credentials: parts
                .authenticator
                .map(|authenticator| Arc::new(Credentials::new(authenticator, parts.clock.clone()))),
            metrics: parts.metrics,
            documents: Cache::new(limits.cached_documents),
            operations: Semaphore::new(limits.operations),
            subscriptions: Arc::new(Semaphore::new(limits.subscriptions)),
            sockets: Arc::new(Semaphore::new(limits.sockets)),
            thinking: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get))),
            draining: CancellationToken::new(),
            clock: parts.clock,
            limits,
        })))
    }

    /// Runs a query or a mutation in process, on behalf of `actor`.
    pub async fn execute(&self, request: Request, actor: Option<Arc<Actor>>) -> Response {
        self.run(request, self.context(actor)).await
    }

    /// Runs any operation: one response for a query or a mutation, one per event for a subscription.
    pub async fn stream(&self, request: Request, actor: Option<Arc<Actor>>) -> BoxStream<'static, Response> {
        self.run_stream(request, self.context(actor), None).await
    }

    /// Ends open subscriptions, so that the process can stop.
    pub fn drain(&self) {
        self.0.draining.cancel();
    }

    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) async fn run(&self, request: Request, context: RequestContext) -> Response {
        let started = Instant::now();
        let Ok(_permit) = self.0.operations.try_acquire() else { return overloaded() };
        let request_id = context.request_id.clone();
        let running = async {
            match self.ready(request, &context).await {
                Err(refused) => ("refused", refused),
                Ok(ready) if ready.kind.is_subscription() => {
                    let message = "a subscription needs a stream: ask with `Accept: text/event-stream`";
                    ("refused", Response::refused_because(Code::BadRequest, message))
                }
                Ok(ready) => (ready.kind.name(), self.run_ready(ready, context).await),
            }
        };
        let (kind, mut response) = match tokio::time::timeout(self.0.limits.deadline, running).await {
            Ok(done) => done,
            Err(_) => ("late", late()),
        };
        mark_internal(&mut response, &request_id);
        metrics::histogram!("gateway_operation_seconds", "kind" => kind).record(started.elapsed());
        let milliseconds = started.elapsed().as_millis();
        tracing::info!(kind, errors = response.errors.len(), milliseconds, request_id = %request_id, "operation");
        response
    }

    async fn run_ready(&self, ready: Ready, context: RequestContext) -> Response {
        self.execution(ready.variables, context).run(&ready.prepared, ready.introspected).await
    }

    fn execution(&self, variables: Arc<IndexMap<Name, Value>>, context: RequestContext) -> Execution {
        Execution::new(self.0.supergraph.clone(), self.0.subgraphs.clone(), context, variables)
    }

    async fn ready(&self, request: Request, context: &RequestContext) -> Result<Ready, Response> {
        let cached = self.document(&request).await?;
        let document = &cached.document;
        if context.read_only && document.kind().is_mutation() {
            return Err(Response::refused_because(Code::MethodNotAllowed, "a mutation needs the method POST"));
        }
        let variables = self.coerce(document, &request.variables.unwrap_or_default())?;
        // First, since it is what counts the fields.
        let prepared = self.prepare(&cached, &variables).await?;
        let (kind, introspects) = (document.kind(), document.introspects);
        let arguments = Arc::new(object(&variables));
        let introspected = if introspects {
            let supergraph = self.0.supergraph.clone();
            self.think(move || introspect(&supergraph, &cached.document, &variables)).await?
        } else {
            IndexMap::new()
        };
        Ok(Ready { prepared, kind, variables: arguments, introspected })
    }

    async fn document(&self, request: &Request) -> Result<Arc<Cached>, Response> {
        let name = request.operation_name.as_deref().filter(|name| !name.is_empty());
        // With its length before it, no name can pass for the beginning of a document.
        let key = format!("{}:{}{}", name.map_or(0, str::len), name.unwrap_or_default(), request.query);
        if let Some(known) = self.0.documents.get(&key) {
            return Ok(known);
        }
        let (gateway, query, name) = (self.0.clone(), request.query.clone(), name.map(str::to_owned));
        let parse = move || Document::parse(&gateway.supergraph, &gateway.limits, &query, name.as_deref());
        let document = self.think(parse).await?;
        let cached = Arc::new(Cached { document, plans: Mutex::default() });
        self.0.documents.insert(key, cached.clone());
        Ok(cached)
    }

    fn coerce(&self, document: &Document, variables: &JsonMap) -> Result<Valid<JsonMap>, Response> {
        coerce_variable_values(&self.0.supergraph.schema, &document.operation, variables).map_err(|problem| {
            let problem = problem.to_graphql_error(&document.document.sources);
            Response::refused(Code::ValidationFailed, vec![from_compiler(Code::ValidationFailed, problem)])
        })
    }

    /// Does pure computation on a thread of its own, which keeps its length, and a panic, away from everybody
    /// else. Work that nobody waits for any more still counts, until it is done.
    async fn think<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Response> + Send + 'static,
    ) -> Result<T, Response> {
        let permit = self.0.thinking.clone().acquire_owned().await;
        let thinking = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        thinking.await.unwrap_or_else(|panic| {
            tracing::error!(error = %panic, "the planner gave up");
            Err(Response::refused_because(Code::Internal, "the operation cannot be planned"))
        })
    }

    /// Plans, or remembers having planned.
    async fn prepare(&self, cached: &Arc<Cached>, variables: &Valid<JsonMap>) -> Result<Arc<Prepared>, Response> {
        let says = |name: &apollo_compiler::Name| variables.get(name.as_str()).and_then(|value| value.as_bool());
        let conditions: Vec<bool> =
            cached.document.conditions.iter().map(|name| says(name).unwrap_or_default()).collect();
        if let Some(known) = cached.plans.lock().unwrap_or_else(PoisonError::into_inner).get(&conditions) {
            metrics::counter!("gateway_plans_total", "from" => "cache").increment(1);
            return Ok(known.clone());
        }
        metrics::counter!("gateway_plans_total", "from" => "planner").increment(1);
        let gateway = self.0.clone();
        let (planned, variables) = (cached.clone(), variables.clone());
        let planning = move || plan(&gateway.supergraph, &gateway.limits, &planned.document, &variables);
        let prepared = Arc::new(self.think(planning).await?);
        let mut plans = cached.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() < PLANS_PER_DOCUMENT {
            plans.insert(conditions, prepared.clone());
        }
        Ok(prepared)
    }

    fn context(&self, actor: Option<Arc<Actor>>) -> RequestContext {
        RequestContext { actor, request_id: self.new_request_id(), read_only: false }
    }

    pub(crate) fn new_request_id(&self) -> Arc<str> {
        let mut random = [0; 12];
        self.0.clock.random(&mut random);
        random.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
    }

    pub(crate) fn credentials(&self) -> Option<&Arc<Credentials>> {
        self.0.credentials.as_ref()
    }

    pub(crate) fn subgraphs(&self) -> &Subgraphs {
        &self.0.subgraphs
    }

    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.0.draining
    }

    /// A place for one more WebSocket connection.
    pub(crate) fn socket(&self) -> Option<OwnedSemaphorePermit> {
        self.0.sockets.clone().try_acquire_owned().ok()
    }

    pub(crate) fn probe(&self, subgraph: &str) -> Option<&Probe> {
        self.0.probes.get(subgraph)
    }

    pub(crate) fn metrics(&self) -> String {
        (self.0.metrics)()
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("supergraph", &self.0.supergraph).finish_non_exhaustive()
    }
}

fn plan(
    supergraph: &Supergraph,
    limits: &Limits,
    document: &Document,
    variables: &JsonMap,
) -> Result<Prepared, Response> {
    let folded = document.fold(variables, limits)?;
    let mut steps = Vec::new();
    for operation in document.to_plan(supergraph, &folded) {
        let step = supergraph.planner.plan(&operation, limits.planning).map_err(|error| {
            tracing::error!(%error, "an operation cannot be planned");
            let code = if matches!(error, PlanError::Timeout) { Code::DeadlineExceeded } else { Code::Internal };
            Response::refused_because(code, "the operation cannot be planned")
        })?;
        steps.push(step);
    }
    let root = folded.ty.clone();
    Ok(Prepared { steps, selections: Selections::new(supergraph, &root, vec![folded]) })
}

fn overloaded() -> Response {
    metrics::counter!("gateway_overloaded_total").increment(1);
    Response::refused_because(Code::Overloaded, "too much work at once; retry in a second")
}

fn late() -> Response {
    Response::refused_because(Code::DeadlineExceeded, "the answer took longer than allowed")
}

/// What broke on our side can be found in the log by its request id.
fn mark_internal(response: &mut Response, request_id: &str) {
    if matches!(response.refused, Some(Code::Internal | Code::DeadlineExceeded)) {
        for error in &mut response.errors {
            error.extensions.get_or_insert_default().set("requestId", request_id);
        }
    }
}
