//! What a supergraph says of the specifications behind it, by `@link` or its elder `@core`. They may come under
//! other names; here they get those that everybody else here goes by.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Definition, Directive, DirectiveList, Document, FieldDefinition, InputValueDefinition, Value},
};

use crate::guards;

/// What the gateway can do. Of `join` the first version described another federation.
const KNOWN: [(&str, &[&str]); 9] = [
    ("link", &["1.0"]),
    ("core", &["0.1", "0.2"]),
    ("join", &["0.2", "0.3", "0.4", "0.5"]),
    ("inaccessible", &["0.1", "0.2"]),
    ("tag", &["0.1", "0.2", "0.3"]),
    ("cost", &["0.1"]),
    ("authenticated", &["0.1"]),
    ("requiresScopes", &["0.1"]),
    ("policy", &["0.1"]),
];

/// Prefixes that are what they are, linked to or not.
const ALWAYS: [&str; 3] = ["join", "link", "core"];

/// Whose specifications they are, by whatever scheme they are linked to.
const APOLLO: &str = "specs.apollo.dev";

/// One specification that the schema links to.
struct Link {
    identity: String,
    name: String,
    version: String,
    /// What its elements are called by: `prefix__element`, and `@prefix`.
    prefix: String,
    /// Element to the name it goes by, both with `@` if a directive.
    imports: Vec<(String, String)>,
    /// `EXECUTION` and `SECURITY`: whoever does not know it may not serve the schema.
    binding: bool,
}

/// Gives the elements of known specifications their usual names, and says what the names begin with that belong to
/// a specification and not to the API.
///
/// # Errors
/// The schema binds whoever serves it to something that the gateway cannot do.
pub(crate) fn canonical(document: &mut Document) -> Result<Prefixes, String> {
    let links = links(document);
    for link in &links {
        let versions = KNOWN.iter().find(|(name, _)| link.is(name)).map(|(_, versions)| *versions);
        let known = versions.is_some_and(|versions| versions.contains(&link.version.as_str()));
        if !known && (link.binding || versions.is_some()) {
            return Err(format!("it needs {}/v{}, which this gateway does not know", link.identity, link.version));
        }
    }
    let namesakes = namesakes(&links);
    if !namesakes.is_empty() {
        let strip = |directives: &mut DirectiveList| {
            directives.0.retain(|directive| !namesakes.contains(&directive.name.as_str()));
        };
        document.definitions.iter_mut().for_each(|definition| each_list(definition, &strip));
    }
    let known = links.iter().filter(|link| KNOWN.iter().any(|(name, _)| link.is(name)));
    let federation = links.iter().filter(|link| link.is("federation"));
    let names: HashMap<String, String> =
        known.flat_map(Link::renames).chain(federation.flat_map(Link::renames_of_guards)).collect();
    if !names.is_empty() {
        // What defines a directive under its foreign name would define nothing.
        let foreign = |definition: &Definition| {
            matches!(definition, Definition::DirectiveDefinition(directive)
                if renamed(&names, &format!("@{}", directive.name)).is_some())
        };
        document.definitions.retain(|definition| !foreign(definition));
        document.definitions.iter_mut().for_each(|definition| rename(definition, &names));
    }
    unfold_guards(document, &links)?;
    no_context(document)?;
    let linked = links.iter().flat_map(|link| [link.prefix.clone(), link.name.clone()]);
    Ok(Prefixes(ALWAYS.into_iter().map(str::to_owned).chain(linked).collect()))
}

/// Directives that guard nothing: a specification of somebody else brings them under the name of a guard. A guard whose
/// specification nobody links to is one all the same, and so is one that federation as a whole brings.
fn namesakes(links: &[Link]) -> Vec<&'static str> {
    let brought =
        |guard: &str, theirs: bool| links.iter().any(|link| link.apollos().is_some() == theirs && link.brings(guard));
    guards::DIRECTIVES.into_iter().filter(|guard| brought(guard, false) && !brought(guard, true)).collect()
}

/// What composition only carries along, `@join__directive(graphs:, name:, args:)`, guards as if it were written out: by
/// the names that the subgraphs' own links, carried along likewise, give the guards.
fn unfold_guards(document: &mut Document, links: &[Link]) -> Result<(), String> {
    let theirs: Vec<Link> = schema_directives(document)
        .filter_map(|directive| carried(directive).filter(|carried| carried.name == "link"))
        .filter_map(|link| Link::read(&link))
        .collect();
    if let Some(link) = theirs.iter().find(|link| link.binding && !KNOWN.iter().any(|(name, _)| link.is(name))) {
        return Err(format!("a subgraph needs {}, which this gateway does not know", link.identity));
    }
    let guards = || guards::DIRECTIVES.into_iter().chain(["inaccessible"]);
    let usual = guards().map(|guard| (format!("@{guard}"), format!("@{guard}")));
    let given = theirs.iter().chain(links).filter(|link| link.apollos().is_some()).flat_map(|link| {
        if KNOWN.iter().any(|(name, _)| link.is(name)) { link.renames() } else { link.renames_of_guards() }
    });
    let names: HashMap<String, String> = usual.chain(given).collect();
    let namesakes = namesakes(&theirs);
    let unfold = |directives: &mut DirectiveList| {
        let written = directives.iter().filter_map(|directive| {
            let carried = carried(directive)?;
            let name = renamed(&names, &format!("@{}", carried.name))?;
            let is_guard = guards().any(|guard| name == guard) && !namesakes.contains(&carried.name.as_str());
            is_guard.then(|| Node::new(Directive { name, ..carried }))
        });
        let written: Vec<_> = written.collect();
        directives.0.extend(written);
    };
    document.definitions.iter_mut().for_each(|definition| each_list(definition, &unfold));
    Ok(())
}

