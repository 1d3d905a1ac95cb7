//! Whether a record fits, and why.

use std::fmt;

use kernel::Timestamp;
use serde::Serialize;

use crate::{
    Filter, Value,
    ast::{Comparison, Match, Quantity, Test},
    filter::{Condition, Constant, Node, Subject},
    time::since,
    types::Comparable,
};

/// What a filter is asked of.
pub trait Record {
    /// The value of a field, of an attribute as `attr.<key>`. What has another type than the schema says is not known.
    fn value(&self, field: &str) -> Option<Value>;

    /// How often something was done: at `since` and later, or ever.
    fn count(&self, behaviour: &str, since: Option<Timestamp>) -> i64;

    /// When it was first done, at `since` or later.
    fn oldest(&self, behaviour: &str, since: Timestamp) -> Option<Timestamp>;
}

/// Why a record fits or does not: a tree in the shape of the filter.
#[derive(Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The part of the filter, in its canonical text.
    pub condition: String,
    pub held: bool,
    /// What a single condition found: a value as one would write it, or `unknown`. `None` for what consists of others.
    pub seen: Option<String>,
    /// The parts: all of them, also where one would have decided.
    pub because: Vec<Explanation>,
}

/// What was seen may be personal, and does not print.
impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation")
            .field("condition", &self.condition)
            .field("held", &self.held)
            .field("because", &self.because)
            .finish_non_exhaustive()
    }
}

/// A line a part, indented, with what was seen.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines(f, 0)
    }
}

impl Explanation {
    fn lines(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let held = if self.held { "yes" } else { "no" };
        write!(f, "{:indent$}{held}: {}", "", self.condition, indent = 2 * depth)?;
        if let Some(seen) = &self.seen {
            write!(f, " (it is {seen})")?;
        }
        f.write_str("\n")?;
        self.because.iter().try_for_each(|part| part.lines(f, depth + 1))
    }
}

impl Filter {
    /// Whether a record fits at a moment.
    pub fn matches(&self, record: &impl Record, now: Timestamp) -> bool {
        self.root.holds(record, now)
    }

    /// As [`matches`](Self::matches), with the reasons.
    pub fn evaluate(&self, record: &impl Record, now: Timestamp) -> Explanation {
        self.root.explain(record, now)
    }
}

impl Node {
    fn holds(&self, record: &impl Record, now: Timestamp) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(record, now)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(record, now)),
            Self::Not(node) => !node.holds(record, now),
            Self::Is(condition) => condition.holds(condition.seen(record, now), now),
        }
    }

    fn explain(&self, record: &impl Record, now: Timestamp) -> Explanation {
        let explain = |nodes: &[Node]| -> Vec<_> { nodes.iter().map(|node| node.explain(record, now)).collect() };
        let (held, seen, because) = match self {
            Self::All(nodes) => {
                let because = explain(nodes);
                (because.iter().all(|part| part.held), None, because)
            }
            Self::Any(nodes) => {
                let because = explain(nodes);
                (because.iter().any(|part| part.held), None, because)
            }
            Self::Not(node) => {
                let part = node.explain(record, now);
                (!part.held, None, vec![part])
            }
            Self::Is(condition) => {
                let value = condition.seen(record, now);
                let seen = condition.shown(value.as_ref());
                (condition.holds(value, now), Some(seen), Vec::new())
            }
        };
        Explanation { condition: self.to_string(), held, seen, because }
    }
}

impl Condition {
    fn seen(&self, record: &impl Record, now: Timestamp) -> Option<Value> {
        match &self.subject {
            Subject::Field(field) => record.value(&field.name),
            Subject::Did { name, within, .. } => {
                Some(Value::Integer(record.count(name, within.map(|within| since(now, within)))))
            }
        }
    }

    /// For people: a blank text is as unknown as no text.
    fn shown(&self, value: Option<&Value>) -> String {
        match value {
            Some(value) if self.comparable(value.clone()).is_some() => value.to_string(),
            _ => "unknown".to_owned(),
        }
    }

    fn comparable(&self, value: Value) -> Option<Comparable> {
        match &self.subject {
            Subject::Field(field) => field.kind.read(value),
            Subject::Did { .. } => crate::Type::Integer.read(value),
        }
    }

    /// Of what is not known nothing holds, and so its opposite does.
    fn holds(&self, value: Option<Value>, now: Timestamp) -> bool {
        let value = value.and_then(|value| self.comparable(value));
        value.is_some_and(|value| self.test.holds(&value, now)) != self.negated
    }
}

impl Test<Constant> {
    fn holds(&self, value: &Comparable, now: Timestamp) -> bool {
        let equals = |constant: &Constant| *constant.low(now) <= *value && *value <= *constant.high(now);
        let has = |constant: &Constant| value.text().contains(constant.low(now).text());
        match self {
            Self::Known => true,
            Self::Compare(comparison, constant) => match comparison {
                Comparison::Equal => equals(constant),
                Comparison::Less => *value < *constant.low(now),
                Comparison::LessOrEqual => *value <= *constant.high(now),
                Comparison::Greater => *value > *constant.high(now),
                Comparison::GreaterOrEqual => *value >= *constant.low(now),
            },
            Self::In(constants) => constants.iter().any(equals),
            Self::Between([low, high]) => *low.low(now) <= *value && *value <= *high.high(now),
            Self::Match(Match::Contains, constant) => has(constant),
            Self::Match(Match::Starts, constant) => value.text().starts_with(constant.low(now).text()),
            Self::Match(Match::Ends, constant) => value.text().ends_with(constant.low(now).text()),
            Self::Has(Quantity::Any, constants) => constants.iter().any(has),
            Self::Has(Quantity::All, constants) => constants.iter().all(has),
        }
    }
}
