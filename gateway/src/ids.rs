//! Whole numbers as what they are meant for. For an `ID` a client may write one; subgraphs get the text that the
//! specification says it is. For a `Float` one may be larger than the compiler takes it.

use apollo_compiler::{
    Name, Node, Schema,
    ast::Value,
    executable::Operation,
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

/// Makes text of the ids in a value that the document says.
pub(crate) fn literal(schema: &Schema, value: &mut Node<Value>, ty: &Name) {
    let input = schema.get_input_object(ty);
    if ty.as_str() != ID && input.is_none() {
        return;
    }
    let value = value.make_mut();
    match value {
        Value::Int(number) if ty.as_str() == ID => {
            let text = number.as_str().to_owned();
            *value = Value::String(text);
        }
        Value::List(items) => items.iter_mut().for_each(|item| literal(schema, item, ty)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(field) = input.and_then(|input| input.fields.get(name.as_str())) {
                    literal(schema, value, field.ty.inner_named_type());
                }
            }
        }
        _ => {}
    }
}
