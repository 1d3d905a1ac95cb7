//! The OpenAPI 3.1 document, from the table of resources and the schema: what is served and what is described cannot
//! part.

use std::collections::BTreeMap;

use apollo_compiler::{
    Name, Schema,
    ast::{InputValueDefinition, Type},
    schema::{ExtendedType, InputObjectType},
};
use kernel::Code;
use serde_json::{Map, Value, json};

use crate::{
    BASE,
    format::Format,
    input::conditions,
    problem,
    resources::{Bound, FROM_THE_ENVELOPE, List, Resource, Write, is_leaf, is_required},
};

pub(crate) fn document(schema: &Schema, resources: &[Bound]) -> Value {
    let mut components = Components { schema, schemas: BTreeMap::new() };
    let mut paths = Map::new();
    for bound in resources {
        components.add_object(bound);
        let path = format!("{BASE}/{}", bound.resource.path);
        let mut collection = Map::new();
        if let Some(list) = &bound.list {
            collection.insert("get".to_owned(), list_operation(&mut components, bound, list));
        }
        if let Some(create) = &bound.create {
            collection.insert("post".to_owned(), create_operation(&mut components, bound, create));
        }
        if !collection.is_empty() {
            paths.insert(path.clone(), Value::Object(collection));
        }
        if let Some(list) = &bound.list {
            for format in Format::ALL {
                let export = export_operation(&mut components, bound, list, format);
                paths.insert(format!("{path}{}", format.suffix()), json!({ "get": export }));
            }
        }
        let mut object = Map::new();
        let id =
            json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } });
        object.insert("parameters".to_owned(), json!([id]));
        object.insert("get".to_owned(), get_operation(bound));
        if let Some(update) = &bound.update {
            object.insert("patch".to_owned(), update_operation(&mut components, bound, update));
        }
        paths.insert(format!("{path}/{{id}}"), Value::Object(object));
    }
    components.schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Pipewright",
            "version": "v1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "The REST view of Pipewright's API: the same objects, permissions and limits as at /graphql, which can more.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }, { "apiKey": [] }],
        "tags": resources.iter().map(|bound| json!({ "name": bound.resource.path })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An API key." },
                "apiKey": { "type": "apiKey", "in": "header", "name": "X-Api-Key" },
            },
            "responses": { "Problem": {
                "description": "What went wrong, with a stable code and the field at fault.",
                "content": { (problem::MEDIA_TYPE): { "schema": reference("Problem") } },
            } },
            "schemas": components.schemas,
        },
    })
}

fn list_operation(components: &mut Components<'_>, bound: &Bound, list: &List) -> Value {
    let Resource { path, ty, list: field, .. } = bound.resource;
    let mut parameters = Vec::new();
    let root = components.schema.get_object("Query").and_then(|query| query.fields.get(*field));
    for name in ["first", "after"] {
        let argument = root.and_then(|root| root.argument_by_name(name));
        let description = argument.and_then(|argument| argument.description.as_ref()).map(ToString::to_string);
        let schema =
            if name == "first" { json!({ "type": "integer", "minimum": 1 }) } else { json!({ "type": "string" }) };
        parameters.push(described(json!({ "name": name, "in": "query", "schema": schema }), description));
    }
    parameters.extend(filter_parameters(components, list));
    let page = format!("{ty}Page");
    let mut properties = json!({
        "items": { "type": "array", "items": reference(ty) },
        "next": { "type": ["string", "null"], "format": "uri-reference", "description": "Where the next page is; null on the last." },
    });
    let mut required = vec!["items", "next"];
    if list.counts {
        properties["totalCount"] = json!({ "type": "integer", "format": "int64", "description": "On all pages." });
        required.push("totalCount");
    }
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    components.schemas.insert(page.clone(), schema);
    let link = json!({ "description": "The next page, as `rel=\"next\"`.", "schema": { "type": "string" } });
    operation(
        bound,
        &format!("list_{path}"),
        root.and_then(|root| root.description.as_ref()).map(ToString::to_string),
        json!({ "parameters": parameters }),
        &[("200", json!({ "description": "A page.", "headers": { "Link": link }, "content": content(&page) }))],
    )
}

fn filter_parameters(components: &mut Components<'_>, list: &List) -> Vec<Value> {
    let schema = components.schema;
    let conditions = list.filter.iter().flat_map(|filter| conditions(schema, filter));
    let parameter = |(name, field): (&Name, &InputValueDefinition)| {
        let mut parameter = json!({ "name": name.as_str(), "in": "query", "schema": components.not_null(&field.ty) });
        if field.ty.is_list() {
            // Separated by commas.
            parameter["explode"] = json!(false);
        }
        described(parameter, field.description.as_ref().map(ToString::to_string))
    };
    conditions.map(parameter).collect()
}

