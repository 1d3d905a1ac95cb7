//! What every mutation promises, read off the schema.

use std::{collections::BTreeSet, fs, path::PathBuf};

use apollo_compiler::{Schema, schema::ExtendedType};
use pipewright_tests::mutations::{CHANGES, CREATES};

fn schema() -> Schema {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schema/api.graphql");
    Schema::parse(fs::read_to_string(path).unwrap(), "api.graphql").unwrap()
}

#[test]
fn every_mutation_makes_or_changes_and_what_makes_takes_an_idempotency_key() {
    let schema = schema();
    let mutations = &schema.get_object("Mutation").unwrap().fields;
    let named: BTreeSet<&str> = mutations.keys().map(|name| name.as_str()).collect();
    let listed: BTreeSet<&str> = CREATES.iter().chain(CHANGES).copied().collect();
    assert_eq!(listed.len(), CREATES.len() + CHANGES.len(), "a mutation is in both lists");
    assert_eq!(named, listed, "a mutation belongs in one of the two lists of tests/src/mutations.rs");
    for &name in CREATES {
        let input = mutations[name].argument_by_name("input").unwrap();
        let Some(ExtendedType::InputObject(input)) = schema.types.get(input.ty.inner_named_type()) else {
            panic!("{name} takes no input object");
        };
        let key = input.fields.get("idempotencyKey");
        assert!(key.is_some_and(|key| key.ty.to_string() == "String"), "{name} takes no idempotencyKey");
    }
}
