//! One request to one subgraph: what to send, and where the answer goes.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Instant,
};

use async_graphql::{Name, PathSegment, ServerError, Value};
use futures::FutureExt;
use kernel::{Code, Coded};
use platform::{
    auth::AuthError,
    graphql::{SubgraphCall, SubgraphError},
    hearing::Patience,
};

use super::{
    Execution, State,
    merge::{Step, at_mut, error_path, merge, rewrite, walk},
    requires::represent,
};
use crate::{
    auth::IDENTITY,
    backend::{Answer, Backend, Question},
    plan::{Entities, Fetch, Node, Path, Rewrite, Segment, Target},
    response::{at, error},
};

/// Places at which one and the same error is told: those of an entity, or of a field that is refused.
pub(super) const TOLD: usize = 100;

/// The entities of one lookup: what is sent, and who waits for which answer.
struct Lookup<'p> {
    plan: &'p Entities,
    representations: Vec<Value>,
    /// Places in the result, each with the index of its representation.
    waiting: Vec<(Vec<Step>, usize)>,
}

impl Execution {
    pub(super) async fn fetch(&self, fetch: &Fetch) {
        match &fetch.target {
            Target::Objects { path, output } => {
                let answer = self.ask(fetch, Vec::new()).await;
                self.place_objects(fetch, path, output, answer);
            }
            Target::Entities(lookups) => {
                let lookups: Vec<Lookup> = lookups.iter().map(|plan| self.collect(plan)).collect();
                if lookups.iter().all(|lookup| lookup.representations.is_empty()) {
                    return;
                }
                let sent = lookups
                    .iter()
                    .map(|lookup| (lookup.plan.variable.clone(), Value::List(lookup.representations.clone())));
                let answer = self.ask_entities(fetch, sent.collect()).await;
                self.place_entities(fetch, lookups, answer);
            }
        }
    }

    /// The call that `fetch` makes.
    pub(super) fn call(&self, fetch: &Fetch, representations: Vec<(Name, Value)>) -> SubgraphCall {
        let mut variables = async_graphql::Variables::default();
        for name in &fetch.variables {
            if let Some(value) = self.variables.get(name) {
                variables.insert(name.clone(), value.clone());
            }
        }
        variables.extend(representations);
        SubgraphCall {
            query: fetch.query.clone(),
            variables,
            // A read is the same whatever request it belongs to, and is shared.
            actor: if fetch.reads { self.context.actor.clone() } else { self.context.acting() },
            request_id: self.context.request_id.clone(),
            resume_after: None,
        }
    }

    /// Services learn from each other by events. Right after a change, one that lacks an entity may just not have heard
    /// of it, and is asked again before that is believed.
    async fn ask_entities(
        &self,
        fetch: &Fetch,
        representations: Vec<(Name, Value)>,
    ) -> Result<async_graphql::Response, SubgraphError> {
        if !self.changed.load(Ordering::Relaxed) || self.hears_within.is_zero() {
            return self.ask(fetch, representations).await;
        }
        let mut patience = None;
        loop {
            let answer = self.ask(fetch, representations.clone()).await;
            if answer.as_ref().map_or(true, |response| !lacks_entities(response)) {
                return answer;
            }
            let until = *self.hears_until.get_or_init(|| tokio::time::Instant::now() + self.hears_within);
            if !patience.get_or_insert_with(|| Patience::until(until)).wait().await {
                return answer;
            }
            self.forget();
        }
    }