/// The directive that composition carries along here.
fn carried(directive: &Directive) -> Option<Directive> {
    let carrier = directive.name == "join__directive";
    let name = directive.specified_argument_by_name("name").filter(|_| carrier)?.as_str()?;
    let arguments = match directive.specified_argument_by_name("args").map(|args| &**args) {
        Some(Value::Object(fields)) => fields.as_slice(),
        _ => &[],
    };
    let argument =
        |(name, value): &(Name, Node<Value>)| Node::new(Argument { name: name.clone(), value: value.clone() });
    let name = Name::new(name.trim_start_matches('@')).ok()?;
    Some(Directive { name, arguments: arguments.iter().map(argument).collect() })
}

/// What stands before `__` in names that come with a specification.
pub(crate) struct Prefixes(HashSet<String>);

impl Prefixes {
    /// Names that begin with `__` are introspection's.
    pub fn has(&self, name: &str) -> bool {
        name.split_once("__").is_some_and(|(prefix, _)| prefix.is_empty() || self.0.contains(prefix))
    }
}

fn links(document: &Document) -> Vec<Link> {
    let directives = || schema_directives(document);
    // The directive that links is the one that links to itself under its own name.
    let linking = directives().find_map(|directive| {
        let link = Link::read(directive)?;
        ((link.is("link") || link.is("core")) && directive.name.as_str() == link.prefix).then(|| directive.name.clone())
    });
    directives()
        .filter(|directive| Some(&directive.name) == linking.as_ref())
        .filter_map(|link| Link::read(link))
        .collect()
}

fn schema_directives(document: &Document) -> impl Iterator<Item = &Node<Directive>> {
    document.definitions.iter().flat_map(|definition| match definition {
        Definition::SchemaDefinition(schema) => schema.directives.0.as_slice(),
        _ => &[],
    })
}

impl Link {
    fn read(directive: &Directive) -> Option<Self> {
        let text = |name: &str| directive.specified_argument_by_name(name)?.as_str();
        let url = text("url").or_else(|| text("feature"))?;
        let (identity, version) = url.trim_end_matches('/').rsplit_once("/v")?;
        let name = identity.rsplit('/').next()?;
        let imports = directive.specified_argument_by_name("import").and_then(|import| import.as_list());
        let purpose = directive.specified_argument_by_name("for").and_then(|purpose| purpose.as_enum());
        Some(Self {
            prefix: text("as").unwrap_or(name).to_owned(),
            identity: identity.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            imports: imports.into_iter().flatten().filter_map(|import| imported(import)).collect(),
            binding: purpose.is_some(),
        })
    }

    fn is(&self, name: &str) -> bool {
        self.apollos() == Some(name)
    }

    /// Its name, if it is one of Apollo's.
    fn apollos(&self) -> Option<&str> {
        let (_, place) = self.identity.split_once("://")?;
        let (host, name) = place.split_once('/')?;
        host.eq_ignore_ascii_case(APOLLO).then_some(name)
    }

    /// Does this directive, by the name that it goes by, come with the specification?
    fn brings(&self, directive: &str) -> bool {
        self.prefix == directive || self.imports.iter().any(|(_, by)| by.strip_prefix('@') == Some(directive))
    }

    /// Foreign names to usual ones; a name that ends in `__` stands for all that begin so.
    fn renames(&self) -> Vec<(String, String)> {
        let mut names = Vec::new();
        // The one directive that goes without the name of its specification.
        let sizes = self.is("cost");
        if sizes {
            names.push((format!("@{}__listSize", self.prefix), "@listSize".to_owned()));
        }
        names.push((format!("@{}__{}", self.prefix, self.name), format!("@{}", self.name)));
        if self.prefix != self.name {
            for sigil in ["@", ""] {
                names.push((format!("{sigil}{}__", self.prefix), format!("{sigil}{}__", self.name)));
            }
            names.push((format!("@{}", self.prefix), format!("@{}", self.name)));
        }
        for (element, by) in &self.imports {
            let usual = match element.strip_prefix('@') {
                Some(directive) if directive == self.name || (sizes && directive == "listSize") => element.clone(),
                Some(directive) => format!("@{}__{directive}", self.name),
                None => format!("{}__{element}", self.name),
            };
            if *by != usual {
                names.push((by.clone(), usual));
            }
        }
        names
    }

