//! How a stand-in answers: apollo-compiler validates and executes against the subgraph's own schema, so that a
//! query which the subgraph could not answer is an error here too.

use apollo_compiler::{
    ExecutableDocument,
    ast::Type,
    resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue},
    response::JsonMap,
    schema::ExtendedType,
};
use platform::graphql::SubgraphCall;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::Standin;

impl Standin {
    /// `event` stands for the root object of a subscription.
    pub(super) fn answer(&self, call: &SubgraphCall, event: Option<Value>) -> async_graphql::Response {
        let answer = self.run(call, event).unwrap_or_else(|message| {
            json!({ "data": null, "errors": [{ "message": message, "extensions": { "code": "BAD_SUBGRAPH_QUERY" } }] })
        });
        convert(&answer)
    }

    fn run(&self, call: &SubgraphCall, event: Option<Value>) -> Result<Value, String> {
        let document = ExecutableDocument::parse_and_validate(&self.schema, &*call.query, "query.graphql")
            .map_err(|broken| broken.errors.to_string())?;
        let operation = document.operations.get(None).map_err(|error| error.message().to_string())?;
        let variables: JsonMap = convert(&call.variables);
        let stored = self.data.get(operation.object_type().as_str()).cloned();
        let value = event.or(stored).unwrap_or_else(|| json!({}));
        let root = Object { standin: self, ty: operation.object_type().to_string(), value };
        let execution = Execution::new(&self.schema, &document).raw_variable_values(&variables);
        let answer = execution.execute_sync(&root).map_err(|error| error.message().to_string())?;
        Ok(convert(&answer))
    }

    /// The entity that `representation` stands for, or null.
    fn entity<'a>(&'a self, representation: &Value) -> Result<ResolvedValue<'a>, FieldError> {
        let ty = representation["__typename"].as_str().ok_or_else(|| failed("a representation without __typename"))?;
        let keys = self.keys.get(ty).ok_or_else(|| failed(format!("{ty} is no entity here")))?;
        let key = keys.iter().find_map(|fields| {
            let key = fields.of(representation)?;
            (!key.as_object()?.values().any(Value::is_null)).then_some((fields, key))
        });
        let (fields, key) = key.ok_or_else(|| failed(format!("no key of {ty} in {representation}")))?;
        let implements = |name: &&str| self.schema.is_subtype(ty, name) || *name == ty;
        let mut stored = false;
        for (name, objects) in self.data.iter().filter(|(name, _)| implements(&name.as_str())) {
            stored = true;
            for object in objects.as_array().into_iter().flatten() {
                if fields.of(object).as_ref() == Some(&key) {
                    if let Some(message) = object.get("$error").and_then(Value::as_str) {
                        return Err(failed(message));
                    }
                    let mut value = object.clone();
                    overlay(&mut value, representation);
                    value["__typename"] = object.get("__typename").cloned().unwrap_or_else(|| json!(name));
                    return self.object(value, ty);
                }
            }
        }
        if stored { Ok(ResolvedValue::null()) } else { self.object(representation.clone(), ty) }
    }

    /// `declared` is the type of an object that does not say its own.
    fn object<'a>(&'a self, value: Value, declared: &str) -> Result<ResolvedValue<'a>, FieldError> {
        let ty = value.get("__typename").and_then(Value::as_str).unwrap_or(declared).to_owned();
        match self.schema.get_object(&ty) {
            Some(_) => Ok(ResolvedValue::object(Object { standin: self, ty, value })),
            None => Err(failed(format!("{ty} is no object type of {}", self.name))),
        }
    }

    fn resolve<'a>(&'a self, value: Value, ty: &Type) -> Result<ResolvedValue<'a>, FieldError> {
        if let Some(message) = value.get("$error").and_then(Value::as_str) {
            return Err(failed(message));
        }
        let leaf = self.schema.types.get(ty.inner_named_type()).is_none_or(ExtendedType::is_leaf);
        match (value, ty) {
            (Value::Null, _) => Ok(ResolvedValue::null()),
            (Value::Array(items), Type::List(item) | Type::NonNullList(item)) => {
                let item = item.as_ref().clone();
                Ok(ResolvedValue::List(Box::new(items.into_iter().map(move |value| self.resolve(value, &item)))))
            }
            (value, _) if leaf => Ok(ResolvedValue::Leaf(convert(&value))),
            (value, _) => self.object(value, ty.inner_named_type()),
        }
    }
}

struct Object<'s> {
    standin: &'s Standin,
    ty: String,
    value: Value,
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        &self.ty
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let field = info.field_name();
        let arguments: Value = convert(info.arguments());
        if field == "_entities" {
            let representations = arguments["representations"].as_array().cloned().unwrap_or_default();
            let entities = representations.into_iter().map(|representation| self.standin.entity(&representation));
            return Ok(ResolvedValue::List(Box::new(entities)));
        }
        let value = match self.standin.computed.get(format!("{}.{field}", self.ty).as_str()) {
            Some(compute) => compute(&self.value, &arguments),
            None => self.value.get(field).cloned().unwrap_or_default(),
        };
        self.standin.resolve(value, &info.field_definition().ty)
    }
}

fn overlay(value: &mut Value, over: &Value) {
    match (value, over) {
        (Value::Object(value), Value::Object(over)) => {
            for (key, over) in over {
                overlay(value.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), over);
            }
        }
        (value, over) => *value = over.clone(),
    }
}

fn failed(message: impl Into<String>) -> FieldError {
    FieldError { message: message.into() }
}

/// Between the several shapes of JSON.
fn convert<T: DeserializeOwned>(from: &impl Serialize) -> T {
    serde_json::from_value(serde_json::to_value(from).unwrap()).unwrap()
}
