//! What an operation costs, worked out before it runs. After the cost specification that IBM published: an
//! object costs 1 and a leaf 0, a list multiplies what is in it by the entries it was asked for, and the
//! schema may say otherwise with `@cost` (on fields, arguments and types) and `@listSize`.

use std::collections::BTreeMap;

use apollo_compiler::{
    Name, Node,
    ast::{Directive, Value},
    executable::{Field, Selection, SelectionSet},
    parser::SourceMap,
    response::JsonMap,
};
use async_graphql::{Pos, ServerError};
use indexmap::IndexMap;
use kernel::Code;

use crate::{
    Limits, Response, Supergraph,
    measure::place,
    refusal::is_refused,
    response::{error, located},
    weights,
};

/// Arguments that size a list where no `@listSize` names others.
const SLICING: [&str; 2] = ["first", "last"];

/// The cost of an operation, with the sizes open that its variables give.
pub(crate) struct Cost {
    root: Root,
    slices: Vec<Slice>,
    choices: Vec<Choice>,
}

enum Root {
    /// No variable sizes a list.
    Known(f64),
    Open(Level),
}

/// One selection set.
struct Level {
    parts: Vec<Part>,
    /// Fragments on other types, and which of them can hold for one object together.
    fragments: Vec<Level>,
    together: Vec<Vec<usize>>,
}

/// One field.
struct Part {
    /// What its arguments cost.
    once: f64,
    size: Size,
    each: f64,
    inner: Level,
}

/// How many objects a field gives: the largest of the amounts given.
#[derive(Clone)]
struct Size {
    amounts: Vec<Amount>,
    otherwise: f64,
}

#[derive(Clone)]
enum Amount {
    Literal(i64),
    Variable(Name),
}

/// An argument that sizes a list.
struct Slice {
    argument: Name,
    amount: Amount,
    place: Option<Pos>,
}

/// A field that wants exactly one of its slicing arguments.
struct Choice {
    field: Name,
    amounts: Vec<Amount>,
    place: Option<Pos>,
}

/// The lists just below a connection, which its arguments size.
struct Sized<'a> {
    /// `None` is every list.
    fields: Option<Vec<&'a str>>,
    size: Size,
}

impl Cost {
    /// Of a folded operation.
    pub fn of(supergraph: &Supergraph, sources: &SourceMap, limits: &Limits, folded: &SelectionSet) -> Self {
        let assumed = limits.assumed_list_size;
        let mut compiler = Compiler { supergraph, sources, assumed, slices: Vec::new(), choices: Vec::new() };
        let root = compiler.level(&[folded], None);
        let open = compiler.slices.iter().any(|slice| matches!(slice.amount, Amount::Variable(_)));
        let root = if open { Root::Open(root) } else { Root::Known(root.with(&JsonMap::new())) };
        Self { root, slices: compiler.slices, choices: compiler.choices }
    }

    /// The cost with these variables. Refuses lists that are asked to be too long, saying where.
    pub fn with(&self, variables: &JsonMap, limits: &Limits) -> Result<u64, Response> {
        let mut problems = Vec::new();
        for slice in &self.slices {
            if let Some(asked) = slice.amount.with(variables)
                && usize::try_from(asked).is_ok_and(|asked| asked > limits.list_size)
            {
                problems.push(slice.too_long(asked, limits.list_size));
            }
        }
        if !problems.is_empty() {
            return Err(Response::refused(Code::LimitExceeded, problems));
        }
        let unclear =
            |choice: &&Choice| choice.amounts.iter().filter(|amount| amount.with(variables).is_some()).count() != 1;
        let problems: Vec<ServerError> = self.choices.iter().filter(unclear).map(Choice::unclear).collect();
        if !problems.is_empty() {
            return Err(Response::refused(Code::ValidationFailed, problems));
        }
        // One for the operation itself. The conversion saturates.
        let fields = match &self.root {
            Root::Known(cost) => *cost,
            Root::Open(root) => root.with(variables),
        };
        Ok((1.0 + fields).ceil() as u64)
    }
}

