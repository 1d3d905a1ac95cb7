//! `__schema` and `__type`, answered from the API schema, and conversions from apollo-compiler's JSON.

mod is_one_of;

use apollo_compiler::{
    introspection,
    response::{JsonMap, JsonValue},
    validation::Valid,
};
use async_graphql::{Name, Value};
use indexmap::IndexMap;
use kernel::Code;

pub(crate) use self::is_one_of::know_is_one_of;
use crate::{Response, Supergraph, operation::Document, response::from_request};

/// The introspective root fields of a query, by response key.
pub(crate) fn introspect(
    supergraph: &Supergraph,
    document: &Document,
    variables: &Valid<JsonMap>,
) -> Result<IndexMap<Name, Value>, Response> {
    let named = is_one_of::as_names(&supergraph.schema, document);
    let (asked, operation) = match &named {
        Some((asked, operation)) => (asked, operation),
        None => (&document.document, &document.operation),
    };
    let implementers = &supergraph.implementers;
    let answer = introspection::partial_execute(&supergraph.schema, implementers, asked, operation, variables)
        .map_err(|problem| {
            let error = from_request(Code::ValidationFailed, &problem, &document.document.sources);
            Response::refused(Code::ValidationFailed, vec![error])
        })?;
    let Some(mut data) = answer.data else { return Ok(IndexMap::new()) };
    if named.is_some() {
        is_one_of::tell(&supergraph.schema, document, &document.operation.selection_set, &mut data);
    }
    Ok(object(&data))
}

pub(crate) fn object(map: &JsonMap) -> IndexMap<Name, Value> {
    map.iter().map(|(key, value)| (Name::new(key.as_str()), self::value(value))).collect()
}

fn value(json: &JsonValue) -> Value {
    match json {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(value) => Value::Boolean(*value),
        JsonValue::Number(number) => Value::Number(number.clone()),
        JsonValue::String(text) => Value::String(text.as_str().to_owned()),
        JsonValue::Array(items) => Value::List(items.iter().map(value).collect()),
        JsonValue::Object(map) => Value::Object(object(map)),
    }
}
