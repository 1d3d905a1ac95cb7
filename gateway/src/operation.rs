//! From the client's text to an operation fit for planning: parsed, validated, `@skip` and `@include`
//! decided, fragments in place.

use std::collections::BTreeSet;

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{self, DirectiveList, OperationType},
    diagnostic::ToCliReport,
    executable::{Field, InlineFragment, Operation, Selection, SelectionSet},
    name,
    response::JsonMap,
    schema::ExtendedType,
    validation::{DiagnosticList, Valid, WithErrors},
};
use kernel::Code;

use crate::{
    Limits, Response, Supergraph,
    distinguish::fetched_as,
    grammar, ids,
    measure::{self, TooMuch, height, place, position, start},
    one_of,
    refusal::is_refused,
    response::{error, from_request, located},
};

/// Brackets in brackets, and fragments in fragments. It keeps the stack short.
const NESTING: usize = 200;

/// A valid document with the operation to run.
pub(crate) struct Document {
    pub document: Valid<ExecutableDocument>,
    pub operation: Node<Operation>,
    /// Variables that `@skip` and `@include` ask.
    pub conditions: Vec<Name>,
    /// Asks for `__schema` or `__type`.
    pub introspects: bool,
}

impl Document {
    pub fn parse(
        supergraph: &Supergraph,
        limits: &Limits,
        text: &str,
        operation: Option<&str>,
    ) -> Result<Self, Response> {
        let refuse = |code: Code, problems: DiagnosticList| {
            let told = problems.iter().map(|problem| {
                let place = problem.error.location().and_then(|span| start(span, problem.sources));
                located(error(code, problem.error.to_string()), place)
            });
            Response::refused(code, told.collect())
        };
        let mut parser = ast::Document::parser().token_limit(limits.tokens).recursion_limit(NESTING);
        let text = grammar::plain(text);
        let parsed = parser.parse_ast(&*text, "query.graphql").map_err(|broken| {
            if parser.tokens_reached() > limits.tokens {
                TooMuch { limit: "max_tokens", allowed: limits.tokens, what: "tokens" }.refuse(None)
            } else {
                refuse(Code::ParseFailed, broken.errors)
            }
        })?;
        if let Some(bare) = grammar::without_value(&text) {
            let error = error(Code::ParseFailed, "syntax error: expected `:` and a value after the name");
            return Err(Response::refused(Code::ParseFailed, vec![located(error, position(&text, bare))]));
        }
        measure::check(&parsed, limits)?;
        // Unknown fields are told alone: without them, what is left of the document looks wrong in other ways.
        let invalid = |broken: WithErrors<ExecutableDocument>| refuse(Code::ValidationFailed, broken.errors);
        let document = parsed.to_executable(&supergraph.schema).map_err(invalid)?;
        let mut document = document.validate(&supergraph.schema).map_err(invalid)?.into_inner();
        if let Some(number) = ids::write_as_text(&supergraph.schema, &mut document) {
            return Err(measure::too_large(start(number, &document.sources)));
        }
        let document = Valid::assume_valid(document);
        let operation = document.operations.get(operation).cloned().map_err(|problem| {
            Response::refused(Code::BadRequest, vec![from_request(Code::BadRequest, &problem, &document.sources)])
        })?;
        one_of::check_literals(&supergraph.schema, &document, &operation)?;
        let introspects =
            operation.root_fields(&document).any(|field| matches!(field.name.as_str(), "__schema" | "__type"));
        if introspects {
            apollo_compiler::introspection::check_max_depth(&document, &operation)
                .map_err(|problem| Response::refused_because(Code::LimitExceeded, problem.message().to_string()))?;
        }
        let conditions = conditions(&document, &operation).into_iter().collect();
        Ok(Self { document, operation, conditions, introspects })
    }

    pub fn kind(&self) -> OperationType {
        self.operation.operation_type
    }

