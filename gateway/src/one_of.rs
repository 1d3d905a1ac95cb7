//! `@oneOf`, which apollo-compiler does not enforce: such an input has exactly one field, and that is not null.

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Type, Value},
    executable::Operation,
    response::{JsonMap, JsonValue},
    schema::InputObjectType,
};
use async_graphql::Pos;
use kernel::Code;

use crate::{
    Response,
    measure::place,
    response::{error, located},
};

/// Checks what the document itself says.
pub(crate) fn check_literals(
    schema: &Schema,
    document: &ExecutableDocument,
    operation: &Operation,
) -> Result<(), Response> {
    let walk = Walk { schema, document, operation };
    for field in operation.all_fields(document) {
        for argument in &field.arguments {
            if let Some(definition) = field.definition.argument_by_name(&argument.name) {
                walk.literal(&argument.value, definition.ty.inner_named_type())?;
            }
        }
    }
    for variable in &operation.variables {
        if let Some(default) = &variable.default_value {
            walk.literal(default, variable.ty.inner_named_type())?;
        }
    }
    Ok(())
}

/// Checks the coerced values of the variables.
pub(crate) fn check_variables(schema: &Schema, operation: &Operation, variables: &JsonMap) -> Result<(), Response> {
    for variable in &operation.variables {
        if let Some(value) = variables.get(variable.name.as_str()) {
            json(schema, value, &variable.ty).map_err(|ty| refuse(&ty, None))?;
        }
    }
    Ok(())
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    operation: &'a Operation,
}

impl Walk<'_> {
    fn literal(&self, value: &Node<Value>, ty: &Name) -> Result<(), Response> {
        let Some(input) = self.schema.get_input_object(ty) else { return Ok(()) };
        match &**value {
            // A list of them, or one in place of a list.
            Value::List(items) => items.iter().try_for_each(|item| self.literal(item, ty)),
            Value::Object(fields) => {
                let given = |(_, value): &(Name, Node<Value>)| !value.is_null() && !self.may_be_null(value);
                if is_one_of(input) && !(fields.len() == 1 && fields.iter().all(given)) {
                    return Err(refuse(ty, place(value, &self.document.sources)));
                }
                fields.iter().try_for_each(|(name, value)| match input.fields.get(name) {
                    Some(field) => self.literal(value, field.ty.inner_named_type()),
                    None => Ok(()),
                })
            }
            _ => Ok(()),
        }
    }

    fn may_be_null(&self, value: &Value) -> bool {
        let variable =
            value.as_variable().and_then(|name| self.operation.variables.iter().find(|known| known.name == *name));
        variable.is_some_and(|variable| !variable.ty.is_non_null())
    }
}

/// `Err` is the type whose rule is broken.
fn json(schema: &Schema, value: &JsonValue, ty: &Type) -> Result<(), Name> {
    let name = ty.inner_named_type();
    let Some(input) = schema.get_input_object(name) else { return Ok(()) };
    match value {
        JsonValue::Array(items) => items.iter().try_for_each(|item| json(schema, item, ty.item_type())),
        JsonValue::Object(fields) => {
            if is_one_of(input) && !(fields.len() == 1 && fields.iter().all(|(_, value)| !value.is_null())) {
                return Err(name.clone());
            }
            fields.iter().try_for_each(|(field, value)| match input.fields.get(field.as_str()) {
                Some(definition) => json(schema, value, &definition.ty),
                None => Ok(()),
            })
        }
        _ => Ok(()),
    }
}

pub(crate) fn is_one_of(input: &InputObjectType) -> bool {
    input.directives.has("oneOf")
}

fn refuse(ty: &Name, place: Option<Pos>) -> Response {
    let message = format!("`{ty}` takes exactly one of its fields, and not null");
    Response::refused(Code::ValidationFailed, vec![located(error(Code::ValidationFailed, message), place)])
}
