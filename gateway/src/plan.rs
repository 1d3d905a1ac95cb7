//! The plan of an operation in our own terms, so that the planner behind it can be replaced.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::Name;

#[derive(Debug, Clone)]
pub enum Node {
    Sequence(Vec<Node>),
    Parallel(Vec<Node>),
    Fetch(Fetch),
    /// The source of events of a subscription; what follows it in its sequence runs for each event.
    Subscription(Fetch),
    /// Runs one of two branches by the value of a boolean variable.
    Condition {
        variable: Name,
        then: Option<Box<Node>>,
        otherwise: Option<Box<Node>>,
    },
    /// Nothing to do.
    Empty,
}

impl Node {
    /// Marks the fetches that may ask the same question.
    pub fn mark_repeats(&mut self) {
        let mut asked: HashMap<(Arc<str>, Arc<str>), usize> = HashMap::new();
        self.each_fetch(&mut |fetch| *asked.entry((fetch.service.clone(), fetch.query.clone())).or_default() += 1);
        self.each_fetch(&mut |fetch| fetch.repeats = asked[&(fetch.service.clone(), fetch.query.clone())] > 1);
    }

    /// What is asked before anything else.
    pub fn first_fetch(&self) -> Option<&Fetch> {
        match self {
            Self::Fetch(fetch) => Some(fetch),
            Self::Sequence(nodes) | Self::Parallel(nodes) => nodes.iter().find_map(Self::first_fetch),
            Self::Subscription(_) | Self::Condition { .. } | Self::Empty => None,
        }
    }

    fn each_fetch(&mut self, visit: &mut dyn FnMut(&mut Fetch)) {
        match self {
            Self::Sequence(nodes) | Self::Parallel(nodes) => nodes.iter_mut().for_each(|node| node.each_fetch(visit)),
            Self::Fetch(fetch) => visit(fetch),
            Self::Condition { then, otherwise, .. } => {
                then.iter_mut().chain(otherwise).for_each(|node| node.each_fetch(visit));
            }
            Self::Subscription(_) | Self::Empty => {}
        }
    }
}

/// One request to one subgraph.
#[derive(Debug, Clone)]
pub struct Fetch {
    pub service: Arc<str>,
    pub query: Arc<str>,
    /// Changes nothing, so it may be asked again, or together with others.
    pub reads: bool,
    /// The plan asks the same query elsewhere too, so the question may be the same.
    pub repeats: bool,
    /// The client's variables that the query uses.
    pub variables: Vec<Name>,
    /// Keys of the answer's data.
    pub fields: Vec<Name>,
    pub target: Target,
}

/// Where the answer belongs.
#[derive(Debug, Clone)]
pub enum Target {
    /// Root fields, merged into every object at `path` (the empty path is the result's root).
    Objects { path: Path, output: Vec<Rewrite> },
    /// Entities looked up by their keys.
    Entities(Vec<Entities>),
}

#[derive(Debug, Clone)]
pub struct Entities {
    /// Key of the list of entities in the answer.
    pub alias: Name,
    /// Variable that carries the representations.
    pub variable: Name,
    /// Keys that each entity is to get.
    pub fields: Arc<[Name]>,
    pub paths: Vec<Path>,
    pub requires: Vec<Requirement>,
    pub input: Vec<Rewrite>,
    pub output: Vec<Rewrite>,
}

pub type Path = Vec<Segment>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Field(Name),
    /// Only objects of these types.
    On(BTreeSet<String>),
    List,
}

/// What a representation is made of.
#[derive(Debug, Clone)]
pub enum Requirement {
    Field { read: Name, write: Name, selections: Vec<Requirement> },
    On { condition: String, selections: Vec<Requirement> },
}

/// A correction of what goes to or comes from a subgraph.
#[derive(Debug, Clone)]
pub enum Rewrite {
    Set { path: Path, value: String },
    Rename { path: Path, to: Name },
}