    /// As [`Self::renames`], of what hides and guards and comes with federation as a whole.
    fn renames_of_guards(&self) -> Vec<(String, String)> {
        let mut names = Vec::new();
        for guard in guards::DIRECTIVES.into_iter().chain(["inaccessible"]).map(|guard| format!("@{guard}")) {
            names.push((format!("@{}__{}", self.prefix, &guard[1..]), guard.clone()));
            let imported = self.imports.iter().filter(|(element, by)| *element == guard && *by != guard);
            names.extend(imported.map(|(_, by)| (by.clone(), guard.clone())));
        }
        names
    }
}

/// `"@name"` or `{ name: "@name", as: "@other" }`.
fn imported(import: &Value) -> Option<(String, String)> {
    match import {
        Value::String(name) => Some((name.clone(), name.clone())),
        Value::Object(fields) => {
            let field = |key: &str| fields.iter().find(|(name, _)| name == key)?.1.as_str().map(str::to_owned);
            let name = field("name")?;
            Some((name.clone(), field("as").unwrap_or(name)))
        }
        _ => None,
    }
}

fn renamed(names: &HashMap<String, String>, name: &str) -> Option<Name> {
    let usual = names.get(name).cloned().or_else(|| {
        let (prefix, element) = name.split_once("__")?;
        Some(format!("{}{element}", names.get(&format!("{prefix}__"))?))
    })?;
    Name::new(usual.trim_start_matches('@')).ok()
}

fn rename(definition: &mut Definition, names: &HashMap<String, String>) {
    let directives = |directives: &mut DirectiveList| {
        for directive in &mut directives.0 {
            if let Some(usual) = renamed(names, &format!("@{}", directive.name)) {
                directive.make_mut().name = usual;
            }
        }
    };
    each_list(definition, &directives);
    let usual = |name: &mut Name| {
        if let Some(usual) = renamed(names, name) {
            *name = usual;
        }
    };
    match definition {
        Definition::ScalarTypeDefinition(scalar) => usual(&mut scalar.make_mut().name),
        Definition::EnumTypeDefinition(values) => usual(&mut values.make_mut().name),
        Definition::InputObjectTypeDefinition(input) => usual(&mut input.make_mut().name),
        _ => {}
    }
}

/// Every list of directives in a definition.
pub(crate) fn each_list(definition: &mut Definition, change: &dyn Fn(&mut DirectiveList)) {
    let inputs = |inputs: &mut Vec<Node<InputValueDefinition>>| {
        inputs.iter_mut().for_each(|input| change(&mut input.make_mut().directives));
    };
    let fields = |fields: &mut Vec<Node<FieldDefinition>>| {
        for field in fields {
            let field = field.make_mut();
            change(&mut field.directives);
            inputs(&mut field.arguments);
        }
    };
    match definition {
        Definition::SchemaDefinition(schema) => change(&mut schema.make_mut().directives),
        Definition::ScalarTypeDefinition(scalar) => change(&mut scalar.make_mut().directives),
        Definition::ObjectTypeDefinition(object) => {
            let object = object.make_mut();
            change(&mut object.directives);
            fields(&mut object.fields);
        }
        Definition::InterfaceTypeDefinition(interface) => {
            let interface = interface.make_mut();
            change(&mut interface.directives);
            fields(&mut interface.fields);
        }
        Definition::UnionTypeDefinition(union) => change(&mut union.make_mut().directives),
        Definition::EnumTypeDefinition(values) => {
            let values = values.make_mut();
            change(&mut values.directives);
            values.values.iter_mut().for_each(|value| change(&mut value.make_mut().directives));
        }
        Definition::InputObjectTypeDefinition(input) => {
            let input = input.make_mut();
            change(&mut input.directives);
            inputs(&mut input.fields);
        }
        _ => {}
    }
}

/// Arguments that come from a parent object (`@fromContext`) are beyond the planner.
fn no_context(document: &Document) -> Result<(), String> {
    for definition in &document.definitions {
        let fields = match definition {
            Definition::ObjectTypeDefinition(object) => object.fields.as_slice(),
            Definition::InterfaceTypeDefinition(interface) => interface.fields.as_slice(),
            _ => &[],
        };
        for field in fields {
            let mut joins = field.directives.get_all("join__field");
            if joins.any(|join| join.specified_argument_by_name("contextArguments").is_some()) {
                let ty = definition.name().map(Name::as_str).unwrap_or_default();
                return Err(format!(
                    "{ty}.{} takes an argument from its context, which this gateway cannot give",
                    field.name
                ));
            }
        }
    }
    Ok(())
}
