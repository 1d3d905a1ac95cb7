//! Runs a plan: asks the subgraphs, gathers their answers, projects what the client asked for.

mod absences;
mod fetch;
mod merge;
pub(crate) mod project;
mod requires;
mod scalar;

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use apollo_compiler::parser::SourceMap;
use async_graphql::{Name, ServerError, Value};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, join_all},
    stream::{self, BoxStream},
};
use indexmap::IndexMap;
use kernel::Code;
use platform::graphql::{EVENT_ID, SubgraphCall, SubgraphError};
use tokio::time::timeout;

use self::{
    absences::Absences,
    project::{Selections, project},
};
use crate::{
    RequestContext, Response, Supergraph,
    backend::{Awaited, Backend, Question},
    measure::start,
    plan::{Fetch, Node, Target},
    response::{Extensions, error, is_event_id},
};

/// Events of one subscription whose joins run at once: one that has to wait holds up the telling, and not the joins, of
/// those after it.
const JOINED_AT_ONCE: usize = 8;

type Events = BoxStream<'static, Result<async_graphql::Response, SubgraphError>>;

pub(crate) type Subgraphs = HashMap<String, Arc<Backend>>;

/// An operation ready to run: its plan or, for a mutation, plans, and what the client wants to see.
pub(crate) struct Prepared {
    pub steps: Vec<Node>,
    pub selections: Selections,
    /// The document, for the places of errors.
    pub sources: SourceMap,
}

/// One run of a plan.
pub(crate) struct Execution {
    pub supergraph: Arc<Supergraph>,
    pub subgraphs: Arc<Subgraphs>,
    pub context: RequestContext,
    /// Coerced.
    pub variables: Arc<IndexMap<Name, Value>>,
    state: Mutex<State>,
    /// Whether something has changed on the way here.
    changed: AtomicBool,
    /// How long services may take to hear of it, and until when this run waits for them, once it does.
    hears_within: Duration,
    hears_until: OnceLock<tokio::time::Instant>,
    /// Time for what an event of a subscription is joined with.
    deadline: Duration,
    /// What was read already and may be read again, by service. Forgotten before each step of a mutation.
    read: Mutex<HashMap<(Arc<str>, Question), Awaited>>,
}

struct State {
    data: Value,
    errors: Vec<ServerError>,
    absences: Absences,
}

impl Execution {
    pub fn new(
        supergraph: Arc<Supergraph>,
        subgraphs: Arc<Subgraphs>,
        context: RequestContext,
        variables: Arc<IndexMap<Name, Value>>,
        hears_within: Duration,
        deadline: Duration,
    ) -> Self {
        let state = State { data: Value::Object(IndexMap::new()), errors: Vec::new(), absences: Absences::default() };
        Self {
            supergraph,
            subgraphs,
            context,
            variables,
            state: Mutex::new(state),
            changed: AtomicBool::new(false),
            hears_within,
            hears_until: OnceLock::new(),
            deadline,
            read: Mutex::default(),
        }
    }

    /// Runs the steps in order. `introspected` are root fields that are answered already.
    pub async fn run(mut self, prepared: &Prepared, introspected: IndexMap<Name, Value>) -> Response {
        for (number, step) in prepared.steps.iter().enumerate() {
            // What was done meanwhile, here or elsewhere, may have taken the right to do more.
            if number > 0
                && let Err(lost) = self.context.admit_again().await
            {
                prepared.steps[number..].iter().for_each(|step| self.refuse(step, &lost));
                break;
            }
            self.forget();
            self.node(step).await;
        }
        if let Value::Object(data) = &mut self.state().data {
            data.extend(introspected);
        }
        self.finish(prepared)
    }

