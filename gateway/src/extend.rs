//! What a supergraph says by `extend`, folded into what is extended: the planner knows no extensions, and a guard
//! counts wherever it is written.

use std::mem;

use apollo_compiler::{
    Name, Node,
    ast::{
        Definition, Document, EnumTypeDefinition, InputObjectTypeDefinition, InterfaceTypeDefinition,
        ObjectTypeDefinition, OperationType, ScalarTypeDefinition, SchemaDefinition, UnionTypeDefinition,
    },
    name,
};

/// Leaves no extensions. What extends nothing stands for itself, and what extends another kind of thing does too: then
/// there are two of one name, which the validation of the API schema refuses.
pub(crate) fn fold(document: &mut Document) {
    let (mut whole, mut extensions) = (Vec::new(), Vec::new());
    for definition in mem::take(&mut document.definitions) {
        match as_definition(&definition) {
            Some(extension) => extensions.push(extension),
            None => whole.push(definition),
        }
    }
    let has_schema = whole.iter().any(|definition| matches!(definition, Definition::SchemaDefinition(_)));
    for extension in extensions {
        let extended = whole.iter_mut().find(|known| {
            mem::discriminant(&**known) == mem::discriminant(&extension) && known.name() == extension.name()
        });
        match extended {
            Some(extended) => extend(extended, &extension),
            None => whole.push(extension),
        }
    }
    if !has_schema {
        name_usual_roots(&mut whole);
    }
    document.definitions = whole;
}

/// The definition that an extension would be if there were nothing to extend.
fn as_definition(definition: &Definition) -> Option<Definition> {
    Some(match definition {
        Definition::SchemaExtension(schema) => Definition::SchemaDefinition(Node::new(SchemaDefinition {
            description: None,
            directives: schema.directives.clone(),
            root_operations: schema.root_operations.clone(),
        })),
        Definition::ScalarTypeExtension(scalar) => Definition::ScalarTypeDefinition(Node::new(ScalarTypeDefinition {
            description: None,
            name: scalar.name.clone(),
            directives: scalar.directives.clone(),
        })),
        Definition::ObjectTypeExtension(object) => Definition::ObjectTypeDefinition(Node::new(ObjectTypeDefinition {
            description: None,
            name: object.name.clone(),
            implements_interfaces: object.implements_interfaces.clone(),
            directives: object.directives.clone(),
            fields: object.fields.clone(),
        })),
        Definition::InterfaceTypeExtension(interface) => {
            Definition::InterfaceTypeDefinition(Node::new(InterfaceTypeDefinition {
                description: None,
                name: interface.name.clone(),
                implements_interfaces: interface.implements_interfaces.clone(),
                directives: interface.directives.clone(),
                fields: interface.fields.clone(),
            }))
        }
        Definition::UnionTypeExtension(union) => Definition::UnionTypeDefinition(Node::new(UnionTypeDefinition {
            description: None,
            name: union.name.clone(),
            directives: union.directives.clone(),
            members: union.members.clone(),
        })),
        Definition::EnumTypeExtension(values) => Definition::EnumTypeDefinition(Node::new(EnumTypeDefinition {
            description: None,
            name: values.name.clone(),
            directives: values.directives.clone(),
            values: values.values.clone(),
        })),
        Definition::InputObjectTypeExtension(input) => {
            Definition::InputObjectTypeDefinition(Node::new(InputObjectTypeDefinition {
                description: None,
                name: input.name.clone(),
                directives: input.directives.clone(),
                fields: input.fields.clone(),
            }))
        }
        _ => return None,
    })
}

/// Both are of one kind.
fn extend(extended: &mut Definition, by: &Definition) {
    match (extended, by) {
        (Definition::SchemaDefinition(schema), Definition::SchemaDefinition(by)) => {
            let schema = schema.make_mut();
            schema.directives.0.extend_from_slice(&by.directives.0);
            schema.root_operations.extend_from_slice(&by.root_operations);
        }
        (Definition::ScalarTypeDefinition(scalar), Definition::ScalarTypeDefinition(by)) => {
            scalar.make_mut().directives.0.extend_from_slice(&by.directives.0);
        }
        (Definition::ObjectTypeDefinition(object), Definition::ObjectTypeDefinition(by)) => {
            let object = object.make_mut();
            object.implements_interfaces.extend_from_slice(&by.implements_interfaces);
            object.directives.0.extend_from_slice(&by.directives.0);
            object.fields.extend_from_slice(&by.fields);
        }
        (Definition::InterfaceTypeDefinition(interface), Definition::InterfaceTypeDefinition(by)) => {
            let interface = interface.make_mut();
            interface.implements_interfaces.extend_from_slice(&by.implements_interfaces);
            interface.directives.0.extend_from_slice(&by.directives.0);
            interface.fields.extend_from_slice(&by.fields);
        }
        (Definition::UnionTypeDefinition(union), Definition::UnionTypeDefinition(by)) => {
            let union = union.make_mut();
            union.directives.0.extend_from_slice(&by.directives.0);
            union.members.extend_from_slice(&by.members);
        }
        (Definition::EnumTypeDefinition(values), Definition::EnumTypeDefinition(by)) => {
            let values = values.make_mut();
            values.directives.0.extend_from_slice(&by.directives.0);
            values.values.extend_from_slice(&by.values);
        }
        (Definition::InputObjectTypeDefinition(input), Definition::InputObjectTypeDefinition(by)) => {
            let input = input.make_mut();
            input.directives.0.extend_from_slice(&by.directives.0);
            input.fields.extend_from_slice(&by.fields);
        }
        _ => {}
    }
}

/// Without a definition of the schema its roots are the types of the usual names, also where it is extended.
fn name_usual_roots(definitions: &mut [Definition]) {
    let usual = [
        (OperationType::Query, name!("Query")),
        (OperationType::Mutation, name!("Mutation")),
        (OperationType::Subscription, name!("Subscription")),
    ];
    let is_object = |definition: &Definition| matches!(definition, Definition::ObjectTypeDefinition(_));
    let is_there = |name: &Name| definitions.iter().any(|known| is_object(known) && known.name() == Some(name));
    let there: Vec<_> = usual.into_iter().filter(|(_, name)| is_there(name)).collect();
    let schemas = definitions.iter_mut().filter_map(|definition| match definition {
        Definition::SchemaDefinition(schema) => Some(schema.make_mut()),
        _ => None,
    });
    for schema in schemas {
        for (kind, name) in &there {
            if !schema.root_operations.iter().any(|known| known.0 == *kind) {
                schema.root_operations.push(Node::new((*kind, name.clone())));
            }
        }
    }
}
