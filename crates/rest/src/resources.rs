//! The table of resources. Routes, operations and the OpenAPI document all follow from it and from the schema.

use apollo_compiler::{
    Name, Schema,
    ast::{FieldDefinition, InputValueDefinition},
    schema::ExtendedType,
};
use kernel::Object;
use thiserror::Error;

/// A kind of object with an address, and how the GraphQL API reads and writes it. What the schema does not have is
/// not served: the view grows with the API.
#[derive(Debug)]
pub(crate) struct Resource {
    pub path: &'static str,
    /// What permissions call it.
    pub object: Object,
    pub ty: &'static str,
    /// The field of `Query` that gives one by its `id`.
    pub get: &'static str,
    /// The field of `Query` that gives a page.
    pub list: &'static str,
    /// The field of `Mutation` that makes one from its `input`.
    pub create: &'static str,
    /// The field of `Mutation` that changes one.
    pub update: &'static str,
    /// What an update may leave out and not empty.
    pub needed: &'static [&'static str],
    /// Objects it points at, and what is shown of them.
    pub references: &'static [(&'static str, &'static str)],
}

pub(crate) const RESOURCES: [Resource; 4] = [
    Resource {
        path: "leads",
        object: Object::Lead,
        ty: "Lead",
        get: "lead",
        list: "leads",
        create: "captureLead",
        update: "updateLead",
        needed: &["status"],
        references: &[("account", "id"), ("contact", "id")],
    },
    Resource {
        path: "accounts",
        object: Object::Account,
        ty: "Account",
        get: "account",
        list: "accounts",
        create: "createAccount",
        update: "updateAccount",
        needed: &["name"],
        references: &[],
    },
    Resource {
        path: "contacts",
        object: Object::Contact,
        ty: "Contact",
        get: "contact",
        list: "contacts",
        create: "createContact",
        update: "updateContact",
        needed: &["email"],
        references: &[("account", "id")],
    },
    Resource {
        path: "opportunities",
        object: Object::Opportunity,
        ty: "Opportunity",
        get: "opportunity",
        list: "opportunities",
        create: "createOpportunity",
        update: "updateOpportunity",
        needed: &["name"],
        references: &[("account", "id"), ("contact", "id"), ("pipeline", "id name"), ("stage", "id name")],
    },
];

/// A resource as this schema has it: the operations that serve it.
#[derive(Debug)]
pub(crate) struct Bound {
    pub resource: &'static Resource,
    /// What is shown, name by name, with what is shown inside.
    pub shown: Vec<(String, Option<Vec<String>>)>,
    pub get: String,
    pub list: Option<List>,
    pub create: Option<Write>,
    pub update: Option<Write>,
}

#[derive(Debug)]
pub(crate) struct List {
    pub document: String,
    /// The same without counting, for one page after the other.
    pub export: String,
    /// The input type whose fields filter, if there is one.
    pub filter: Option<String>,
    pub counts: bool,
}

#[derive(Debug)]
pub(crate) struct Write {
    pub document: String,
    pub field: &'static str,
    pub input: String,
    /// The field of the payload that has the object.
    pub payload: String,
    /// Does the payload say whether the object is new?
    pub says_created: bool,
}

/// What the envelope gives and the body does not: the path, `If-Match` and `Idempotency-Key`.
pub(crate) const FROM_THE_ENVELOPE: [&str; 3] = ["id", "version", "idempotencyKey"];

/// The schema does not have what the table names.
#[derive(Debug, Error)]
#[error("the REST view cannot serve /{path}: {problem}")]
pub struct RestError {
    path: &'static str,
    problem: String,
}

impl Bound {
    pub fn new(schema: &Schema, resource: &'static Resource) -> Result<Self, RestError> {
        let error = |problem: String| RestError { path: resource.path, problem };
        let shown = shown(schema, resource).ok_or_else(|| error(format!("there is no type {}", resource.ty)))?;
        let selection = selection(&shown);
        let root = |kind: &str, field: &str| {
            let ty = schema.get_object(kind)?;
            ty.fields.get(field).map(|field| field.node.clone())
        };
        root("Query", resource.get).ok_or_else(|| error(format!("there is no query {}", resource.get)))?;
        let list = root("Query", resource.list).map(|field| list(schema, resource, &field, &selection));
        let write = |name: &'static str| {
            root("Mutation", name)
                .map(|field| {
                    write(schema, resource, name, &field, &selection)
                        .ok_or_else(|| error(format!("{name} has another shape than the mutations we know")))
                })
                .transpose()
        };
        Ok(Self {
            get: format!("query($id: ID!) {{ {}(id: $id) {{ {selection} }} }}", resource.get),
            list,
            create: write(resource.create)?,
            update: write(resource.update)?,
            shown,
            resource,
        })
    }

    pub fn has_version(&self) -> bool {
        self.shown.iter().any(|(name, _)| name == "version")
    }
}

/// Scalars and enums, small objects of nothing else, and the references that the table names.
fn shown(schema: &Schema, resource: &Resource) -> Option<Vec<(String, Option<Vec<String>>)>> {
    let object = schema.get_object(resource.ty)?;
    let mut shown = Vec::new();
    for (name, field) in object.fields.iter().filter(|(_, field)| !needs_arguments(field)) {
        let ty = field.ty.inner_named_type();
        if let Some((_, inner)) = resource.references.iter().find(|(reference, _)| name == reference) {
            shown.push((name.to_string(), Some(inner.split(' ').map(str::to_owned).collect())));
        } else if is_leaf(schema, ty) {
            shown.push((name.to_string(), None));
        } else if !field.ty.is_list()
            && let Some(inner) = value_object(schema, ty)
        {
            shown.push((name.to_string(), Some(inner)));
        }
    }
    Some(shown)
}