    async fn ask(
        &self,
        fetch: &Fetch,
        representations: Vec<(Name, Value)>,
    ) -> Result<async_graphql::Response, SubgraphError> {
        let Some(backend) = self.subgraphs.get(&*fetch.service) else {
            return Err(SubgraphError::Unreachable { service: fetch.service.to_string() });
        };
        let started = Instant::now();
        let call = self.call(fetch, representations);
        let answer = if !fetch.reads {
            let answer = backend.ask(call).await;
            self.part();
            let changed = answer.as_ref().map_or(true, |answer| !refused(fetch, answer));
            if let Some(admission) = self.context.admission.as_ref().filter(|_| changed && *fetch.service == *IDENTITY)
            {
                admission.rights_changed();
            }
            answer
        } else if fetch.repeats {
            owned(self.read_once(fetch, backend, call).await)
        } else {
            owned(backend.read(call).await)
        };
        let service = fetch.service.to_string();
        metrics::histogram!("gateway_subgraph_seconds", "service" => service.clone()).record(started.elapsed());
        if let Err(error) = &answer {
            metrics::counter!("gateway_subgraph_failures_total", "service" => service).increment(1);
            tracing::warn!(%error, service = %fetch.service, request_id = %self.context.request_id, "a subgraph failed");
        }
        answer
    }

    /// What this request has read already it does not read again.
    async fn read_once(&self, fetch: &Fetch, backend: &Arc<Backend>, call: SubgraphCall) -> Answer {
        let answer = {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            match read.entry((fetch.service.clone(), Question::of(&call))) {
                Entry::Occupied(there) => {
                    backend.shared("the same request");
                    there.get().clone()
                }
                Entry::Vacant(free) => {
                    let backend = backend.clone();
                    free.insert(async move { backend.read(call).await }.boxed().shared()).clone()
                }
            }
        };
        answer.await
    }

    /// Merges root fields, at the root or wherever a subgraph hands out the root type again.
    pub(super) fn place_objects(
        &self,
        fetch: &Fetch,
        path: &Path,
        output: &[Rewrite],
        answer: Result<async_graphql::Response, SubgraphError>,
    ) {
        let mut state = self.state();
        let mut places = Vec::new();
        walk(&self.supergraph.types, path, &state.data, &mut Vec::new(), &mut |place, _| places.push(place.to_vec()));
        let prefix = places.first().map(|place| error_path(place)).unwrap_or_default();
        match answer {
            Ok(mut response) => {
                rewrite(&self.supergraph.types, output, &mut response.data);
                for error in response.errors {
                    let path = prefix.iter().chain(&error.path).cloned().collect();
                    state.errors.push(self.pass_on(&fetch.service, at(error, path)));
                }
                let mut copies = Copies::of(vec![response.data], places.iter().map(|_| 0));
                for place in &places {
                    if let (Some(target), Some(data)) = (at_mut(&mut state.data, place), copies.take(0)) {
                        merge(&self.supergraph.types, target, data);
                    }
                }
            }
            Err(failure) => {
                for field in &fetch.fields {
                    let field = PathSegment::Field(field.to_string());
                    let path = prefix.iter().cloned().chain([field]).collect();
                    state.errors.push(self.failed(&fetch.service, &failure, path));
                }
            }
        }
    }

    fn place_entities(
        &self,
        fetch: &Fetch,
        lookups: Vec<Lookup>,
        answer: Result<async_graphql::Response, SubgraphError>,
    ) {
        let mut state = self.state();
        let response = match answer {
            Ok(response) => response,
            Err(failure) => {
                for lookup in &lookups {
                    let Some(path) = lookup.shared_path() else { continue };
                    let error = self.failed(&fetch.service, &failure, path);
                    state.absences.failed(error, false, &lookup.plan.fields, self.client_places(lookup, None));
                }
                return;
            }
        };
        for error in response.errors {
            self.place_error(&mut state, fetch, &lookups, &response.data, &error);
        }
        let Value::Object(mut data) = response.data else { return };
        for lookup in lookups {
            let Some(mut found) = data.get_mut(&lookup.plan.alias).map(std::mem::take) else { continue };
            rewrite(&self.supergraph.types, &lookup.plan.output, &mut found);
            let Value::List(found) = found else { continue };
            let mut copies = Copies::of(found, lookup.waiting.iter().map(|(_, index)| *index));
            for (place, index) in &lookup.waiting {
                match (at_mut(&mut state.data, place), copies.take(*index)) {
                    (Some(target), Some(entity)) => merge(&self.supergraph.types, target, entity),
                    _ => {
                        let place = self.client_place(place);
                        state.absences.unknown(fetch.service.clone(), &lookup.plan.fields, place);
                    }
                }
            }
        }
    }

