//! A schema as the rules want it: by name, with extensions merged into what they extend.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{
    Name, Node,
    ast::{
        Definition, DirectiveDefinition, DirectiveList, Document, EnumValueDefinition, FieldDefinition,
        InputValueDefinition, Type,
    },
};

#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub types: BTreeMap<String, TypeShape>,
    pub directives: BTreeMap<String, DirectiveShape>,
    /// `query`, `mutation`, `subscription`, by the name of their type.
    pub roots: BTreeMap<&'static str, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeKind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

impl TypeKind {
    pub fn noun(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Object => "object type",
            Self::Interface => "interface",
            Self::Union => "union",
            Self::Enum => "enum",
            Self::Input => "input type",
        }
    }

    /// The noun with its article.
    pub fn one(self) -> String {
        let article = if matches!(self, Self::Scalar | Self::Union) { "a" } else { "an" };
        format!("{article} {}", self.noun())
    }
}

#[derive(Debug)]
pub(crate) struct TypeShape {
    pub kind: TypeKind,
    pub notes: Notes,
    pub interfaces: BTreeSet<String>,
    pub fields: BTreeMap<String, FieldShape>,
    pub inputs: BTreeMap<String, InputShape>,
    pub values: BTreeMap<String, Notes>,
    pub members: BTreeSet<String>,
}

#[derive(Debug)]
pub(crate) struct FieldShape {
    pub notes: Notes,
    pub ty: Type,
    pub arguments: BTreeMap<String, InputShape>,
}

#[derive(Debug)]
pub(crate) struct InputShape {
    pub notes: Notes,
    pub ty: Type,
    /// As written.
    pub default: Option<String>,
}

impl InputShape {
    /// Must a client give it?
    pub fn required(&self) -> bool {
        self.ty.is_non_null() && self.default.is_none()
    }
}

#[derive(Debug)]
pub(crate) struct DirectiveShape {
    pub notes: Notes,
    pub arguments: BTreeMap<String, InputShape>,
    pub locations: BTreeSet<String>,
    pub repeatable: bool,
}

/// What any definition can carry.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub description: Option<String>,
    pub deprecated: Option<String>,
    pub specified_by: Option<String>,
    pub one_of: bool,
    /// Every other directive as written.
    pub usages: BTreeSet<String>,
}

const NO_REASON: &str = "No longer supported";

impl Notes {
    fn new(description: Option<&Node<str>>, directives: &DirectiveList) -> Self {
        let mut notes = Self { description: description.map(|text| text.to_string()), ..Self::default() };
        notes.take(directives);
        notes
    }

    fn take(&mut self, directives: &DirectiveList) {
        for directive in &directives.0 {
            let argument =
                |name| Some(directive.specified_argument_by_name(name)?.as_str().unwrap_or_default().to_owned());
            match directive.name.as_str() {
                "deprecated" => self.deprecated = argument("reason").or_else(|| Some(NO_REASON.to_owned())),
                "specifiedBy" => self.specified_by = argument("url"),
                "oneOf" => self.one_of = true,
                _ => {
                    self.usages.insert(directive.serialize().no_indent().to_string());
                }
            }
        }
    }
}

impl Shape {
    /// An error is the list of problems, for people.
    pub fn parse(sdl: &str) -> Result<Self, String> {
        let document =
            Document::parser().parse_ast(sdl, "schema.graphql").map_err(|broken| broken.errors.to_string())?;
        let mut shape = Self::default();
        for definition in &document.definitions {
            shape.take(definition);
        }
        for (kind, name) in [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")] {
            // Without a `schema` the names are the rule.
            if !document.definitions.iter().any(|definition| matches!(definition, Definition::SchemaDefinition(_)))
                && shape.types.contains_key(name)
            {
                shape.roots.entry(kind).or_insert_with(|| name.to_owned());
            }
        }
        Ok(shape)
    }

    /// Does any field answer with this type?
    pub fn is_received(&self, name: &str) -> bool {
        self.types.values().flat_map(|ty| ty.fields.values()).any(|field| field.ty.inner_named_type() == name)
    }

