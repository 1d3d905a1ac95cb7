//! `ID` as text. A client may write a whole number for one; subgraphs get the text that the specification says it is.

use apollo_compiler::{
    Name, Node, Schema,
    ast::Value,
    executable::Operation,
    response::{JsonMap, JsonValue},
    validation::Valid,
};

const ID: &str = "ID";

/// The coerced values of the variables, with their ids as text.
pub(crate) fn as_text(schema: &Schema, operation: &Operation, variables: Valid<JsonMap>) -> Valid<JsonMap> {
    let mut variables = variables.into_inner();
    for variable in &operation.variables {
        if let Some(value) = variables.get_mut(variable.name.as_str()) {
            json(schema, value, variable.ty.inner_named_type());
        }
    }
    Valid::assume_valid(variables)
}

fn json(schema: &Schema, value: &mut JsonValue, ty: &Name) {
    match value {
        JsonValue::Number(number) if ty.as_str() == ID => {
            let text = number.to_string();
            *value = text.as_str().into();
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
