//! `__Type.isOneOf`, which apollo-compiler does not answer: it is asked for the name of the type in its place, and
//! the name says the rest.

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::{DirectiveList, Type},
    executable::{Operation, Selection, SelectionSet},
    name,
    response::{JsonMap, JsonValue},
    schema::{Component, ExtendedType, FieldDefinition},
    validation::Valid,
};

use crate::{one_of::is_one_of, operation::Document};

const TYPE: &str = "__Type";
const FIELD: &str = "isOneOf";

/// Adds the field, so that operations may ask for it. Like all of introspection it is not printed with the schema.
pub(crate) fn know_is_one_of(schema: &mut Schema) {
    let Some(ExtendedType::Object(ty)) = schema.types.get_mut(TYPE) else { return };
    let field = FieldDefinition {
        description: None,
        name: name!("isOneOf"),
        arguments: Vec::new(),
        ty: Type::Named(name!("Boolean")),
        directives: DirectiveList::default(),
    };
    ty.make_mut().fields.insert(field.name.clone(), Component::new(field));
}

/// The document and its operation with `name` for every `isOneOf`, under the same keys; `None` if there is none.
pub(super) fn as_names(schema: &Schema, document: &Document) -> Option<(Valid<ExecutableDocument>, Node<Operation>)> {
    if !document.operation.all_fields(&document.document).any(|field| field.name == FIELD) {
        return None;
    }
    let name = schema.type_field(TYPE, "name").ok()?.node.clone();
    let mut named = document.document.clone().into_inner();
    for fragment in named.fragments.values_mut() {
        name_types(&mut fragment.make_mut().selection_set, &name);
    }
    let mut operation = document.operation.clone();
    name_types(&mut operation.make_mut().selection_set, &name);
    Some((Valid::assume_valid(named), operation))
}

fn name_types(set: &mut SelectionSet, name: &Node<FieldDefinition>) {
    let of_type = set.ty == TYPE;
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                if of_type && field.name == FIELD {
                    field.alias = Some(field.response_key().clone());
                    field.name = name.name.clone();
                    field.definition = name.clone();
                }
                name_types(&mut field.selection_set, name);
            }
            Selection::InlineFragment(fragment) => name_types(&mut fragment.make_mut().selection_set, name),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Puts the verdict wherever `document` asks for it and a name stands in the answer.
pub(super) fn tell(schema: &Schema, document: &Document, set: &SelectionSet, answer: &mut JsonMap) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                let Some(value) = answer.get_mut(field.response_key().as_str()) else { continue };
                if set.ty == TYPE && field.name == FIELD {
                    verdict(schema, value);
                } else {
                    each_object(value, &mut |object| tell(schema, document, &field.selection_set, object));
                }
            }
            Selection::InlineFragment(fragment) => tell(schema, document, &fragment.selection_set, answer),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = spread.fragment_def(&document.document) {
                    tell(schema, document, &fragment.selection_set, answer);
                }
            }
        }
    }
}

/// Of an input object yes or no, of every other type null. Where two selections meet it is there already.
fn verdict(schema: &Schema, value: &mut JsonValue) {
    if let Some(name) = value.as_str() {
        let input = schema.get_input_object(name);
        *value = input.map_or(JsonValue::Null, |input| JsonValue::Bool(is_one_of(input)));
    }
}

fn each_object(value: &mut JsonValue, visit: &mut dyn FnMut(&mut JsonMap)) {
    match value {
        JsonValue::Object(object) => visit(object),
        JsonValue::Array(items) => items.iter_mut().for_each(|item| each_object(item, visit)),
        _ => {}
    }
}