fn export_operation(components: &mut Components<'_>, bound: &Bound, list: &List, format: Format) -> Value {
    let Resource { path, ty, .. } = bound.resource;
    let (id, line, schema) = match format {
        Format::JsonLines => (format!("export_{path}"), "a JSON object a line", reference(ty)),
        Format::Csv => (format!("export_{path}_csv"), "a row each under the names", json!({ "type": "string" })),
    };
    let about =
        format!("All {path} that fit and that one may export, {line}. A connection that breaks off has not sent all.");
    operation(
        bound,
        &id,
        Some(about),
        json!({ "parameters": filter_parameters(components, list) }),
        &[("200", json!({ "description": "All.", "content": { (format.media_type()): { "schema": schema } } }))],
    )
}

fn get_operation(bound: &Bound) -> Value {
    let if_none_match = header_parameter("If-None-Match", "An ETag that is known: 304 if it is still the one.");
    operation(
        bound,
        &format!("get_{}", bound.resource.get),
        Some(format!("One of the {} by its id.", bound.resource.path)),
        json!({ "parameters": if bound.has_version() { vec![if_none_match] } else { Vec::new() } }),
        &[("200", found(bound, "It.")), ("304", json!({ "description": "It has not changed." }))],
    )
}

fn create_operation(components: &mut Components<'_>, bound: &Bound, create: &Write) -> Value {
    let input = components.schema.get_input_object(&create.input);
    let takes_key = input.is_some_and(|input| input.fields.contains_key("idempotencyKey"));
    let about = "Any text of yours: the same key and body again give the first answer, not a second object.";
    let parameters = if takes_key { vec![header_parameter("Idempotency-Key", about)] } else { Vec::new() };
    let body = components.body(bound, "New", create, &[]);
    let mut created = found(bound, "It was made.");
    created["headers"]["Location"] =
        json!({ "description": "Its address.", "schema": { "type": "string", "format": "uri-reference" } });
    let mut answers = vec![("201", created.clone())];
    if create.says_created {
        created["description"] = json!("It was there already.");
        answers.insert(0, ("200", created));
    }
    answers.push(("204", json!({ "description": "Done; what there is of it now is not yours to read." })));
    operation(
        bound,
        &format!("create_{}", bound.resource.get),
        description_of(components.schema, create.field),
        json!({ "parameters": parameters, "requestBody": body }),
        &answers,
    )
}

fn update_operation(components: &mut Components<'_>, bound: &Bound, update: &Write) -> Value {
    let about = "The ETag that you read: 412 if the object has changed since.";
    let body = components.body(bound, "Changed", update, bound.resource.needed);
    operation(
        bound,
        &format!("update_{}", bound.resource.get),
        description_of(components.schema, update.field),
        json!({ "parameters": [header_parameter("If-Match", about)], "requestBody": body }),
        &[("200", found(bound, "As it is now."))],
    )
}

fn operation(bound: &Bound, id: &str, summary: Option<String>, mut rest: Value, answers: &[(&str, Value)]) -> Value {
    let mut responses: Map<String, Value> =
        answers.iter().map(|(status, answer)| ((*status).to_owned(), answer.clone())).collect();
    responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    rest["operationId"] = json!(camel(id));
    rest["tags"] = json!([bound.resource.path]);
    rest["responses"] = Value::Object(responses);
    if let Some(summary) = summary {
        rest["summary"] = json!(summary);
    }
    rest
}

fn found(bound: &Bound, description: &str) -> Value {
    let mut answer = json!({ "description": description, "content": content(bound.resource.ty) });
    if bound.has_version() {
        answer["headers"]["ETag"] =
            json!({ "description": "Names this version of it.", "schema": { "type": "string" } });
    }
    answer
}

fn content(schema: &str) -> Value {
    json!({ "application/json": { "schema": reference(schema) } })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn header_parameter(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string", "minLength": 1 } })
}

fn description_of(schema: &Schema, mutation: &str) -> Option<String> {
    let field = schema.get_object("Mutation")?.fields.get(mutation)?;
    field.description.as_ref().map(ToString::to_string)
}

/// `get_lead` is `getLead`.
fn camel(id: &str) -> String {
    let mut words = id.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| format!("{text}{}{}", word[..1].to_uppercase(), &word[1..]))
}

fn described(mut value: Value, description: Option<String>) -> Value {
    if let Some(description) = description {
        value["description"] = json!(description);
    }
    value
}

fn problem_schema() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "type": { "type": "string", "format": "uri", "description": "`urn:pipewright:error:CODE`." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "What went wrong, in words for people." },
            "code": { "type": "string", "examples": codes, "description": "Stable; new ones may come." },
            "field": { "type": "string", "description": "The field or header at fault, if it is one." },
            "requestId": { "type": "string", "description": "Finds it in the server's log." },
        },
        "required": ["type", "title", "status", "detail", "code"],
    })
}