    /// The events of a subscription, or those that followed one of them; each is joined with what other subgraphs
    /// know.
    pub fn subscribe(self, prepared: Arc<Prepared>, resume_after: Option<Arc<str>>) -> BoxStream<'static, Response> {
        let Some((source, _)) = prepared.steps.first().and_then(split) else {
            return stream::once(async move { self.finish(&prepared) }).boxed();
        };
        let Some(backend) = self.subgraphs.get(&*source.service) else {
            let failure = SubgraphError::Unreachable { service: source.service.to_string() };
            return stream::once(async move { self.event(&prepared, Err(failure)).await }).boxed();
        };
        let resumed = resume_after.is_some();
        let events = backend.subscribe(SubgraphCall { resume_after, ..self.call(source, Vec::new()) });
        let events = if resumed { resumable(events) } else { events };
        events
            .map(move |event| {
                let run = Self::new(
                    self.supergraph.clone(),
                    self.subgraphs.clone(),
                    self.context.clone(),
                    self.variables.clone(),
                    self.hears_within,
                    self.deadline,
                );
                let prepared = prepared.clone();
                async move { run.event(&prepared, event).await }
            })
            .buffered(JOINED_AT_ONCE)
            .boxed()
    }

    async fn event(self, prepared: &Prepared, event: Result<async_graphql::Response, SubgraphError>) -> Response {
        // Whoever hears of a change must not read what was there before it.
        self.part();
        let event_id = event.as_ref().ok().and_then(event_id).map(str::to_owned);
        if let Some((source, rest)) = prepared.steps.first().and_then(split) {
            if let Target::Objects { path, output } = &source.target {
                self.place_objects(source, path, output, event);
            }
            let joins = async {
                for node in rest {
                    self.node(node).await;
                }
            };
            if timeout(self.deadline, joins).await.is_err() {
                let late = error(Code::DeadlineExceeded, "what belongs to this event took longer than allowed");
                self.state().errors.push(late);
            }
        }
        let response = self.finish(prepared);
        match event_id {
            Some(id) => Response {
                extensions: Some(Box::new(Extensions { event_id: Some(id), ..Extensions::default() })),
                ..response
            },
            None => response,
        }
    }

    fn node<'a>(&'a self, node: &'a Node) -> BoxFuture<'a, ()> {
        async move {
            match node {
                Node::Sequence(nodes) => {
                    for node in nodes {
                        self.node(node).await;
                    }
                }
                Node::Parallel(nodes) => _ = join_all(nodes.iter().map(|node| self.node(node))).await,
                Node::Fetch(fetch) => self.fetch(fetch).await,
                Node::Condition { variable, then, otherwise } => {
                    let holds = matches!(self.variables.get(variable), Some(Value::Boolean(true)));
                    if let Some(branch) = if holds { then } else { otherwise } {
                        self.node(branch).await;
                    }
                }
                // The source of a subscription; it has no place in a query.
                Node::Subscription(_) | Node::Empty => {}
            }
        }
        .boxed()
    }

    fn finish(&self, prepared: &Prepared) -> Response {
        let mut state = self.state();
        let data = mem::take(&mut state.data);
        let mut errors = mem::take(&mut state.errors);
        let mut absences = mem::take(&mut state.absences);
        for error in errors.iter_mut().chain(absences.errors_mut()) {
            let span = prepared.selections.span(&self.supergraph, &data, &error.path);
            error.locations = span.and_then(|span| start(span, &prepared.sources)).into_iter().collect();
        }
        let (data, told) = project(&self.supergraph, prepared, data, &errors, &mut absences);
        errors.extend(told.into_iter().chain(absences.untold()));
        Response { data: Some(data), errors, ..Response::default() }
    }

    /// Something has changed: nobody joins what was asked before.
    fn part(&self) {
        self.changed.store(true, Ordering::Relaxed);
        self.subgraphs.values().for_each(|backend| backend.part());
    }

    /// What was read is read anew.
    fn forget(&self) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Never held across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn event_id(response: &async_graphql::Response) -> Option<&str> {
    match response.extensions.get(EVENT_ID)? {
        Value::String(id) => Some(id.as_str()).filter(|id| is_event_id(id)),
        _ => None,
    }
}

/// Events of a subscription that was to be resumed. Its service may not know how to, and tell whatever comes next as
/// if nothing were missing.
fn resumable(events: Events) -> Events {
    let checked = stream::unfold(Some(events), |events| async {
        let mut events = events?;
        let event = events.next().await?;
        let unnamed = |response: &async_graphql::Response| response.errors.is_empty() && event_id(response).is_none();
        if !event.as_ref().is_ok_and(unnamed) {
            return Some((event, Some(events)));
        }
        let refused = error(Code::CannotResume, "this subscription cannot be resumed: begin anew");
        Some((Ok(async_graphql::Response::from_errors(vec![refused])), None))
    });
    checked.boxed()
}

/// The source of a subscription's events and what to run for each.
fn split(plan: &Node) -> Option<(&Fetch, &[Node])> {
    match plan {
        Node::Subscription(source) => Some((source, &[])),
        Node::Sequence(nodes) => match nodes.split_first()? {
            (Node::Subscription(source), rest) => Some((source, rest)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_resumed_ends_without_waiting_for_another_event() {
        let named = async_graphql::Response::default().extension(EVENT_ID, Value::from("evt_1"));
        let unnamed = async_graphql::Response::default();
        let events = stream::iter([Ok(named), Ok(unnamed)]).chain(stream::pending());
        let told: Vec<_> = resumable(events.boxed()).collect().now_or_never().expect("an end");
        let errors: Vec<usize> = told.iter().map(|event| event.as_ref().unwrap().errors.len()).collect();
        assert_eq!(errors, [0, 1]);
    }
}
