//! Whole numbers as what they are meant for. For an `ID` a client may write one; subgraphs get the text that the
//! specification says it is. For a `Float` one may be larger than the compiler takes it.

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::Value,
    executable::{Operation, Selection, SelectionSet},
    parser::SourceSpan,
    response::{JsonMap, JsonValue},
    validation::Valid,
};

const ID: &str = "ID";
const FLOAT: &str = "Float";

/// The values of the variables as the client meant them, not coerced yet.
pub(crate) fn meant(schema: &Schema, operation: &Operation, variables: &JsonMap) -> JsonMap {
    let mut variables = variables.clone();
    for variable in &operation.variables {
        if let Some(value) = variables.get_mut(variable.name.as_str()) {
            json(schema, value, variable.ty.inner_named_type());
        }
    }
    variables
}

/// The coerced values of the variables, with the ids as text that they are by default.
pub(crate) fn as_text(schema: &Schema, operation: &Operation, variables: &Valid<JsonMap>) -> Valid<JsonMap> {
    Valid::assume_valid(meant(schema, operation, variables))
}

fn json(schema: &Schema, value: &mut JsonValue, ty: &Name) {
    match value {
        JsonValue::Number(number) if ty.as_str() == ID && !number.is_f64() => {
            let text = number.to_string();
            *value = text.as_str().into();
        }
        JsonValue::Number(number) if ty.as_str() == FLOAT => {
            if let Some(float) = number.as_f64() {
                *value = float.into();
            }
        }
        JsonValue::Array(items) => items.iter_mut().for_each(|item| json(schema, item, ty)),
        JsonValue::Object(fields) => {
            let Some(input) = schema.get_input_object(ty) else { return };
            for (name, field) in &input.fields {
                if let Some(value) = fields.get_mut(name.as_str()) {
                    json(schema, value, field.ty.inner_named_type());
                }
            }
        }
        _ => {}
    }
}

/// Makes text of every id that the document says as a number, however large. Returns where it says another number that
/// 64 bits cannot hold, for the planner cannot read that.
pub(crate) fn write_as_text(schema: &Schema, document: &mut ExecutableDocument) -> Option<SourceSpan> {
    let mut walk = Literals { schema, too_large: None };
    let operations = &mut document.operations;
    for operation in operations.anonymous.iter_mut().chain(operations.named.values_mut()) {
        let Operation { variables, selection_set, .. } = operation.make_mut();
        for variable in variables {
            let variable = variable.make_mut();
            if let Some(default) = &mut variable.default_value {
                walk.value(default, Some(variable.ty.inner_named_type()));
            }
        }
        walk.selections(selection_set);
    }
    for fragment in document.fragments.values_mut() {
        walk.selections(&mut fragment.make_mut().selection_set);
    }
    walk.too_large
}

struct Literals<'s> {
    schema: &'s Schema,
    too_large: Option<SourceSpan>,
}

impl Literals<'_> {
    fn selections(&mut self, set: &mut SelectionSet) {
        for selection in &mut set.selections {
            match selection {
                Selection::Field(field) => {
                    let field = field.make_mut();
                    for argument in &mut field.arguments {
                        let definition = field.definition.argument_by_name(&argument.name);
                        let ty = definition.map(|definition| definition.ty.inner_named_type());
                        self.value(&mut argument.make_mut().value, ty);
                    }
                    self.selections(&mut field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.selections(&mut fragment.make_mut().selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// Of no type that we know inside of a scalar.
    fn value(&mut self, value: &mut Node<Value>, ty: Option<&Name>) {
        let place = value.location();
        match value.make_mut() {
            Value::Int(number) if ty.is_some_and(|ty| ty == ID) => {
                let text = number.as_str().to_owned();
                *value.make_mut() = Value::String(text);
            }
            Value::Int(number) if number.as_str().parse::<i64>().is_err() => {
                self.too_large = self.too_large.or(place);
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.value(item, ty)),
            Value::Object(fields) => {
                let schema = self.schema;
                let input = ty.and_then(|ty| schema.get_input_object(ty));
                for (name, value) in fields {
                    let field = input.and_then(|input| input.fields.get(name.as_str()));
                    self.value(value, field.map(|field| field.ty.inner_named_type()));
                }
            }
            _ => {}
        }
    }
}
