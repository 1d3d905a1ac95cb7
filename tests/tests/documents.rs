//! What the documents and the playground show must be true of the API.

use std::{fs, path::PathBuf};

use apollo_compiler::{ExecutableDocument, schema::ExtendedType};
use gateway::Supergraph;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn examples() -> Vec<(String, String)> {
    let files = fs::read_dir(root().join("web/playground/examples")).unwrap().map(|file| file.unwrap().path());
    let queries = files.filter(|path| path.extension().is_some_and(|extension| extension == "graphql"));
    queries.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn every_example_of_the_playground_is_valid_and_has_its_variables() {
    let supergraph = Supergraph::parse(&fs::read_to_string(root().join("schema/supergraph.graphql")).unwrap()).unwrap();
    let examples = examples();
    assert!(!examples.is_empty());
    for (path, query) in examples {
        let document = ExecutableDocument::parse_and_validate(&supergraph.schema, &query, &path)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let variables = fs::read_to_string(path.replace(".graphql", ".json")).unwrap_or_else(|_| "{}".to_owned());
        let variables: serde_json::Value = serde_json::from_str(&variables).unwrap();
        for declared in document.operations.iter().flat_map(|operation| &operation.variables) {
            let needed = declared.ty.is_non_null() && declared.default_value.is_none();
            assert!(!needed || variables.get(declared.name.as_str()).is_some(), "{path} gives no ${}", declared.name);
        }
    }
}

#[test]
fn the_people_named_in_the_examples_are_in_the_demo_data() {
    let leads = fs::read_to_string(root().join("seed/leads-hubspot.csv")).unwrap().to_lowercase();
    for (path, _) in examples() {
        let variables = fs::read_to_string(path.replace(".graphql", ".json")).unwrap_or_else(|_| "{}".to_owned());
        let variables: serde_json::Value = serde_json::from_str(&variables).unwrap();
        if let Some(email) = variables["email"].as_str() {
            assert!(leads.contains(email), "{path} asks for {email}");
        }
    }
}

#[test]
fn the_readme_shows_the_first_example() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let journey = fs::read_to_string(root().join("web/playground/examples/1-journey.graphql")).unwrap();
    let without_comments = journey.split_once("query ").map_or(journey.as_str(), |(_, rest)| rest);
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeeze(&readme).contains(&squeeze(without_comments)), "README.md shows another query");
}

#[test]
fn the_readme_shows_the_client_that_is_there() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let readme = read("README.md");
    for path in ["clients/queries/newest-leads.graphql", "clients/typescript/src/newest-leads.ts"] {
        assert!(readme.contains(read(path).trim_end()), "README.md shows another {path}");
    }
    let scripts: serde_json::Value = serde_json::from_str(&read("clients/typescript/package.json")).unwrap();
    for script in readme.lines().filter_map(|line| line.strip_prefix("npm run ")) {
        assert!(scripts["scripts"].get(script).is_some(), "README.md calls npm run {script}");
    }
}

#[test]
fn every_query_of_the_clients_is_valid_and_the_journey_is_that_of_the_playground() {
    let supergraph = Supergraph::parse(&fs::read_to_string(root().join("schema/supergraph.graphql")).unwrap()).unwrap();
    let folder = root().join("clients/queries");
    for file in fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        let query = fs::read_to_string(&file).unwrap();
        ExecutableDocument::parse_and_validate(&supergraph.schema, &query, &file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let example = fs::read_to_string(root().join("web/playground/examples/1-journey.graphql")).unwrap();
    assert!(example.ends_with(&fs::read_to_string(folder.join("journey.graphql")).unwrap()));
}

#[test]
fn every_type_and_every_way_in_is_described() {
    let supergraph = Supergraph::parse(&fs::read_to_string(root().join("schema/supergraph.graphql")).unwrap()).unwrap();
    let mut silent = Vec::new();
    for (name, definition) in supergraph.schema.types.iter().filter(|(_, definition)| !definition.is_built_in()) {
        let (described, fields) = match definition {
            ExtendedType::Object(object) => (object.description.is_some(), Some(&object.fields)),
            ExtendedType::Interface(interface) => (interface.description.is_some(), None),
            ExtendedType::Union(union) => (union.description.is_some(), None),
            ExtendedType::Enum(values) => (values.description.is_some(), None),
            ExtendedType::InputObject(input) => (input.description.is_some(), None),
            ExtendedType::Scalar(scalar) => (scalar.description.is_some(), None),
        };
        let is_root = matches!(name.as_str(), "Query" | "Mutation" | "Subscription");
        // async-graphql gives its connections no description, and the composer drops those of the root types.
        if !described && !is_root && !name.ends_with("Connection") {
            silent.push(name.to_string());
        }
        if is_root {
            let ways_in = fields.unwrap().iter().filter(|(_, field)| field.description.is_none());
            silent.extend(ways_in.map(|(field, _)| format!("{name}.{field}")));
        }
    }
    assert!(silent.is_empty(), "without a description: {}", silent.join(", "));
}

#[test]
fn the_scalars_say_what_they_are() {
    let supergraph = Supergraph::parse(&fs::read_to_string(root().join("schema/supergraph.graphql")).unwrap()).unwrap();
    let says = |name: &str| supergraph.schema.types[name].description().unwrap().to_string();
    assert_eq!(says("DateTime"), "A moment in UTC, RFC 3339.");
    assert_eq!(says("Long"), "A whole number of up to 64 bits, as a JSON number.");
}