    /// Tells of an error where the client finds what it is about: of one in an entity at each place where that stands, up
    /// to a bound. Entities that are not there at all lack each of their fields for the same reason.
    fn place_error(&self, state: &mut State, fetch: &Fetch, lookups: &[Lookup], data: &Value, error: &ServerError) {
        let (alias, index, rest) = match error.path.as_slice() {
            [PathSegment::Field(alias), PathSegment::Index(index), rest @ ..] => (Some(alias), Some(*index), rest),
            [PathSegment::Field(alias), ..] => (Some(alias), None, &[][..]),
            _ => (None, None, &[][..]),
        };
        let concerned = |lookup: &&Lookup| alias.is_some_and(|alias| lookup.plan.alias == *alias);
        let of_one = lookups.iter().find(concerned);
        let mut told = false;
        if let (Some(lookup), Some(index), [_, ..]) = (of_one, index, rest) {
            for place in lookup.places(Some(index)).take(TOLD) {
                let path = error_path(place).into_iter().chain(rest.iter().cloned()).collect();
                state.errors.push(self.pass_on(&fetch.service, at(error.clone(), path)));
                told = true;
            }
        }
        for lookup in of_one.map_or(lookups, std::slice::from_ref) {
            // One may have taken the others with it.
            let found = lookup.found_in(data);
            let index = index.filter(|_| found.is_some());
            let entity = index.and_then(|index| found?.get(index));
            if told && matches!(entity, Some(Value::Object(_))) {
                continue;
            }
            let path = of_one.and_then(|lookup| match index {
                Some(_) => lookup.places(index).next().map(error_path),
                None => lookup.shared_path(),
            });
            let error = self.pass_on(&fetch.service, at(error.clone(), path.unwrap_or_default()));
            state.absences.failed(error, told, &lookup.plan.fields, self.client_places(lookup, index));
            told = true;
        }
    }

    /// Gathers the representations for one lookup, each only once.
    fn collect<'p>(&self, plan: &'p Entities) -> Lookup<'p> {
        let types = &self.supergraph.types;
        let state = self.state();
        let mut lookup = Lookup { plan, representations: Vec::new(), waiting: Vec::new() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for path in &plan.paths {
            walk(types, path, &state.data, &mut Vec::new(), &mut |place, entity| {
                let Some(mut representation) = represent(types, &plan.requires, entity) else { return };
                rewrite(types, &plan.input, &mut representation);
                let index = *known.entry(representation.to_string()).or_insert_with(|| {
                    lookup.representations.push(representation);
                    lookup.representations.len() - 1
                });
                lookup.waiting.push((place.to_vec(), index));
            });
        }
        lookup
    }

    /// A subgraph's own error, marked with its service. Its locations point into a query that the client
    /// never wrote.
    pub(super) fn pass_on(&self, service: &str, mut error: ServerError) -> ServerError {
        self.restore_aliases(&mut error.path);
        error.locations.clear();
        error.source = None;
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("service", service);
        if extensions.get("code").is_none_or(|code| *code == Value::from(Code::Internal.as_str())) {
            extensions.set("code", Code::Internal.as_str());
        }
        error
    }

    pub(super) fn failed(&self, service: &str, failure: &SubgraphError, mut path: Vec<PathSegment>) -> ServerError {
        self.restore_aliases(&mut path);
        let mut error = at(error(Code::SubgraphUnavailable, failure.to_string()), path);
        error.extensions.get_or_insert_default().set("service", service);
        error
    }
}

impl Execution {
    /// Tells of the root fields of a step that they were not asked for, since who asks is let in no longer.
    pub(super) fn refuse(&self, step: &Node, lost: &AuthError) {
        let mut state = self.state();
        for field in step.first_fetch().map(|fetch| &fetch.fields).into_iter().flatten() {
            let mut path = vec![PathSegment::Field(field.to_string())];
            self.restore_aliases(&mut path);
            state.errors.push(at(error(lost.code(), lost.to_string()), path));
        }
    }

