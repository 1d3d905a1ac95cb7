//! What every mutation promises, read off the schema.

use std::{collections::BTreeSet, fs, path::PathBuf};

use apollo_compiler::{Schema, schema::ExtendedType};

/// What makes something: asked again under the same key, it finds what it made.
const CREATES: &[&str] = &[
    "captureLead",
    "convertLead",
    "createAccount",
    "createApiKey",
    "createContact",
    "createOpportunity",
    "createRole",
    "createServiceAccount",
    "createTeam",
    "createUser",
    "createWorkspace",
    "enrichLead",
    "enrollLead",
    "inviteUser",
    "rotateApiKey",
    "routeLead",
    "suppress",
];

/// What brings something that there is into a state that the input names: asked again, it changes nothing more, or
/// says that the version has moved on. A row of an import is known by its own id or address.
const CHANGES: &[&str] = &[
    "addTeamMember",
    "deleteRole",
    "deleteTeam",
    "importAccounts",
    "importLeads",
    "moveOpportunity",
    "moveTeam",
    "pauseEnrollment",
    "removeTeamMember",
    "resolveUncertainMessage",
    "resumeEnrollment",
    "revokeApiKey",
    "revokeSession",
    "setMailboxPaused",
    "stopEnrollment",
    "updateAccount",
    "updateContact",
    "updateLead",
    "updateOpportunity",
    "updateRep",
    "updateRole",
    "updateTeam",
    "updateUser",
];

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
    assert_eq!(named, listed, "a mutation belongs in one of the two lists above");
    for &name in CREATES {
        let input = mutations[name].argument_by_name("input").unwrap();
        let Some(ExtendedType::InputObject(input)) = schema.types.get(input.ty.inner_named_type()) else {
            panic!("{name} takes no input object");
        };
        let key = input.fields.get("idempotencyKey");
        assert!(key.is_some_and(|key| key.ty.to_string() == "String"), "{name} takes no idempotencyKey");
    }
}