impl Level {
    fn with(&self, variables: &JsonMap) -> f64 {
        let parts: f64 = self.parts.iter().map(|part| part.with(variables)).sum();
        let fragments: Vec<f64> = self.fragments.iter().map(|fragment| fragment.with(variables)).collect();
        let dearest = self.together.iter().map(|together| together.iter().map(|index| fragments[*index]).sum());
        parts + dearest.fold(0.0, f64::max)
    }
}

impl Part {
    fn with(&self, variables: &JsonMap) -> f64 {
        self.once + self.size.with(variables) * (self.each + self.inner.with(variables))
    }
}

impl Size {
    const ONE: Self = Self { amounts: Vec::new(), otherwise: 1.0 };

    fn with(&self, variables: &JsonMap) -> f64 {
        let largest = self.amounts.iter().filter_map(|amount| amount.with(variables)).max();
        largest.map_or(self.otherwise, |amount| amount.max(0) as f64)
    }
}

impl Amount {
    /// `None` if the value is null or left out.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Variable(name) => Some(Self::Variable(name.clone())),
            value => value.to_i32().map(i64::from).map(Self::Literal),
        }
    }

    fn with(&self, variables: &JsonMap) -> Option<i64> {
        match self {
            Self::Literal(amount) => Some(*amount),
            Self::Variable(name) => variables.get(name.as_str())?.as_i64(),
        }
    }
}

impl Slice {
    fn too_long(&self, asked: i64, allowed: usize) -> ServerError {
        let message = format!("`{}` asks for {asked} entries; {allowed} are allowed", self.argument);
        let mut error = located(error(Code::LimitExceeded, message), self.place);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("limit", "list_size");
        extensions.set("maximum", allowed);
        extensions.set("requested", asked);
        error
    }
}

impl Choice {
    fn unclear(&self) -> ServerError {
        let message = format!("`{}` takes exactly one of the arguments that size its list", self.field);
        located(error(Code::ValidationFailed, message), self.place)
    }
}

struct Compiler<'a> {
    supergraph: &'a Supergraph,
    sources: &'a SourceMap,
    assumed: usize,
    slices: Vec<Slice>,
    choices: Vec<Choice>,
}