    /// Decides the conditions and puts fragments in place.
    pub fn fold(&self, variables: &JsonMap, limits: &Limits) -> Result<SelectionSet, Response> {
        let mut folder = Folder {
            document: &self.document,
            variables,
            limits,
            root_fields: 0,
            fields: 0,
            fragments: 0,
            aliases: 0,
            nesting: 0,
        };
        let mut root = SelectionSet::new(self.operation.selection_set.ty.clone());
        folder.fold(&self.operation.selection_set, &mut root, 1)?;
        if height(&[&root]) > limits.height {
            return Err(TooMuch { limit: "max_height", allowed: limits.height, what: "different fields" }.refuse(None));
        }
        Ok(root)
    }

    /// The operations to plan, without introspection and without what is refused: one, but for a mutation one per
    /// root field, which must act in order.
    pub fn to_plan(&self, supergraph: &Supergraph, folded: &SelectionSet) -> Vec<String> {
        let data = |selection: &&Selection| {
            selection.as_field().is_none_or(|field| !field.name.starts_with("__") && !is_refused(field))
        };
        let selections: Vec<Selection> = folded.selections.iter().filter(data).cloned().collect();
        if selections.is_empty() {
            return Vec::new();
        }
        let groups = if self.kind().is_mutation() { by_response_key(selections) } else { vec![selections] };
        let print = |selections| {
            let mut root = SelectionSet { ty: folded.ty.clone(), selections };
            make_plannable(supergraph, &mut root);
            if root.is_empty() {
                return None;
            }
            let operation = Operation {
                operation_type: self.kind(),
                name: None,
                variables: self.operation.variables.clone(),
                directives: DirectiveList::default(),
                selection_set: root,
            };
            Some(operation.to_string())
        };
        groups.into_iter().filter_map(print).collect()
    }
}

struct Folder<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    limits: &'a Limits,
    root_fields: usize,
    fields: usize,
    fragments: usize,
    aliases: usize,
    /// Fragments around the place that is being folded.
    nesting: usize,
}

