//! The schema that clients see: the supergraph without the join machinery and without what is inaccessible.

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node, Schema,
    ast::{
        Definition, DirectiveDefinition, DirectiveList, DirectiveLocation, Document, EnumValueDefinition,
        FieldDefinition, InputValueDefinition,
    },
    validation::{Valid, WithErrors},
};

use crate::{introspect::know_is_one_of, links::Prefixes};

/// Directives on the schema that mean something to a client.
const PUBLIC_DIRECTIVES: [&str; 5] = ["deprecated", "specifiedBy", "oneOf", "cost", "listSize"];

const BUILT_IN_SCALARS: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

/// Those that apollo-compiler does not know, in case the supergraph uses them without a definition.
const DEFINITIONS: [(&str, &str); 3] = [
    ("oneOf", "directive @oneOf on INPUT_OBJECT"),
    (
        "cost",
        "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
    ),
    (
        "listSize",
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    ),
];

/// Derives and validates the API schema. An error is the list of problems, for people.
pub(crate) fn api_schema(supergraph: &Document, prefixes: &Prefixes) -> Result<Valid<Schema>, String> {
    let hidden = hidden_types(supergraph, prefixes);
    let shown = supergraph.definitions.iter().filter_map(|definition| public(definition, &hidden, prefixes));
    let definitions = shown.collect();
    let document = Document { sources: supergraph.sources.clone(), definitions };
    let mut text = document.to_string();
    for (name, definition) in DEFINITIONS {
        let defined = document.definitions.iter().any(|definition| is_directive(definition, name));
        if !defined && (name == "oneOf" || text.contains(&format!("@{name}("))) {
            text.push('\n');
            text.push_str(definition);
        }
    }
    let problems = |broken: WithErrors<Schema>| broken.errors.to_string();
    let mut schema = Schema::parse(text, "api.graphql").map_err(problems)?;
    know_is_one_of(&mut schema);
    schema.validate().map_err(problems)
}

fn hidden_types(supergraph: &Document, prefixes: &Prefixes) -> HashSet<Name> {
    supergraph
        .definitions
        .iter()
        .filter(|definition| !matches!(definition, Definition::DirectiveDefinition(_)))
        .filter_map(|definition| {
            let name = definition.name()?;
            let hidden = prefixes.has(name)
                || BUILT_IN_SCALARS.contains(&name.as_str())
                || definition.directives().has("inaccessible");
            hidden.then(|| name.clone())
        })
        .collect()
}

fn public(definition: &Definition, hidden: &HashSet<Name>, prefixes: &Prefixes) -> Option<Definition> {
    if !matches!(definition, Definition::DirectiveDefinition(_))
        && definition.name().is_some_and(|name| hidden.contains(name))
    {
        return None;
    }
    let mut definition = definition.clone();
    match &mut definition {
        Definition::SchemaDefinition(schema) => public_directives(&mut schema.make_mut().directives),
        Definition::ScalarTypeDefinition(scalar) => public_directives(&mut scalar.make_mut().directives),
        Definition::ObjectTypeDefinition(object) => {
            let object = object.make_mut();
            public_directives(&mut object.directives);
            object.implements_interfaces.retain(|name| !hidden.contains(name));
            public_fields(&mut object.fields, hidden);
        }
        Definition::InterfaceTypeDefinition(interface) => {
            let interface = interface.make_mut();
            public_directives(&mut interface.directives);
            interface.implements_interfaces.retain(|name| !hidden.contains(name));
            public_fields(&mut interface.fields, hidden);
        }
        Definition::UnionTypeDefinition(union) => {
            let union = union.make_mut();
            public_directives(&mut union.directives);
            union.members.retain(|name| !hidden.contains(name));
        }
        Definition::EnumTypeDefinition(values) => {
            let values = values.make_mut();
            public_directives(&mut values.directives);
            values.values.retain(|value| !value.directives.has("inaccessible"));
            for value in &mut values.values {
                public_directives(&mut Node::<EnumValueDefinition>::make_mut(value).directives);
            }
        }
        Definition::InputObjectTypeDefinition(input) => {
            let input = input.make_mut();
            public_directives(&mut input.directives);
            public_inputs(&mut input.fields);
        }
        Definition::DirectiveDefinition(directive) => {
            let known = PUBLIC_DIRECTIVES[..2].contains(&directive.name.as_str());
            if known || !is_public_directive(directive, prefixes) {
                return None;
            }
        }
        // A supergraph has no extensions, and no operations.
        _ => return None,
    }
    Some(definition)
}

fn public_fields(fields: &mut Vec<Node<FieldDefinition>>, hidden: &HashSet<Name>) {
    fields.retain(|field| !field.directives.has("inaccessible") && !hidden_output(field, hidden));
    for field in fields {
        let field = field.make_mut();
        public_directives(&mut field.directives);
        public_inputs(&mut field.arguments);
    }
}

/// A field of an inaccessible type has nothing to show.
fn hidden_output(field: &FieldDefinition, hidden: &HashSet<Name>) -> bool {
    let ty = field.ty.inner_named_type();
    hidden.contains(ty) && !BUILT_IN_SCALARS.contains(&ty.as_str())
}

fn public_inputs(inputs: &mut Vec<Node<InputValueDefinition>>) {
    inputs.retain(|input| !input.directives.has("inaccessible"));
    for input in inputs {
        public_directives(&mut input.make_mut().directives);
    }
}

fn public_directives(directives: &mut DirectiveList) {
    directives.0.retain(|directive| PUBLIC_DIRECTIVES.contains(&directive.name.as_str()));
}

/// Clients can only write directives in operations; the three named stay because the schema uses them.
fn is_public_directive(directive: &DirectiveDefinition, prefixes: &Prefixes) -> bool {
    use DirectiveLocation::{
        Field, FragmentDefinition, FragmentSpread, InlineFragment, Mutation, Query, Subscription, VariableDefinition,
    };
    let executable =
        [Query, Mutation, Subscription, Field, FragmentDefinition, FragmentSpread, InlineFragment, VariableDefinition];
    let built_in = matches!(directive.name.as_str(), "skip" | "include");
    matches!(directive.name.as_str(), "oneOf" | "cost" | "listSize")
        || (!built_in
            && !prefixes.has(&directive.name)
            && directive.locations.iter().any(|location| executable.contains(location)))
}

fn is_directive(definition: &Definition, name: &str) -> bool {
    matches!(definition, Definition::DirectiveDefinition(directive) if directive.name == name)
}