impl Compiler<'_> {
    /// Fields that merge into one are counted as one.
    fn level(&mut self, sets: &[&SelectionSet], sized: Option<&Sized>) -> Level {
        let mut fields: IndexMap<&Name, (&Node<Field>, Vec<&SelectionSet>)> = IndexMap::new();
        let mut fragments: BTreeMap<&Name, Vec<&SelectionSet>> = BTreeMap::new();
        for selection in sets.iter().flat_map(|set| &set.selections) {
            match selection {
                // Nobody is asked for it.
                Selection::Field(field) if is_refused(field) => {}
                Selection::Field(field) => {
                    let (_, sets) = fields.entry(field.response_key()).or_insert_with(|| (field, Vec::new()));
                    sets.push(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_ref().unwrap_or(&fragment.selection_set.ty);
                    fragments.entry(condition).or_default().push(&fragment.selection_set);
                }
                // Folding has put them in place.
                Selection::FragmentSpread(_) => {}
            }
        }
        let together = self.together(&fragments.keys().copied().collect::<Vec<_>>());
        Level {
            parts: fields.into_values().map(|(field, sets)| self.part(field, &sets, sized)).collect(),
            fragments: fragments.into_values().map(|sets| self.level(&sets, sized)).collect(),
            together,
        }
    }

    /// Which conditions an object can meet at once: for each object type named, and for one that is not.
    fn together(&self, conditions: &[&Name]) -> Vec<Vec<usize>> {
        let schema = &self.supergraph.schema;
        let is_object = |condition: &Name| schema.get_object(condition).is_some();
        let indices = |keep: &dyn Fn(&Name) -> bool| -> Vec<usize> {
            conditions.iter().enumerate().filter(|(_, condition)| keep(condition)).map(|(index, _)| index).collect()
        };
        let objects = conditions.iter().filter(|condition| is_object(condition));
        let named = objects.map(|object| indices(&|condition| self.supergraph.types.satisfies(object, condition)));
        named.chain([indices(&|condition| !is_object(condition))]).collect()
    }

    fn part(&mut self, field: &Node<Field>, sets: &[&SelectionSet], sized: Option<&Sized>) -> Part {
        let definition = &field.definition;
        let list_size = definition.directives.get("listSize");
        let names = |argument| list_size.and_then(|directive| strings(directive, argument));
        let slicing = names("slicingArguments").unwrap_or_else(|| SLICING.to_vec());
        let amounts: Vec<Amount> = slicing.iter().filter_map(|argument| self.amount(field, argument)).collect();
        if names("slicingArguments").is_some_and(|arguments| !arguments.is_empty()) && wants_one(list_size) {
            let (field, place) = (field.name.clone(), place(field, self.sources));
            self.choices.push(Choice { field, amounts: amounts.clone(), place });
        }
        let assumed = list_size.and_then(|directive| directive.specified_argument_by_name("assumedSize")?.to_i32());
        let otherwise = assumed.map_or(self.assumed as f64, |assumed| f64::from(assumed.max(0)));
        let own = Size { amounts, otherwise };
        let is_list = definition.ty.is_list();
        let size = if is_list { inherited(field, sized).unwrap_or_else(|| own.clone()) } else { Size::ONE };
        let connection =
            !is_list && (list_size.is_some() || slicing.iter().any(|name| definition.argument_by_name(name).is_some()));
        let below = connection.then(|| Sized { fields: names("sizedFields"), size: own });
        Part {
            once: field.arguments.iter().filter_map(|given| weight(definition.argument_by_name(&given.name)?)).sum(),
            size,
            each: self.weight(field),
            inner: self.level(sets, below.as_ref()),
        }
    }

    /// What the argument says, or its default, and remembers where it was said.
    fn amount(&mut self, field: &Field, argument: &str) -> Option<Amount> {
        let given = field.arguments.iter().find(|given| given.name == argument);
        let Some(given) = given else {
            return Amount::of(field.definition.argument_by_name(argument)?.default_value.as_ref()?);
        };
        let amount = Amount::of(&given.value)?;
        let place = place(given, self.sources);
        self.slices.push(Slice { argument: given.name.clone(), amount: amount.clone(), place });
        Some(amount)
    }

    fn weight(&self, field: &Field) -> f64 {
        let of_field = field.definition.directives.get("cost").and_then(|cost| weights::weight(cost));
        let ty = self.supergraph.schema.types.get(field.definition.ty.inner_named_type());
        let of_type = || weights::weight(ty?.directives().get("cost")?);
        let composite = ty.is_some_and(|ty| !ty.is_leaf());
        of_field.or_else(of_type).unwrap_or(if composite { 1.0 } else { 0.0 })
    }
}

/// The size that the connection around a list gives it.
fn inherited(field: &Field, sized: Option<&Sized>) -> Option<Size> {
    let sized = sized?;
    let meant = sized.fields.as_ref().is_none_or(|fields| fields.contains(&field.name.as_str()));
    meant.then(|| sized.size.clone())
}

fn wants_one(list_size: Option<&Node<Directive>>) -> bool {
    let said = list_size.and_then(|directive| directive.specified_argument_by_name("requireOneSlicingArgument"));
    said.and_then(|value| value.to_bool()).unwrap_or(true)
}

fn strings<'d>(directive: &'d Directive, argument: &str) -> Option<Vec<&'d str>> {
    let list = directive.specified_argument_by_name(argument)?.as_list()?;
    Some(list.iter().filter_map(|item| item.as_str()).collect())
}

fn weight(argument: &apollo_compiler::ast::InputValueDefinition) -> Option<f64> {
    weights::weight(argument.directives.get("cost")?)
}
