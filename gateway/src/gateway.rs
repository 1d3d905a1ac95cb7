//! The gateway as a value: from a request to a response, whatever carries them.

mod planning;
mod serving;
mod streaming;
mod view;

use std::{
    collections::HashMap,
    fmt,
    num::NonZero,
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use apollo_compiler::ast::OperationType;
use async_graphql::{Name, Value};
use futures::{future::BoxFuture, stream::BoxStream};
use indexmap::IndexMap;
use kernel::{Actor, Clock, Code, WorkspaceId};
use platform::{
    auth::Authenticator,
    door::{Door, Rules},
    graphql::Subgraph,
};
use thiserror::Error;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use self::serving::Serving;
use crate::{
    Limits, Policy, Request, RequestContext, Resilience, Response, Supergraph, SupergraphError,
    auth::Credentials,
    budget::Budgets,
    cost::Cost,
    documents::Documents,
    execute::{Prepared, Subgraphs},
    introspect::{introspect, object},
    one_of,
    places::{Newcomers, Place, Places},
    response::{CostReport, Extensions},
    suggest,
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
    pub policy: Policy,
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
    serving: RwLock<Arc<Serving>>,
    resilience: Resilience,
    credentials: Option<Arc<Credentials>>,
    metrics: Arc<dyn Fn() -> String + Send + Sync>,
    limits: Limits,
    policy: Policy,
    door: Door,
    persisted: Documents,
    budgets: Budgets,
    clock: Clock,
    operations: Places,
    subscriptions: Places,
    sockets: Places,
    newcomers: Newcomers,
    /// One for each core: pure computation gains nothing from more.
    thinking: Arc<Semaphore>,
    /// Those that wait for one of them.
    waiting: Semaphore,
    draining: CancellationToken,
}

/// What is known of an operation once its conditions are decided.
struct Planned {
    prepared: Arc<Prepared>,
    cost: Cost,
}

/// A request that passed every check.
struct Ready {
    prepared: Arc<Prepared>,
    kind: OperationType,
    variables: Arc<IndexMap<Name, Value>>,
    introspected: IndexMap<Name, Value>,
    /// What the client is told of the cost.
    cost: Option<CostReport>,
}

impl Gateway {
    pub fn new(parts: GatewayParts<'_>) -> Result<Self, GatewayError> {
        Self::resilient(parts, Resilience::default())
    }

    /// With its own idea of when to stop asking a subgraph.
    pub fn resilient(parts: GatewayParts<'_>, resilience: Resilience) -> Result<Self, GatewayError> {
        let limits = parts.limits;
        let supergraph = Supergraph::parse(parts.supergraph_sdl)?;
        let serving = Serving::new(supergraph, parts.subgraphs, parts.probes, &limits, &resilience, &parts.clock)?;
        let rules = Rules {
            csrf_prevention: parts.policy.csrf_prevention,
            cors_origins: parts.policy.cors_origins.clone(),
            address_header: parts.policy.client_address_header.clone(),
            in_flight: limits.operations,
        };
        Ok(Self(Arc::new(Inner {
            serving: RwLock::new(Arc::new(serving)),
            resilience,
            credentials: parts
                .authenticator
                .map(|authenticator| Arc::new(Credentials::new(authenticator, parts.clock.clone()))),
            metrics: parts.metrics,
            operations: Places::brief(limits.operations),
            subscriptions: Places::new(limits.subscriptions),
            sockets: Places::new(limits.sockets),
            newcomers: Newcomers::new(limits.sockets),
            thinking: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, NonZero::get))),
            waiting: Semaphore::new(limits.thinking),
            door: Door::new(rules, parts.clock.clone()),
            persisted: Documents::new(&parts.policy),
            budgets: Budgets::new(parts.clock.clone()),
            policy: parts.policy,
            draining: CancellationToken::new(),
            clock: parts.clock,
            limits,
        })))
    }

    /// Serves another supergraph from now on. What runs, and every open subscription, ends with the one it began
    /// with. After an error nothing has changed.
    pub fn reload(
        &self,
        supergraph_sdl: &str,
        subgraphs: HashMap<String, Arc<dyn Subgraph>>,
        probes: HashMap<String, Probe>,
    ) -> Result<(), GatewayError> {
        let Inner { limits, resilience, clock, .. } = &*self.0;
        let serving = Supergraph::parse(supergraph_sdl)
            .map_err(GatewayError::from)
            .and_then(|supergraph| Serving::new(supergraph, subgraphs, probes, limits, resilience, clock));
        let outcome = if serving.is_ok() { "served" } else { "refused" };
        metrics::counter!("gateway_reloads_total", "outcome" => outcome).increment(1);
        *self.0.serving.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(serving?);
        Ok(())
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

    /// Somebody's rights have changed: what is remembered of the credentials of this workspace, or of any, counts no longer.
    pub fn forget_credentials(&self, workspace: Option<WorkspaceId>) {
        if let Some(credentials) = self.credentials() {
            credentials.forget(workspace);
        }
    }

    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// For whatever else is served to clients beside `/graphql`.
    pub fn door(&self) -> &Door {
        &self.0.door
    }

    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Finds the document that a client named by its hash, and refuses what is not trusted where only that
    /// may run. For what comes from outside; our own code is trusted.
    pub(crate) fn resolve(&self, request: Request) -> Result<Request, Response> {
        self.0.persisted.resolve(request)
    }

    /// Runs a query or a mutation that came in from outside.
    pub async fn run(&self, request: Request, context: RequestContext) -> Response {
        let started = Instant::now();
        let request_id = context.request_id.clone();
        let serving = self.serving();
        let (kind, mut response) = match self.0.operations.take(context.actor.as_deref()) {
            Some(_place) => {
                let answering = self.answer(&serving, request, context);
                match tokio::time::timeout(self.0.limits.deadline, answering).await {
                    Ok(done) => done,
                    Err(_) => ("late", late()),
                }
            }
            None => ("refused", overloaded()),
        };
        self.tell(&mut response, &request_id);
        metrics::histogram!("gateway_operation_seconds", "kind" => kind).record(started.elapsed());
        let milliseconds = started.elapsed().as_millis();
        tracing::info!(kind, errors = response.errors.len(), milliseconds, request_id = %request_id, "operation");
        response
    }

    fn serving(&self) -> Arc<Serving> {
        self.0.serving.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(
        &self,
        serving: &Arc<Serving>,
        request: Request,
        mut context: RequestContext,
    ) -> (&'static str, Response) {
        match self.ready(serving, request, &mut context).await {
            Err(refused) => ("refused", refused),
            Ok(ready) if ready.kind.is_subscription() => {
                let message = "a subscription needs a stream: ask with `Accept: text/event-stream`";
                ("refused", Response::refused_because(Code::BadRequest, message))
            }
            Ok(ready) => (ready.kind.name(), run_ready(serving, ready, context).await),
        }
    }

    /// Makes a response fit to be told.
    fn tell(&self, response: &mut Response, request_id: &str) {
        response.identify(request_id);
        if !self.0.policy.suggestions {
            suggest::cut_off(&mut response.errors);
        }
    }

    async fn ready(
        &self,
        serving: &Arc<Serving>,
        request: Request,
        context: &mut RequestContext,
    ) -> Result<Ready, Response> {
        let cached = self.document(serving, &request).await?;
        let document = &cached.document;
        if context.read_only && document.kind().is_mutation() {
            return Err(Response::refused_because(Code::MethodNotAllowed, "a mutation needs the method POST"));
        }
        context.admit(document.kind().is_mutation()).await?;
        if document.introspects && !self.0.policy.introspection {
            let message = "introspection is switched off";
            return Err(Response::refused_because(Code::IntrospectionDisabled, message));
        }
        let variables = serving.coerce(document, &request.variables.unwrap_or_default())?;
        one_of::check_variables(&serving.supergraph.schema, &document.operation, &variables)?;
        // First, since it is what counts the fields.
        let planned = self.prepare(serving, &cached, &variables, context.actor.as_deref()).await?;
        let cost = planned.cost.with(&variables, &self.0.limits)?;
        let cost = self.0.budgets.pay(context.actor.as_deref(), cost, &self.0.limits)?;
        let prepared = planned.prepared.clone();
        let (kind, introspects) = (document.kind(), document.introspects);
        let arguments = Arc::new(object(&variables));
        let introspected = if introspects {
            let supergraph = serving.supergraph.clone();
            self.think(move || introspect(&supergraph, &cached.document, &variables)).await?
        } else {
            IndexMap::new()
        };
        Ok(Ready { prepared, kind, variables: arguments, introspected, cost })
    }

    fn context(&self, actor: Option<Arc<Actor>>) -> RequestContext {
        RequestContext { actor, admission: None, request_id: self.new_request_id(), address: None, read_only: false }
    }

    pub(crate) fn new_request_id(&self) -> Arc<str> {
        self.0.door.new_request_id()
    }

    pub(crate) fn credentials(&self) -> Option<&Arc<Credentials>> {
        self.0.credentials.as_ref()
    }

    pub(crate) fn subgraphs(&self) -> Arc<Subgraphs> {
        self.serving().subgraphs.clone()
    }

    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.0.draining
    }

    /// A place for one more WebSocket connection, of this actor.
    pub(crate) fn socket(&self, actor: Option<&Actor>) -> Option<Place> {
        self.0.sockets.take(actor)
    }

    /// One more WebSocket connection, of nobody yet: see [`Newcomers::enter`].
    pub(crate) fn newcomer(&self) -> oneshot::Receiver<()> {
        self.0.newcomers.enter()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn probe(&self, subgraph: &str) -> Option<Probe> {
        self.serving().probes.get(subgraph).cloned()
    }

    pub(crate) fn metrics(&self) -> String {
        (self.0.metrics)()
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("supergraph", &self.serving().supergraph).finish_non_exhaustive()
    }
}

async fn run_ready(serving: &Serving, ready: Ready, context: RequestContext) -> Response {
    let response = serving.execution(ready.variables, context).run(&ready.prepared, ready.introspected).await;
    let extensions = ready.cost.map(|cost| Box::new(Extensions { cost: Some(cost), ..Extensions::default() }));
    Response { extensions, ..response }
}

fn overloaded() -> Response {
    metrics::counter!("gateway_overloaded_total").increment(1);
    Response::refused_because(Code::Overloaded, "too much work at once; retry in a second")
}

fn late() -> Response {
    Response::refused_because(Code::DeadlineExceeded, "the answer took longer than allowed")
}
