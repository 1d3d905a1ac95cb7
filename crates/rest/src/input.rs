//! Checks what a client gives against the schema's input types, so that an error can name the field.

use apollo_compiler::{
    Name, Schema,
    ast::{InputValueDefinition, Type},
    schema::ExtendedType,
};
use kernel::Code;
use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    resources::{is_leaf, is_required},
};

/// A body for the input type `ty`; the fields in `elsewhere` come from elsewhere and are not taken from it.
pub(crate) fn check_body(
    schema: &Schema,
    ty: &str,
    elsewhere: &[&str],
    body: Value,
) -> Result<Map<String, Value>, Problem> {
    let Value::Object(fields) = body else {
        return Err(Problem::new(Code::InvalidInput, "the body is one JSON object"));
    };
    check_object(schema, ty, elsewhere, "", &fields)?;
    Ok(fields)
}

fn check_object(
    schema: &Schema,
    ty: &str,
    elsewhere: &[&str],
    place: &str,
    given: &Map<String, Value>,
) -> Result<(), Problem> {
    let Some(input) = schema.get_input_object(ty) else { return Ok(()) };
    let known = || input.fields.iter().filter(|(name, _)| !elsewhere.contains(&name.as_str()));
    for name in given.keys() {
        if !known().any(|(known, _)| known == name.as_str()) {
            let names: Vec<&str> = known().map(|(name, _)| name.as_str()).collect();
            let detail = format!("there is no such field here; there are {}", names.join(", "));
            return Err(Problem::of_field(Code::InvalidInput, format!("{place}{name}"), detail));
        }
    }
    for (name, field) in known() {
        let at = format!("{place}{name}");
        match given.get(name.as_str()) {
            None if is_required(field) => {
                return Err(Problem::of_field(Code::Required, at, format!("`{name}` is required")));
            }
            None => {}
            Some(value) => check_value(schema, &field.ty, &at, value)?,
        }
    }
    Ok(())
}

fn check_value(schema: &Schema, ty: &Type, at: &str, value: &Value) -> Result<(), Problem> {
    let wrong = |wanted: &str| Problem::of_field(Code::InvalidInput, at, format!("`{at}` is {wanted}"));
    if value.is_null() {
        return if ty.is_non_null() {
            Err(Problem::of_field(Code::Required, at, format!("`{at}` cannot be null")))
        } else {
            Ok(())
        };
    }
    match ty {
        Type::List(inner) | Type::NonNullList(inner) => {
            let items = value.as_array().ok_or_else(|| wrong("a list"))?;
            items.iter().try_for_each(|item| check_value(schema, inner, at, item))
        }
        Type::Named(name) | Type::NonNullNamed(name) => match schema.types.get(name) {
            Some(ExtendedType::InputObject(_)) => {
                let fields = value.as_object().ok_or_else(|| wrong("an object"))?;
                check_object(schema, name, &[], &format!("{at}."), fields)
            }
            Some(ExtendedType::Enum(values)) => {
                let known = value.as_str().is_some_and(|value| values.values.contains_key(value));
                let all: Vec<&str> = values.values.keys().map(Name::as_str).collect();
                if known { Ok(()) } else { Err(wrong(&format!("one of {}", all.join(", ")))) }
            }
            _ => match name.as_str() {
                "Int" if value.as_i64().is_none_or(|number| i32::try_from(number).is_err()) => {
                    Err(wrong("a whole number of up to 32 bits"))
                }
                "Long" if !value.is_i64() => Err(wrong("a whole number")),
                "Float" if !value.is_number() => Err(wrong("a number")),
                "Boolean" if !value.is_boolean() => Err(wrong("true or false")),
                "String" | "ID" | "DateTime" if !value.is_string() => Err(wrong("a text")),
                _ => Ok(()),
            },
        },
    }
}

