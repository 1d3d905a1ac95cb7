use std::fmt;

use kernel::{Code, Coded};
use serde::Serialize;

use crate::ast::Span;

/// What is wrong, for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorKind {
    /// The whole text is longer than [`MAX_LENGTH`](crate::MAX_LENGTH).
    TooLong,
    /// Parentheses and `not` stand in each other deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
    /// More than [`MAX_CONDITIONS`](crate::MAX_CONDITIONS), or a list of more than [`MAX_LIST`](crate::MAX_LIST).
    TooMany,
    /// Not a sentence of the language.
    Syntax,
    UnknownField,
    UnknownBehaviour,
    /// The operator cannot be asked of this type.
    WrongOperator,
    /// A number where a text is needed, and the like.
    WrongType,
    /// Of the right type, but no value that the field can have.
    WrongValue,
}

/// One thing that is wrong, in words for who wrote the filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilterError {
    pub kind: ErrorKind,
    pub message: String,
    pub at: Place,
    /// What was probably meant, to stand in the place of what is there.
    pub suggestion: Option<String>,
}

/// Where in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// In bytes, from 0.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// In characters; 0 at the end of the text.
    pub length: usize,
}

/// All that is wrong with a filter, at least one thing: the first mistake in the sentence, else everything that does not
/// fit the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterErrors(Vec<FilterError>);

impl FilterErrors {
    pub fn iter(&self) -> impl Iterator<Item = &FilterError> {
        self.0.iter()
    }

    pub(crate) fn of(faults: Vec<Fault>, text: &str) -> Self {
        Self(faults.into_iter().map(|fault| fault.locate(text)).collect())
    }
}

impl fmt::Display for FilterErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.at.line, self.at.column, self.message)
    }
}

impl std::error::Error for FilterErrors {}

impl Coded for FilterErrors {
    fn code(&self) -> Code {
        let too_long = self.0.iter().any(|error| error.kind == ErrorKind::TooLong);
        if too_long { Code::TooLong } else { Code::InvalidInput }
    }
}

/// An error that knows its bytes only.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: ErrorKind,
    message: String,
    span: Span,
    suggestion: Option<String>,
}

impl Fault {
    pub(crate) fn new(kind: ErrorKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), span, suggestion: None }
    }

    /// With what was probably meant.
    pub(crate) fn suggest(self, suggestion: Option<String>) -> Self {
        let message = match &suggestion {
            Some(suggestion) => format!("{}; did you mean `{suggestion}`?", self.message),
            None => self.message,
        };
        Self { message, suggestion, ..self }
    }

    fn locate(self, text: &str) -> FilterError {
        let Span { start, end } = self.span;
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let at = Place {
            offset: start,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            length: text.get(start..end).unwrap_or_default().chars().count(),
        };
        FilterError { kind: self.kind, message: self.message, at, suggestion: self.suggestion }
    }
}
