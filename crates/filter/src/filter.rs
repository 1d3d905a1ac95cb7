//! A filter whose every name and value was checked, and its canonical text.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use chrono::TimeDelta;
use kernel::Timestamp;

use crate::{
    FilterErrors, MAX_LENGTH, Schema,
    ast::{Comparison, Period, Span, Test},
    check,
    error::{ErrorKind, Fault},
    parser,
    schema::{Activity, Field},
    time::shifted,
    types::Comparable,
};

/// A condition on records, checked against a [`Schema`].
///
/// It prints as its canonical text, which parses to the same filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    pub(crate) root: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Is(Box<Condition>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub subject: Subject,
    pub negated: bool,
    pub test: Test<Constant>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Subject {
    Field(Arc<Field>),
    Did { name: String, activity: Activity, within: Option<Period> },
}

/// A value of the filter's own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Constant {
    pub shown: String,
    pub meaning: Meaning,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    One(Comparable),
    /// From the first to the last moment of a day.
    Day(Comparable, Comparable),
    /// So long after now; before it if negative.
    Moment(TimeDelta),
    /// The day, in UTC, of such a moment.
    DayOf(TimeDelta),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// The first mistake in the sentence; if there is none, all names, operators and values that do not fit the schema.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, FilterErrors> {
        let tree = parser::parse(text).map_err(|fault| FilterErrors::of(vec![fault], text))?;
        let root = check::check(&tree, schema).map_err(|faults| FilterErrors::of(faults, text))?;
        let filter = Self { root };
        // Its own spaces may make it longer, and it must be readable again.
        if filter.to_string().chars().nth(MAX_LENGTH).is_some() {
            let message = format!("Written in full, the filter is longer than {MAX_LENGTH} characters");
            let fault = Fault::new(ErrorKind::TooLong, Span { start: 0, end: text.len() }, message);
            return Err(FilterErrors::of(vec![fault], text));
        }
        Ok(filter)
    }

    /// The fields that it looks at, attributes as `attr.<key>`: a record of which none of these changes stays in or out.
    pub fn fields(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.root.each(&mut |condition| {
            if let Subject::Field(field) = &condition.subject {
                names.insert(field.name.as_str());
            }
        });
        names
    }

    /// The behaviours that it counts.
    pub fn behaviours(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.root.each(&mut |condition| {
            if let Subject::Did { name, .. } = &condition.subject {
                names.insert(name.as_str());
            }
        });
        names
    }
}

impl Node {
    pub(crate) fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => {
                for node in nodes {
                    node.each(visit);
                }
            }
            Self::Not(node) => node.each(visit),
            Self::Is(condition) => visit(condition),
        }
    }
}

impl<C> Test<C> {
    pub(crate) fn constants(&self) -> &[C] {
        match self {
            Self::Known => &[],
            Self::Compare(_, constant) | Self::Match(_, constant) => std::slice::from_ref(constant),
            Self::In(constants) | Self::Has(_, constants) => constants,
            Self::Between(pair) => pair.as_slice(),
        }
    }
}

impl Constant {
    /// The least value that it stands for.
    pub(crate) fn low(&self, now: Timestamp) -> Cow<'_, Comparable> {
        match &self.meaning {
            Meaning::One(value) | Meaning::Day(value, _) => Cow::Borrowed(value),
            Meaning::Moment(offset) => Cow::Owned(Comparable::Time(shifted(now, *offset))),
            Meaning::DayOf(offset) => Cow::Owned(Comparable::Date(shifted(now, *offset).date_naive())),
        }
    }

    /// The greatest.
    pub(crate) fn high(&self, now: Timestamp) -> Cow<'_, Comparable> {
        match &self.meaning {
            Meaning::Day(_, last) => Cow::Borrowed(last),
            _ => self.low(now),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(nodes) => joined(f, nodes, " and ", |node| matches!(node, Self::Any(_))),
            Self::Any(nodes) => joined(f, nodes, " or ", |_| false),
            Self::Not(node) => {
                f.write_str("not ")?;
                one(f, node, matches!(**node, Self::All(_) | Self::Any(_)))
            }
            Self::Is(condition) => write!(f, "{condition}"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, nodes: &[Node], word: &str, inner: fn(&Node) -> bool) -> fmt::Result {
    for (nth, node) in nodes.iter().enumerate() {
        if nth > 0 {
            f.write_str(word)?;
        }
        one(f, node, inner(node))?;
    }
    Ok(())
}

fn one(f: &mut fmt::Formatter<'_>, node: &Node, in_parentheses: bool) -> fmt::Result {
    if in_parentheses { write!(f, "({node})") } else { write!(f, "{node}") }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subject)?;
        let not = if self.negated { "not " } else { "" };
        match &self.test {
            Test::Known => f.write_str(if self.negated { " is unknown" } else { " is known" }),
            Test::Compare(Comparison::Equal, constant) if self.negated => write!(f, " != {constant}"),
            Test::Compare(comparison, constant) => write!(f, " {} {constant}", comparison.sign()),
            Test::In(constants) => write!(f, " {not}in {}", List(constants)),
            Test::Between([low, high]) => write!(f, " {not}between {low} and {high}"),
            Test::Match(part, constant) => write!(f, " {not}{} {constant}", part.words()),
            Test::Has(quantity, constants) => write!(f, " {not}has {} of {}", quantity.word(), List(constants)),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(&field.name),
            Self::Did { name, within: None, .. } => write!(f, "did({})", crate::types::quoted(name)),
            Self::Did { name, within: Some(period), .. } => {
                write!(f, "did({}, within {period})", crate::types::quoted(name))
            }
        }
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

struct List<'a>(&'a [Constant]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.0.iter().map(|constant| constant.shown.as_str()).collect();
        write!(f, "({})", shown.join(", "))
    }
}