/// The schemas that the paths refer to.
struct Components<'s> {
    schema: &'s Schema,
    schemas: BTreeMap<String, Value>,
}

impl Components<'_> {
    fn add_object(&mut self, bound: &Bound) {
        let Some(object) = self.schema.get_object(bound.resource.ty) else { return };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (name, inner) in &bound.shown {
            let Some(field) = object.fields.get(name.as_str()) else { continue };
            let value = match inner {
                None => self.of_type(&field.ty),
                Some(inner) => self.inner(&field.ty, inner),
            };
            properties.insert(name.clone(), described(value, field.description.as_ref().map(ToString::to_string)));
            required.push(name.clone());
        }
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        let schema = described(schema, object.description.as_ref().map(ToString::to_string));
        self.schemas.insert(bound.resource.ty.to_owned(), schema);
    }

    /// An object of which a few fields are shown.
    fn inner(&mut self, ty: &Type, shown: &[String]) -> Value {
        let object = self.schema.get_object(ty.inner_named_type());
        let property = |components: &mut Self, name: &String| {
            let field = object.and_then(|object| object.fields.get(name.as_str()));
            (name.clone(), field.map_or(json!({}), |field| components.of_type(&field.ty)))
        };
        let properties: Map<String, Value> = shown.iter().map(|name| property(self, name)).collect();
        let kind = if ty.is_non_null() { json!("object") } else { json!(["object", "null"]) };
        json!({ "type": kind, "properties": properties, "required": shown })
    }

    /// A value as it is sent and received.
    fn of_type(&mut self, ty: &Type) -> Value {
        let mut value = self.not_null(ty);
        if ty.is_non_null() {
            return value;
        }
        match value.get("type").cloned() {
            Some(kind) => value["type"] = json!([kind, "null"]),
            None if value.get("$ref").is_some() => value = json!({ "anyOf": [value, { "type": "null" }] }),
            // Anything goes.
            None => {}
        }
        value
    }

    fn not_null(&mut self, ty: &Type) -> Value {
        match ty {
            Type::List(inner) | Type::NonNullList(inner) => json!({ "type": "array", "items": self.of_type(inner) }),
            Type::Named(name) | Type::NonNullNamed(name) => self.named(name),
        }
    }

    fn named(&mut self, name: &Name) -> Value {
        match name.as_str() {
            "ID" | "String" => return json!({ "type": "string" }),
            "Int" => return json!({ "type": "integer", "format": "int32" }),
            "Long" => return json!({ "type": "integer", "format": "int64" }),
            "Float" => return json!({ "type": "number" }),
            "Boolean" => return json!({ "type": "boolean" }),
            "DateTime" => return json!({ "type": "string", "format": "date-time" }),
            _ => {}
        }
        let schema = self.schema;
        let value = match schema.types.get(name) {
            Some(ExtendedType::Enum(values)) => {
                json!({ "type": "string", "enum": values.values.keys().map(Name::as_str).collect::<Vec<_>>() })
            }
            Some(ExtendedType::InputObject(input)) => self.input(input, &[], &[]),
            Some(definition) if is_leaf(schema, definition.name()) => return json!({}),
            _ => return json!({ "type": "object" }),
        };
        let description = schema.types.get(name).and_then(|ty| ty.description()).map(ToString::to_string);
        self.schemas.insert(name.to_string(), described(value, description));
        reference(name)
    }

    fn input(&mut self, input: &InputObjectType, elsewhere: &[&str], needed: &[&str]) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (name, field) in input.fields.iter().filter(|(name, _)| !elsewhere.contains(&name.as_str())) {
            let whole = needed.contains(&name.as_str());
            let mut value = if whole { self.not_null(&field.ty) } else { self.of_type(&field.ty) };
            if name == "email" {
                value["format"] = json!("email");
            }
            properties.insert(name.to_string(), described(value, field.description.as_ref().map(ToString::to_string)));
            if is_required(field) {
                required.push(name.to_string());
            }
        }
        let mut value = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            value["required"] = json!(required);
        }
        value
    }

    /// The request body of a mutation: its input without what the envelope gives, and none of what is needed null.
    fn body(&mut self, bound: &Bound, prefix: &str, write: &Write, needed: &[&str]) -> Value {
        let schema = self.schema;
        let name = format!("{prefix}{}", bound.resource.ty);
        if let Some(input) = schema.get_input_object(&write.input) {
            let value = self.input(input, &FROM_THE_ENVELOPE, needed);
            self.schemas.insert(name.clone(), described(value, input.description.as_ref().map(ToString::to_string)));
        }
        json!({ "required": true, "content": content(&name) })
    }
}
