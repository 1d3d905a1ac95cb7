//! What an operation has too much of, and where.

use std::collections::{BTreeMap, HashSet};

use apollo_compiler::{
    Name, Node, ast,
    executable::{Selection, SelectionSet},
    parser::{SourceMap, SourceSpan},
};
use async_graphql::Pos;
use kernel::Code;

use crate::{
    Limits, Response,
    response::{error, located},
};

/// What an operation has more of than allowed.
pub(crate) struct TooMuch {
    /// The setting in section `[gateway]`.
    pub limit: &'static str,
    pub allowed: usize,
    pub what: &'static str,
}

impl TooMuch {
    pub fn refuse(self, place: Option<Pos>) -> Response {
        let Self { limit, allowed, what } = self;
        let message = format!("the operation has more than {allowed} {what}");
        let mut error = located(error(Code::LimitExceeded, message), place);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("limit", limit);
        extensions.set("maximum", allowed);
        Response::refused(Code::LimitExceeded, vec![error])
    }
}

/// Where a part of the document begins.
pub(crate) fn place<T>(node: &Node<T>, sources: &SourceMap) -> Option<Pos> {
    start(node.location()?, sources)
}

pub(crate) fn start(span: SourceSpan, sources: &SourceMap) -> Option<Pos> {
    position(sources.get(&span.file_id())?.source_text(), span.offset())
}

/// Lines and columns from one on. A column is a character, of however many bytes; lines end as GraphQL says.
pub(crate) fn position(text: &str, offset: usize) -> Option<Pos> {
    let before = text.get(..offset)?;
    let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let ends = before.matches(['\n', '\r']).count() - before.matches("\r\n").count();
    Some(Pos { line: 1 + ends, column: 1 + before[line..].chars().count() })
}

/// Checks what can be seen before the document is looked at in earnest.
pub(crate) fn check(document: &ast::Document, limits: &Limits) -> Result<(), Response> {
    if let Some(directive) = nth_directive(document, limits.directives) {
        return Err(TooMuch { limit: "max_directives", allowed: limits.directives, what: "directives" }
            .refuse(place(directive, &document.sources)));
    }
    if let Some(number) = too_large_number(document) {
        return Err(too_large(place(number, &document.sources)));
    }
    if let Some(field) = doubled_input_field(document) {
        let error = error(Code::ValidationFailed, format!("There can be only one input field named \"{field}\"."));
        let error = located(error, field.location().and_then(|span| start(span, &document.sources)));
        return Err(Response::refused(Code::ValidationFailed, vec![error]));
    }
    Ok(())
}

/// The directive after so many.
fn nth_directive(document: &ast::Document, allowed: usize) -> Option<&Node<ast::Directive>> {
    directives(document).nth(allowed)
}

fn directives(document: &ast::Document) -> impl Iterator<Item = &Node<ast::Directive>> {
    let of_definitions = document.definitions.iter().map(ast::Definition::directives);
    let of_variables = variables(document).map(|variable| &variable.directives);
    let of_selections = selections(document).map(|selection| match selection {
        ast::Selection::Field(field) => &field.directives,
        ast::Selection::FragmentSpread(spread) => &spread.directives,
        ast::Selection::InlineFragment(fragment) => &fragment.directives,
    });
    of_definitions.chain(of_variables).chain(of_selections).flat_map(|directives| directives.iter())
}

/// The answer to a whole number that 64 bits cannot hold.
pub(crate) fn too_large(place: Option<Pos>) -> Response {
    let error = error(Code::ValidationFailed, "a number is larger than 64 bits hold");
    Response::refused(Code::ValidationFailed, vec![located(error, place)])
}

/// A whole number that 64 bits cannot hold, in a directive. Elsewhere it is an id, or found when that is known.
fn too_large_number(document: &ast::Document) -> Option<&Node<ast::Value>> {
    let arguments = directives(document).flat_map(|directive| &directive.arguments);
    inside(arguments.map(|argument| &argument.value).collect())
        .find(|value| matches!(&***value, ast::Value::Int(number) if number.as_str().parse::<i64>().is_err()))
}

/// The second of two fields of one name in an input object, which apollo-compiler takes.
fn doubled_input_field(document: &ast::Document) -> Option<&Name> {
    values(document).find_map(|value| match &**value {
        ast::Value::Object(fields) => {
            let mut seen = HashSet::new();
            fields.iter().map(|(name, _)| name).find(|name| !seen.insert(name.as_str()))
        }
        _ => None,
    })
}

/// All of them, however deep.
fn values(document: &ast::Document) -> impl Iterator<Item = &Node<ast::Value>> {
    let of_fields = selections(document).filter_map(ast::Selection::as_field).flat_map(|field| &field.arguments);
    let of_directives = directives(document).flat_map(|directive| &directive.arguments);
    let defaults = variables(document).filter_map(|variable| variable.default_value.as_ref());
    let arguments = of_fields.chain(of_directives).map(|argument| &argument.value);
    inside(arguments.chain(defaults).collect())
}

/// These values and all in them.
fn inside(mut waiting: Vec<&Node<ast::Value>>) -> impl Iterator<Item = &Node<ast::Value>> {
    std::iter::from_fn(move || {
        let value = waiting.pop()?;
        match &**value {
            ast::Value::List(items) => waiting.extend(items),
            ast::Value::Object(fields) => waiting.extend(fields.iter().map(|(_, value)| value)),
            _ => {}
        }
        Some(value)
    })
}

fn variables(document: &ast::Document) -> impl Iterator<Item = &Node<ast::VariableDefinition>> {
    let operations = document.definitions.iter().filter_map(ast::Definition::as_operation_definition);
    operations.flat_map(|operation| &operation.variables)
}

/// All of them, however deep.
fn selections(document: &ast::Document) -> impl Iterator<Item = &ast::Selection> {
    let mut waiting: Vec<&ast::Selection> = Vec::new();
    for definition in &document.definitions {
        match definition {
            ast::Definition::OperationDefinition(operation) => waiting.extend(&operation.selection_set),
            ast::Definition::FragmentDefinition(fragment) => waiting.extend(&fragment.selection_set),
            _ => {}
        }
    }
    std::iter::from_fn(move || {
        let selection = waiting.pop()?;
        match selection {
            ast::Selection::Field(field) => waiting.extend(&field.selection_set),
            ast::Selection::InlineFragment(fragment) => waiting.extend(&fragment.selection_set),
            ast::Selection::FragmentSpread(_) => {}
        }
        Some(selection)
    })
}

/// Fields, those of one name in one selection set counted once.
pub(crate) fn height(sets: &[&SelectionSet]) -> usize {
    let mut fields: BTreeMap<&Name, Vec<&SelectionSet>> = BTreeMap::new();
    let mut waiting = sets.to_vec();
    while let Some(set) = waiting.pop() {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => fields.entry(&field.name).or_default().push(&field.selection_set),
                Selection::InlineFragment(fragment) => waiting.push(&fragment.selection_set),
                // Folding has put them in place.
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    fields.values().map(|sets| 1 + height(sets)).sum()
}