impl Folder<'_> {
    fn fold(&mut self, set: &SelectionSet, into: &mut SelectionSet, depth: usize) -> Result<(), Response> {
        for selection in &set.selections {
            if !self.wanted(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => into.push(self.field(field, depth)?),
                Selection::InlineFragment(fragment) => {
                    self.fragment(fragment.type_condition.as_ref(), &fragment.selection_set, into, depth)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.document) {
                        self.fragment(Some(fragment.type_condition()), &fragment.selection_set, into, depth)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Node<Field>, depth: usize) -> Result<Node<Field>, Response> {
        self.fields += 1;
        self.root_fields += usize::from(depth == 1);
        self.aliases += usize::from(field.alias.is_some());
        let limits = self.limits;
        for (asked, allowed, limit, what) in [
            (depth, limits.depth, "max_depth", "levels of fields"),
            (self.root_fields, limits.root_fields, "max_root_fields", "fields at its root"),
            (self.fields, limits.fields, "max_fields", "fields"),
            (self.aliases, limits.aliases, "max_aliases", "aliases"),
        ] {
            if asked > allowed {
                return Err(TooMuch { limit, allowed, what }.refuse(place(field, &self.document.sources)));
            }
        }
        let mut selection_set = SelectionSet::new(field.selection_set.ty.clone());
        self.fold(&field.selection_set, &mut selection_set, depth + 1)?;
        // Introspection is counted, but is not ours to run.
        if field.name.starts_with("__") {
            selection_set.selections.clear();
        }
        let folded = Field { directives: DirectiveList::default(), selection_set, ..Field::clone(field) };
        // Whoever complains of an argument later says where it is.
        Ok(field.same_location(folded))
    }

    /// A condition that always holds is left out: the parent's own type.
    fn fragment(
        &mut self,
        condition: Option<&Name>,
        set: &SelectionSet,
        into: &mut SelectionSet,
        depth: usize,
    ) -> Result<(), Response> {
        // Fragments count too: spread in one another they multiply, even where no field is wanted.
        self.fragments += 1;
        for (asked, allowed, limit, what) in [
            (self.fragments, self.limits.fields, "max_fields", "fragments"),
            (self.nesting, NESTING, "nesting", "fragments in one another"),
        ] {
            if asked > allowed {
                return Err(TooMuch { limit, allowed, what }.refuse(None));
            }
        }
        self.nesting += 1;
        let folded = self.in_place(condition, set, into, depth);
        self.nesting -= 1;
        folded
    }

    fn in_place(
        &mut self,
        condition: Option<&Name>,
        set: &SelectionSet,
        into: &mut SelectionSet,
        depth: usize,
    ) -> Result<(), Response> {
        match condition.filter(|condition| **condition != into.ty) {
            None => self.fold(set, into, depth),
            Some(condition) => {
                let mut inner = SelectionSet::new(condition.clone());
                self.fold(set, &mut inner, depth)?;
                if !inner.selections.is_empty() {
                    let type_condition = Some(condition.clone());
                    into.push(InlineFragment {
                        type_condition,
                        directives: DirectiveList::default(),
                        selection_set: inner,
                    });
                }
                Ok(())
            }
        }
    }

    fn wanted(&self, directives: &DirectiveList) -> bool {
        let says = |directive: &str| {
            let value = directives.get(directive)?.specified_argument_by_name("if")?;
            match value.as_variable() {
                Some(variable) => self.variables.get(variable.as_str())?.as_bool(),
                None => value.to_bool(),
            }
        };
        says("include").unwrap_or(true) && !says("skip").unwrap_or(false)
    }
}

/// What is refused goes, an object of an interface or a union says what it is, nothing is asked for nothing, and no
/// alias stands in the way of a key.
fn make_plannable(supergraph: &Supergraph, set: &mut SelectionSet) {
    set.selections.retain(|selection| selection.as_field().is_none_or(|field| !is_refused(field)));
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                if field.name == "__typename" {
                    field.alias = None;
                }
                // The planner takes `name: name` and `name` for two.
                field.alias.take_if(|alias| *alias == field.name);
                let safe = fetched_as(field).or_else(|| supergraph.aliases.safe(field.alias.as_ref(), &field.name));
                if safe.is_some() {
                    field.alias = safe;
                }
                field.directives = DirectiveList::default();
                let ty = supergraph.schema.types.get(field.ty().inner_named_type());
                if ty.is_some_and(|ty| !ty.is_leaf()) {
                    make_plannable(supergraph, &mut field.selection_set);
                    let is_abstract = !matches!(ty, Some(ExtendedType::Object(_)));
                    if is_abstract || field.selection_set.is_empty() {
                        add_typename(supergraph, &mut field.selection_set);
                    }
                }
            }
            Selection::InlineFragment(fragment) => make_plannable(supergraph, &mut fragment.make_mut().selection_set),
            Selection::FragmentSpread(_) => {}
        }
    }
    let full = |selection: &Selection| selection.as_inline_fragment().is_none_or(|it| !it.selection_set.is_empty());
    set.selections.retain(full);
}

fn add_typename(supergraph: &Supergraph, set: &mut SelectionSet) {
    let present = set.fields().any(|field| field.name == "__typename" && field.alias.is_none());
    if !present && let Ok(typename) = set.new_field(&supergraph.schema, name!("__typename")) {
        set.push(typename);
    }
}

/// Variables in conditions, anywhere the operation reaches.
fn conditions(document: &ExecutableDocument, operation: &Operation) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![&operation.selection_set];
    while let Some(set) = waiting.pop() {
        for selection in &set.selections {
            for directive in ["skip", "include"] {
                let value =
                    selection.directives().get(directive).and_then(|found| found.specified_argument_by_name("if"));
                found.extend(value.and_then(|value| value.as_variable()).cloned());
            }
            match selection {
                Selection::Field(field) => waiting.push(&field.selection_set),
                Selection::InlineFragment(fragment) => waiting.push(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(document)
                        && seen.insert(fragment.name.clone())
                    {
                        waiting.push(&fragment.selection_set);
                    }
                }
            }
        }
    }
    found
}

/// Root fields that merge into one stay together. A fragment left at the root (on an interface of the root
/// type) keeps its place as a group of its own.
fn by_response_key(selections: Vec<Selection>) -> Vec<Vec<Selection>> {
    let mut groups: Vec<(Option<Name>, Vec<Selection>)> = Vec::new();
    for selection in selections {
        let key = selection.as_field().map(|field| field.response_key().clone());
        match groups.iter_mut().find(|(known, _)| key.is_some() && *known == key) {
            Some((_, group)) => group.push(selection),
            None => groups.push((key, vec![selection])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