    fn take(&mut self, definition: &Definition) {
        use Definition::{
            DirectiveDefinition, EnumTypeDefinition, EnumTypeExtension, InputObjectTypeDefinition,
            InputObjectTypeExtension, InterfaceTypeDefinition, InterfaceTypeExtension, ObjectTypeDefinition,
            ObjectTypeExtension, ScalarTypeDefinition, ScalarTypeExtension, SchemaDefinition, SchemaExtension,
            UnionTypeDefinition, UnionTypeExtension,
        };
        match definition {
            SchemaDefinition(schema) => self.take_roots(&schema.root_operations),
            SchemaExtension(schema) => self.take_roots(&schema.root_operations),
            DirectiveDefinition(directive) => {
                self.directives.insert(directive.name.to_string(), directive_shape(directive));
            }
            ScalarTypeDefinition(scalar) => {
                self.add(TypeKind::Scalar, &scalar.name, scalar.description.as_ref(), &scalar.directives);
            }
            ScalarTypeExtension(scalar) => {
                self.add(TypeKind::Scalar, &scalar.name, None, &scalar.directives);
            }
            ObjectTypeDefinition(ty) => {
                let shape = self.add(TypeKind::Object, &ty.name, ty.description.as_ref(), &ty.directives);
                shape.take_fields(&ty.implements_interfaces, &ty.fields);
            }
            ObjectTypeExtension(ty) => {
                let shape = self.add(TypeKind::Object, &ty.name, None, &ty.directives);
                shape.take_fields(&ty.implements_interfaces, &ty.fields);
            }
            InterfaceTypeDefinition(ty) => {
                let shape = self.add(TypeKind::Interface, &ty.name, ty.description.as_ref(), &ty.directives);
                shape.take_fields(&ty.implements_interfaces, &ty.fields);
            }
            InterfaceTypeExtension(ty) => {
                let shape = self.add(TypeKind::Interface, &ty.name, None, &ty.directives);
                shape.take_fields(&ty.implements_interfaces, &ty.fields);
            }
            UnionTypeDefinition(ty) => {
                let shape = self.add(TypeKind::Union, &ty.name, ty.description.as_ref(), &ty.directives);
                shape.members.extend(ty.members.iter().map(Name::to_string));
            }
            UnionTypeExtension(ty) => {
                let shape = self.add(TypeKind::Union, &ty.name, None, &ty.directives);
                shape.members.extend(ty.members.iter().map(Name::to_string));
            }
            EnumTypeDefinition(ty) => {
                let shape = self.add(TypeKind::Enum, &ty.name, ty.description.as_ref(), &ty.directives);
                shape.take_values(&ty.values);
            }
            EnumTypeExtension(ty) => {
                let shape = self.add(TypeKind::Enum, &ty.name, None, &ty.directives);
                shape.take_values(&ty.values);
            }
            InputObjectTypeDefinition(ty) => {
                let shape = self.add(TypeKind::Input, &ty.name, ty.description.as_ref(), &ty.directives);
                shape.inputs.extend(inputs(&ty.fields));
            }
            InputObjectTypeExtension(ty) => {
                let shape = self.add(TypeKind::Input, &ty.name, None, &ty.directives);
                shape.inputs.extend(inputs(&ty.fields));
            }
            Definition::OperationDefinition(_) | Definition::FragmentDefinition(_) => {}
        }
    }

    fn take_roots(&mut self, roots: &[Node<(apollo_compiler::ast::OperationType, Name)>]) {
        self.roots.extend(roots.iter().map(|root| (root.0.name(), root.1.to_string())));
    }

    fn add(
        &mut self,
        kind: TypeKind,
        name: &Name,
        description: Option<&Node<str>>,
        directives: &DirectiveList,
    ) -> &mut TypeShape {
        let shape = self.types.entry(name.to_string()).or_insert_with(|| TypeShape::new(kind));
        shape.notes.take(directives);
        if let Some(text) = description {
            shape.notes.description = Some(text.to_string());
        }
        shape
    }
}

impl TypeShape {
    fn new(kind: TypeKind) -> Self {
        Self {
            kind,
            notes: Notes::default(),
            interfaces: BTreeSet::new(),
            fields: BTreeMap::new(),
            inputs: BTreeMap::new(),
            values: BTreeMap::new(),
            members: BTreeSet::new(),
        }
    }

    fn take_fields(&mut self, interfaces: &[Name], fields: &[Node<FieldDefinition>]) {
        self.interfaces.extend(interfaces.iter().map(Name::to_string));
        let shape = |field: &Node<FieldDefinition>| FieldShape {
            notes: Notes::new(field.description.as_ref(), &field.directives),
            ty: field.ty.clone(),
            arguments: inputs(&field.arguments).collect(),
        };
        self.fields.extend(fields.iter().map(|field| (field.name.to_string(), shape(field))));
    }

    fn take_values(&mut self, values: &[Node<EnumValueDefinition>]) {
        let notes = |value: &Node<EnumValueDefinition>| Notes::new(value.description.as_ref(), &value.directives);
        self.values.extend(values.iter().map(|value| (value.value.to_string(), notes(value))));
    }
}

fn inputs(definitions: &[Node<InputValueDefinition>]) -> impl Iterator<Item = (String, InputShape)> {
    definitions.iter().map(|input| {
        let shape = InputShape {
            notes: Notes::new(input.description.as_ref(), &input.directives),
            ty: input.ty.as_ref().clone(),
            default: input.default_value.as_ref().map(|value| value.serialize().no_indent().to_string()),
        };
        (input.name.to_string(), shape)
    })
}

fn directive_shape(directive: &DirectiveDefinition) -> DirectiveShape {
    DirectiveShape {
        notes: Notes::new(directive.description.as_ref(), &DirectiveList::default()),
        arguments: inputs(&directive.arguments).collect(),
        locations: directive.locations.iter().map(|location| location.name().to_owned()).collect(),
        repeatable: directive.repeatable,
    }
}