    fn client_places<'l>(&'l self, lookup: &'l Lookup, index: Option<usize>) -> impl Iterator<Item = Vec<Step>> + 'l {
        lookup.places(index).map(|place| self.client_place(place))
    }

    /// A place as the client knows it.
    fn client_place(&self, place: &[Step]) -> Vec<Step> {
        let step = |step: &Step| match step {
            Step::Key(key) => Step::Key(Name::new(self.supergraph.aliases.original(key))),
            Step::Index(index) => Step::Index(*index),
        };
        place.iter().map(step).collect()
    }

    fn restore_aliases(&self, path: &mut [PathSegment]) {
        for segment in path {
            if let PathSegment::Field(key) = segment {
                let original = self.supergraph.aliases.original(key);
                if original.len() != key.len() {
                    *key = original.to_owned();
                }
            }
        }
    }
}

/// Whether nothing has changed: the one field asked for gave nothing but errors.
fn refused(mutation: &Fetch, answer: &async_graphql::Response) -> bool {
    let gave = matches!(&answer.data, Value::Object(data) if data.values().any(|value| *value != Value::Null));
    !answer.errors.is_empty() && !gave && mutation.fields.len() == 1
}

fn lacks_entities(response: &async_graphql::Response) -> bool {
    let Value::Object(found) = &response.data else { return false };
    let lacks = |found: &Value| matches!(found, Value::List(found) if found.contains(&Value::Null));
    response.errors.is_empty() && found.values().any(lacks)
}

/// The answer itself if nobody else has it, else a copy.
fn owned(answer: Answer) -> Result<async_graphql::Response, SubgraphError> {
    Arc::try_unwrap(answer).unwrap_or_else(|shared| {
        let response = shared.as_ref().as_ref().map_err(Clone::clone)?;
        let mut copy = async_graphql::Response::new(response.data.clone());
        copy.errors.clone_from(&response.errors);
        Ok(copy)
    })
}

/// Objects that may be wanted in many places: copied for all but the last.
struct Copies {
    objects: Vec<Value>,
    wanted: Vec<usize>,
}

impl Copies {
    fn of(objects: Vec<Value>, uses: impl Iterator<Item = usize>) -> Self {
        let mut wanted = vec![0; objects.len()];
        for index in uses {
            if let Some(count) = wanted.get_mut(index) {
                *count += 1;
            }
        }
        Self { objects, wanted }
    }

    /// `None` if the subgraph gave no object.
    fn take(&mut self, index: usize) -> Option<Value> {
        let object = self.objects.get_mut(index).filter(|object| matches!(object, Value::Object(_)))?;
        let wanted = self.wanted.get_mut(index)?;
        *wanted = wanted.saturating_sub(1);
        Some(if *wanted == 0 { std::mem::take(object) } else { object.clone() })
    }
}

impl Lookup<'_> {
    fn found_in<'d>(&self, data: &'d Value) -> Option<&'d [Value]> {
        match data {
            Value::Object(data) => match data.get(&self.plan.alias)? {
                Value::List(found) => Some(found),
                _ => None,
            },
            _ => None,
        }
    }

    /// Where the entity of this index stands, or all do.
    fn places(&self, index: Option<usize>) -> impl Iterator<Item = &[Step]> {
        let wanted = self.waiting.iter().filter(move |(_, waiting)| index.is_none_or(|index| index == *waiting));
        wanted.map(|(place, _)| place.as_slice())
    }

    /// The path of the entity if it is one, else up to where they part.
    fn shared_path(&self) -> Option<Vec<PathSegment>> {
        match self.waiting.as_slice() {
            [] => None,
            [(only, _)] => Some(error_path(only)),
            _ => {
                let path = self.plan.paths.first()?;
                let fields = path.iter().take_while(|segment| **segment != Segment::List);
                Some(
                    fields
                        .filter_map(|segment| match segment {
                            Segment::Field(field) => Some(PathSegment::Field(field.to_string())),
                            _ => None,
                        })
                        .collect(),
                )
            }
        }
    }
}
