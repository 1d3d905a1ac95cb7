//! A subgraph as the executor asks it: with a circuit breaker before it, and questions that are asked already
//! answered together.

use std::{
    fmt,
    future::Future,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    mem,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use async_graphql::{Response, Value};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, Shared},
    stream::{self, BoxStream},
};
use kernel::{Actor, Clock, Timestamp};
use platform::graphql::{Subgraph, SubgraphCall, SubgraphError};

use crate::flights::Flights;

/// When the gateway stops asking a subgraph that does not answer, and when it believes one that does.
#[derive(Debug, Clone)]
pub struct Resilience {
    /// So many calls in a row without an answer open the circuit: then calls fail at once.
    pub failures: u32,
    /// How long it stays open before one call may try again.
    pub cool_down: Duration,
    /// Questions under way at once to one subgraph that others may join; 0 asks each by itself.
    pub shared_reads: usize,
    /// How long after a change a subgraph that lacks an entity is asked again: it may not have heard of it. Nothing for
    /// subgraphs that do not learn from each other by events.
    pub hears_within: Duration,
}

impl Default for Resilience {
    fn default() -> Self {
        Self { failures: 5, cool_down: Duration::from_secs(5), shared_reads: 1_000, hears_within: Duration::ZERO }
    }
}

/// What a subgraph said, for as many as asked.
pub(crate) type Answer = Arc<Result<Response, SubgraphError>>;

/// An answer that several wait for.
pub(crate) type Awaited = Shared<BoxFuture<'static, Answer>>;

pub(crate) struct Backend {
    name: Arc<str>,
    subgraph: Arc<dyn Subgraph>,
    circuit: Circuit,
    /// `None` asks each question by itself.
    under_way: Option<Flights<Question, Answer>>,
}

/// What makes two reads the same: also who asks, since services show each what they may see.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Question {
    query: Arc<str>,
    /// A fingerprint that nobody can forge, for it is taken with keys of this process.
    variables: [u64; 2],
    actor: Option<Arc<Actor>>,
}

impl Question {
    pub fn of(call: &SubgraphCall) -> Self {
        static KEYS: OnceLock<[RandomState; 2]> = OnceLock::new();
        let variables = KEYS.get_or_init(Default::default).each_ref().map(|key| {
            let mut hasher = key.build_hasher();
            for (name, value) in call.variables.iter() {
                name.hash(&mut hasher);
                hash(value, &mut hasher);
            }
            hasher.finish()
        });
        Self { query: call.query.clone(), variables, actor: call.actor.clone() }
    }
}

impl Hash for Question {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.variables.hash(state);
    }
}

fn hash(value: &Value, hasher: &mut impl Hasher) {
    mem::discriminant(value).hash(hasher);
    match value {
        Value::Null => {}
        Value::Number(number) => number.hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::Boolean(is) => is.hash(hasher),
        Value::Binary(bytes) => bytes.hash(hasher),
        Value::Enum(name) => name.hash(hasher),
        Value::List(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| hash(item, hasher));
        }
        Value::Object(fields) => {
            fields.len().hash(hasher);
            for (name, value) in fields {
                name.hash(hasher);
                hash(value, hasher);
            }
        }
    }
}

impl Backend {
    pub fn new(name: &str, subgraph: Arc<dyn Subgraph>, resilience: &Resilience, clock: Clock) -> Self {
        let name: Arc<str> = name.into();
        metrics::gauge!("gateway_circuit_state", "service" => name.to_string()).set(0.0);
        Self {
            circuit: Circuit::new(name.clone(), resilience, clock),
            name,
            subgraph,
            under_way: (resilience.shared_reads > 0).then(|| Flights::bounded(resilience.shared_reads)),
        }
    }

    /// The subgraph itself, for probes.
    pub fn subgraph(&self) -> &dyn Subgraph {
        self.subgraph.as_ref()
    }

    pub fn circuit(&self) -> &'static str {
        self.circuit.lock().shown().0
    }

    /// Asks once.
    pub fn ask(&self, call: SubgraphCall) -> impl Future<Output = Result<Response, SubgraphError>> + Send + 'static {
        let (attempt, subgraph, service) = (self.circuit.admit(true), self.subgraph.clone(), self.name.clone());
        async move {
            let attempt = attempt?;
            // In process, a panic of the service would be one of the gateway.
            let asked = AssertUnwindSafe(async move { subgraph.execute(call).await }).catch_unwind();
            let answer =
                asked.await.unwrap_or_else(|_| Err(SubgraphError::BadResponse { service: service.to_string() }));
            attempt.ends(answer.as_ref().err());
            answer
        }
    }

    /// Asks a query, or joins somebody who is waiting for the answer to the same one.
    pub async fn read(&self, call: SubgraphCall) -> Answer {
        let Some(under_way) = &self.under_way else { return Arc::new(self.ask(call).await) };
        let question = Question::of(&call);
        under_way.join_or(question, || self.ask(call).map(Arc::new), || self.shared("another request")).await
    }

    pub fn shared(&self, with: &'static str) {
        metrics::counter!("gateway_shared_reads_total", "service" => self.name.to_string(), "with" => with)
            .increment(1);
    }

    /// From now on nobody joins what was asked before: something was written.
    pub fn part(&self) {
        if let Some(under_way) = &self.under_way {
            under_way.part();
        }
    }

    /// Opens a subscription. The circuit counts what comes first, but does not wait for it: that may take hours.
    pub fn subscribe(&self, call: SubgraphCall) -> BoxStream<'static, Result<Response, SubgraphError>> {
        match self.circuit.admit(false) {
            Err(open) => stream::once(async move { Err(open) }).boxed(),
            Ok(attempt) => {
                let mut attempt = Some(attempt);
                let events = self.subgraph.subscribe(call);
                events
                    .inspect(move |event| {
                        if let Some(attempt) = attempt.take() {
                            attempt.ends(event.as_ref().err());
                        }
                    })
                    .boxed()
            }
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Closed while the subgraph answers; open, for a while, when it did not so many times in a row; half-open while
/// one call finds out whether it does again. Any answer in GraphQL counts as one, errors or not.
#[derive(Clone)]
struct Circuit(Arc<CircuitParts>);

struct CircuitParts {
    name: Arc<str>,
    clock: Clock,
    failures: u32,
    cool_down: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Timestamp },
    HalfOpen,
}