/// The conditions of a filter that fit into a query string: scalars and enums, and lists of them.
pub(crate) fn conditions<'s>(schema: &'s Schema, filter: &str) -> Vec<(&'s Name, &'s InputValueDefinition)> {
    let input = schema.get_input_object(filter);
    let all = input.into_iter().flat_map(|input| &input.fields).map(|(name, field)| (name, &*field.node));
    all.filter(|(_, field)| is_leaf(schema, field.ty.inner_named_type())).collect()
}

/// A value of the type `ty` from the text of a query string; a list is separated by commas.
pub(crate) fn parse_text(schema: &Schema, ty: &Type, name: &str, text: &str) -> Result<Value, Problem> {
    let value = match ty {
        Type::List(_) | Type::NonNullList(_) => text.split(',').map(|item| parse_leaf(ty, item)).collect(),
        _ => parse_leaf(ty, text),
    };
    check_value(schema, ty, name, &value)?;
    Ok(value)
}

fn parse_leaf(ty: &Type, text: &str) -> Value {
    let value = match ty.inner_named_type().as_str() {
        "Int" | "Long" => text.parse::<i64>().map(Value::from).ok(),
        "Float" => text.parse::<f64>().map(Value::from).ok(),
        "Boolean" => text.parse::<bool>().map(Value::from).ok(),
        _ => None,
    };
    // What does not parse stays text, and is then refused for what it is.
    value.unwrap_or_else(|| Value::from(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "
        scalar Long
        enum Colour { RED GREEN }
        input Money { minor: Long! currency: String! }
        input Shoe { id: ID! name: String! size: Int colour: Colour price: Money tags: [String!] worn: Boolean! = false }
        input ShoeFilter { colour: [Colour!] size: Int price: Money }
        type Query { shoe: String }";

    fn schema() -> apollo_compiler::validation::Valid<Schema> {
        Schema::parse_and_validate(SCHEMA, "schema.graphql").unwrap()
    }

    #[test]
    fn a_body_that_does_not_fit_is_refused_by_the_name_of_its_field() {
        let schema = schema();
        for (body, field) in [
            (json!({ "size": 1 }), "name"),
            (json!({ "name": null }), "name"),
            (json!({ "name": "x", "id": "1" }), "id"),
            (json!({ "name": "x", "size": 1.5 }), "size"),
            (json!({ "name": "x", "size": 4_294_967_296_i64 }), "size"),
            (json!({ "name": "x", "colour": "BLUE" }), "colour"),
            (json!({ "name": "x", "price": { "minor": 1 } }), "price.currency"),
            (json!({ "name": "x", "price": { "minor": 1, "currency": "EUR", "cents": 2 } }), "price.cents"),
            (json!({ "name": "x", "price": 1 }), "price"),
            (json!({ "name": "x", "tags": ["a", null] }), "tags"),
            (json!({ "name": "x", "worn": "yes" }), "worn"),
        ] {
            let problem = check_body(&schema, "Shoe", &["id"], body.clone()).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some(field), "{body}");
        }
        let price = json!({ "minor": 9_007_199_254_740_993_i64, "currency": "EUR" });
        let good = json!({ "name": "x", "size": null, "colour": "RED", "price": price, "tags": [], "worn": true });
        assert!(check_body(&schema, "Shoe", &["id"], good).is_ok());
    }

    #[test]
    fn the_conditions_of_a_filter_are_read_from_text_and_objects_are_left_out() {
        let schema = schema();
        let conditions = conditions(&schema, "ShoeFilter");
        let names: Vec<&str> = conditions.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["colour", "size"]);
        let parse = |at: usize, text| parse_text(&schema, &conditions[at].1.ty, names[at], text);
        assert_eq!(parse(0, "RED,GREEN").unwrap(), json!(["RED", "GREEN"]));
        assert!(parse(0, "RED,BLUE").is_err());
        assert_eq!(parse(1, "42").unwrap(), json!(42));
        assert!(parse(1, "large").is_err());
    }
}
