//! What the parser makes of a text, before anybody asks whether its fields exist.

use std::fmt;

/// Bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub(crate) fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }
}

/// Something, and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub span: Span,
    pub it: T,
}

#[derive(Debug)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Is(Box<Condition>),
}

#[derive(Debug)]
pub(crate) struct Condition {
    pub subject: Subject,
    pub negated: bool,
    pub test: At<Test<At<Literal>>>,
}

#[derive(Debug)]
pub(crate) enum Subject {
    Field(At<String>),
    Did { name: At<String>, within: Option<Period> },
}

/// What is asked of a value. The opposites (`!=`, `not in`, `is unknown`) are these, negated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test<C> {
    Known,
    Compare(Comparison, C),
    In(Vec<C>),
    Between([C; 2]),
    Match(Match, C),
    Has(Quantity, Vec<C>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Contains,
    Starts,
    Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    Any,
    All,
}

#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Text(String),
    /// As written.
    Number(String),
    Boolean(bool),
    Now,
    Ago(Period),
    FromNow(Period),
}

/// A span of time of one unit: `30 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub amount: u32,
    pub unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
}

impl Unit {
    /// Of `day` and `days`.
    pub(crate) fn of(word: &str) -> Option<Unit> {
        let word = word.to_ascii_lowercase();
        match word.strip_suffix('s').unwrap_or(&word) {
            "minute" => Some(Self::Minute),
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            _ => None,
        }
    }

    pub(crate) fn minutes(self) -> u32 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 24 * 60,
            Self::Week => 7 * 24 * 60,
        }
    }
}

impl Comparison {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Match {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Starts => "starts with",
            Self::Ends => "ends with",
        }
    }
}

impl Quantity {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Week => "week",
        };
        write!(f, "{} {unit}{}", self.amount, if self.amount == 1 { "" } else { "s" })
    }
}