impl State {
    /// Its name and its number in the metrics.
    fn shown(self) -> (&'static str, f64) {
        match self {
            Self::Closed { .. } => ("closed", 0.0),
            Self::HalfOpen => ("half-open", 1.0),
            Self::Open { .. } => ("open", 2.0),
        }
    }
}

impl Circuit {
    fn new(name: Arc<str>, resilience: &Resilience, clock: Clock) -> Self {
        let Resilience { failures, cool_down, .. } = *resilience;
        let state = Mutex::new(State::Closed { failures: 0 });
        Self(Arc::new(CircuitParts { name, clock, failures: failures.max(1), cool_down, state }))
    }

    /// May a call be made? `tries`: its answer comes soon enough to tell whether others may.
    fn admit(&self, tries: bool) -> Result<Attempt, SubgraphError> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => {}
            State::Open { until } if until <= self.0.clock.now() => {
                if tries {
                    self.becomes(&mut state, State::HalfOpen);
                }
            }
            State::Open { .. } | State::HalfOpen => {
                metrics::counter!("gateway_circuit_refusals_total", "service" => self.0.name.to_string()).increment(1);
                return Err(SubgraphError::Unreachable { service: self.0.name.to_string() });
            }
        }
        Ok(Attempt { circuit: self.clone(), tries: *state == State::HalfOpen, ended: false })
    }

    fn becomes(&self, state: &mut State, next: State) {
        *state = next;
        let (name, number) = next.shown();
        metrics::gauge!("gateway_circuit_state", "service" => self.0.name.to_string()).set(number);
        tracing::warn!(service = %self.0.name, state = name, "the circuit to a subgraph changed");
    }

    fn opens(&self, state: &mut State) {
        self.becomes(state, State::Open { until: self.0.clock.now() + self.0.cool_down });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that the circuit let through.
struct Attempt {
    circuit: Circuit,
    /// The one call of a half-open circuit.
    tries: bool,
    ended: bool,
}

impl Attempt {
    fn ends(mut self, error: Option<&SubgraphError>) {
        self.ended = true;
        let answered = !matches!(error, Some(SubgraphError::Unreachable { .. } | SubgraphError::Timeout { .. }));
        let mut state = self.circuit.lock();
        match *state {
            State::Closed { failures: 0 } if answered => {}
            State::Closed { .. } if answered => *state = State::Closed { failures: 0 },
            State::Closed { failures } if failures + 1 >= self.circuit.0.failures => self.circuit.opens(&mut state),
            State::Closed { failures } => *state = State::Closed { failures: failures + 1 },
            State::HalfOpen if self.tries && answered => {
                self.circuit.becomes(&mut state, State::Closed { failures: 0 });
            }
            State::HalfOpen if self.tries => self.circuit.opens(&mut state),
            // Whoever was let through before says nothing of now.
            State::HalfOpen | State::Open { .. } => {}
        }
    }
}

impl Drop for Attempt {
    /// Given up before it was known: the next may try.
    fn drop(&mut self) {
        if self.tries && !self.ended {
            let mut state = self.circuit.lock();
            if *state == State::HalfOpen {
                let until = self.circuit.0.clock.now();
                self.circuit.becomes(&mut state, State::Open { until });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_question_is_its_query_its_variables_and_its_asker() {
        let question = |query: &str, variables: serde_json::Value| {
            let variables = serde_json::from_value(variables).unwrap();
            Question::of(&SubgraphCall {
                query: query.into(),
                variables,
                actor: None,
                request_id: "test".into(),
                resume_after: None,
            })
        };
        let different = [
            question("{ a }", json!({})),
            question("{ b }", json!({})),
            question("{ a }", json!({ "v": [[1, 2]] })),
            question("{ a }", json!({ "v": [[1], [2]] })),
            question("{ a }", json!({ "v": [[1], 2] })),
            question("{ a }", json!({ "v": ["1", 2] })),
            question("{ a }", json!({ "v": null })),
            question("{ a }", json!({ "v": { "a": 1, "b": {} } })),
            question("{ a }", json!({ "v": { "a": 1 }, "w": {} })),
        ];
        for (index, one) in different.iter().enumerate() {
            for (other, two) in different.iter().enumerate() {
                assert_eq!(one == two, index == other, "{index} {other}");
            }
        }
        assert!(question("{ a }", json!({ "v": [{ "a": 1.5 }] })) == question("{ a }", json!({ "v": [{ "a": 1.5 }] })));
    }
}