/// The fields of an object without identity, of scalars and enums only, such as an amount of money.
fn value_object(schema: &Schema, ty: &Name) -> Option<Vec<String>> {
    let object = schema.get_object(ty)?;
    let plain = |field: &FieldDefinition| is_leaf(schema, field.ty.inner_named_type()) && !needs_arguments(field);
    let whole = !object.fields.contains_key("id") && object.fields.values().all(|field| plain(field));
    whole.then(|| object.fields.keys().map(Name::to_string).collect())
}

pub(crate) fn is_leaf(schema: &Schema, ty: &Name) -> bool {
    matches!(schema.types.get(ty), Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)))
}

fn needs_arguments(field: &FieldDefinition) -> bool {
    field.arguments.iter().any(|argument| is_required(argument))
}

pub(crate) fn is_required(input: &InputValueDefinition) -> bool {
    input.ty.is_non_null() && input.default_value.is_none()
}

fn selection(shown: &[(String, Option<Vec<String>>)]) -> String {
    let text = |(name, inner): &(String, Option<Vec<String>>)| match inner {
        Some(inner) => format!("{name} {{ {} }}", inner.join(" ")),
        None => name.clone(),
    };
    shown.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn list(schema: &Schema, resource: &Resource, field: &FieldDefinition, selection: &str) -> List {
    let filter = field.argument_by_name("filter").map(|argument| argument.ty.inner_named_type().to_string());
    let connection = schema.get_object(field.ty.inner_named_type());
    let counts = connection.is_some_and(|connection| connection.fields.contains_key("totalCount"));
    let (declared, given) = match &filter {
        Some(filter) => (format!(", $filter: {filter}"), ", filter: $filter"),
        None => (String::new(), ""),
    };
    let document = |count: &str| {
        format!(
            "query($first: Int, $after: String{declared}) {{ {}(first: $first, after: $after{given}) {{ {count} \
             edges {{ node {{ {selection} }} }} pageInfo {{ hasNextPage endCursor }} }} }}",
            resource.list,
        )
    };
    let export = document("");
    List { document: if counts { document("totalCount") } else { export.clone() }, export, filter, counts }
}

fn write(
    schema: &Schema,
    resource: &Resource,
    name: &'static str,
    field: &FieldDefinition,
    selection: &str,
) -> Option<Write> {
    let input = field.argument_by_name("input")?.ty.inner_named_type().to_string();
    let payload = schema.get_object(field.ty.inner_named_type())?;
    let object = payload.fields.iter().find(|(_, field)| field.ty.inner_named_type() == resource.ty)?.0.to_string();
    let says_created = payload.fields.contains_key("created");
    let created = if says_created { "created" } else { "" };
    let document = format!(
        "mutation($input: {input}!) {{ {name}(input: $input) {{ {created} {object} {{ {selection} }} \
         errors {{ code message field }} }} }}"
    );
    Some(Write { document, field: name, input, payload: object, says_created })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "
        type Query { account(id: ID!): Account accounts(first: Int, after: String): AccountConnection! }
        type Account { id: ID! name: String! size: Size deals: [Account!]! parent: Account score(at: String!): Int }
        type Size { people: Int! }
        type AccountConnection { edges: [AccountEdge!]! pageInfo: PageInfo! }
        type AccountEdge { node: Account! }
        type PageInfo { hasNextPage: Boolean! endCursor: String }";

    fn accounts(sdl: &str) -> Result<Bound, RestError> {
        Bound::new(&Schema::parse(sdl, "schema.graphql").unwrap(), &RESOURCES[1])
    }

    #[test]
    fn what_the_api_does_not_have_is_not_served_and_what_it_gains_is() {
        let small = accounts(SMALL).unwrap();
        assert!(small.create.is_none() && small.update.is_none() && !small.has_version());
        let list = small.list.unwrap();
        assert!(!list.counts && list.filter.is_none(), "{}", list.document);

        let grown = format!(
            "{SMALL} extend type Account {{ version: Int! industry: String }}
            type Mutation {{ createAccount(input: New!): Payload! }} input New {{ name: String! }}
            type Payload {{ account: Account created: Boolean! errors: [Int!]! }}"
        );
        let grown = accounts(&grown).unwrap();
        assert!(grown.has_version() && grown.get.contains(" industry "), "{}", grown.get);
        let create = grown.create.unwrap();
        assert_eq!((create.input.as_str(), create.payload.as_str(), create.says_created), ("New", "account", true));
    }

    #[test]
    fn an_object_is_shown_with_its_values_and_without_other_objects_and_what_needs_arguments() {
        let bound = accounts(SMALL).unwrap();
        assert_eq!(bound.get, "query($id: ID!) { account(id: $id) { id name size { people } } }");
    }

    #[test]
    fn a_resource_without_its_type_is_an_error_that_names_it() {
        let error = accounts("type Query { x: Int }").unwrap_err().to_string();
        assert_eq!(error, "the REST view cannot serve /accounts: there is no type Account");
    }
}
