//! Who sees and changes which leads, accounts and contacts.

use std::collections::BTreeSet;

use kernel::{
    Action, Actor, BuiltInRole, LeadId, Object,
    access::{Attribute, Condition, FieldRule, Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

const CAPTURE: &str =
    "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { created lead { id } errors { code field } } }";
const READ: &str = "query($id: ID!, $of: [_Any!]!) { lead(id: $id) { id } leads { totalCount edges { node { id } } }
    _entities(representations: $of) { ... on Lead { email } } }";
const UPDATE: &str =
    "mutation($input: UpdateLeadInput!) { updateLead(input: $input) { lead { title phone } errors { code field } } }";

async fn capture(test: &ServiceTest, input: Value) -> LeadId {
    let data = test.graphql(CAPTURE, json!({ "input": input })).await;
    data["captureLead"]["lead"]["id"].as_str().unwrap().parse().unwrap()
}

/// What `actor` learns of a lead by its id, in a list and as an entity.
async fn seen(test: &ServiceTest, actor: &Actor, lead: LeadId) -> [bool; 3] {
    let of = json!([{ "__typename": "Lead", "id": lead }]);
    let answer = test.graphql_as(actor, READ, json!({ "id": lead, "of": of })).await;
    let data = &answer["data"];
    let edges = data["leads"]["edges"].as_array().unwrap();
    assert_eq!(data["leads"]["totalCount"], json!(edges.len()), "a count tells of nothing that the list hides");
    [
        !data["lead"].is_null(),
        edges.iter().any(|edge| edge["node"]["id"] == json!(lead)),
        !data["_entities"][0].is_null(),
    ]
}

fn role(grants: &[(Object, Scope, &[Action])]) -> Grants {
    let grant = |&(object, scope, actions): &(Object, Scope, &[Action])| Grant {
        object,
        scope,
        actions: actions.iter().copied().collect::<BTreeSet<_>>(),
        only: Vec::new(),
    };
    Grants { grants: grants.iter().map(grant).collect(), fields: Vec::new() }
}

on_both_engines!(SERVICE, a_rep_sees_their_own_leads_and_no_others);
async fn a_rep_sees_their_own_leads_and_no_others(test: ServiceTest) {
    let (ada, ben) = (test.user(BuiltInRole::AccountExecutive), test.user(BuiltInRole::AccountExecutive));
    let hers = capture(&test, json!({ "email": "hers@a.example" })).await;
    let his = capture(&test, json!({ "email": "his@a.example" })).await;
    let nobodys = capture(&test, json!({ "email": "nobodys@a.example" })).await;
    test.route(hers, &ada).await;
    test.route(his, &ben).await;
    assert_eq!(seen(&test, &ada, hers).await, [true; 3]);
    assert_eq!(seen(&test, &ada, his).await, [false; 3]);
    assert_eq!(seen(&test, &ada, nobodys).await, [false; 3]);
    assert_eq!(seen(&test, &test.user(BuiltInRole::ReadOnly), his).await, [true; 3]);
    assert_eq!(seen(&test, &test.user(BuiltInRole::SalesEngineer), his).await, [false; 3]);
    // The team sees what its members own.
    let mut manager = test.user_with(role(&[(Object::Lead, Scope::Team, &[Action::Read])]));
    manager.access.team.push(ada.user().unwrap());
    assert_eq!([seen(&test, &manager, hers).await, seen(&test, &manager, his).await], [[true; 3], [false; 3]]);
    // Routed to somebody else, it is no longer hers.
    test.route(hers, &ben).await;
    assert_eq!([seen(&test, &ada, hers).await, seen(&test, &ben, hers).await], [[false; 3], [true; 3]]);
}

on_both_engines!(SERVICE, what_is_not_seen_cannot_be_changed_and_what_is_seen_not_always);
async fn what_is_not_seen_cannot_be_changed_and_what_is_seen_not_always(test: ServiceTest) {
    let ada = test.user(BuiltInRole::AccountExecutive);
    let (hers, other) = (
        capture(&test, json!({ "email": "hers@a.example" })).await,
        capture(&test, json!({ "email": "other@a.example", "title": "CTO" })).await,
    );
    test.route(hers, &ada).await;
    let update = |id: LeadId| json!({ "input": { "id": id, "title": "CEO" } });
    let convert = "mutation($id: ID!) { convertLead(input: { id: $id }) { errors { code field } } }";
    let errors = |answer: Value, of: &str| answer["data"][of]["errors"].clone();

    let changed = test.graphql_as(&ada, UPDATE, update(hers)).await;
    assert_eq!(changed["data"]["updateLead"]["lead"]["title"], "CEO");
    let missing = json!([{ "code": "NOT_FOUND", "field": "id" }]);
    assert_eq!(errors(test.graphql_as(&ada, UPDATE, update(other)).await, "updateLead"), missing);
    assert_eq!(errors(test.graphql_as(&ada, convert, json!({ "id": other })).await, "convertLead"), missing);
    let reader = test.user(BuiltInRole::ReadOnly);
    let denied = test.graphql_as(&reader, UPDATE, update(other)).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN", "{denied}");
    let data = test.graphql("query($id: ID!) { lead(id: $id) { title version } }", json!({ "id": other })).await;
    assert_eq!(data["lead"], json!({ "title": "CTO", "version": 1 }));

    // Captured again by somebody who may not read it, a lead fills its blanks and says nothing.
    let again = json!({ "input": { "email": "other@a.example", "country": "DE" } });
    let captured = test.graphql_as(&ada, CAPTURE, again).await;
    assert_eq!(captured["data"]["captureLead"], json!({ "created": false, "lead": null, "errors": [] }));
    // A whole list is imported by those who may change whatever it meets.
    let import = "mutation { importLeads(input: { headers: [\"Email\"], rows: [{ row: 1, cells: [\"x@a.example\"] }] }) { outcomes { row } } }";
    let refused = test.graphql_as(&ada, import, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
}

on_both_engines!(SERVICE, a_grant_can_look_at_attributes);
async fn a_grant_can_look_at_attributes(test: ServiceTest) {
    let mut grants = role(&[(Object::Lead, Scope::All, &[Action::Read])]);
    grants.grants[0].only = vec![Condition { attribute: Attribute::Country, any_of: vec!["DE".into(), "AT".into()] }];
    let dach = test.user_with(grants);
    let german = capture(&test, json!({ "email": "g@a.example", "country": "DE" })).await;
    let french = capture(&test, json!({ "email": "f@a.example", "country": "FR" })).await;
    let unknown = capture(&test, json!({ "email": "u@a.example" })).await;
    assert_eq!(seen(&test, &dach, german).await, [true; 3]);
    assert_eq!(seen(&test, &dach, french).await, [false; 3]);
    assert_eq!(seen(&test, &dach, unknown).await, [false; 3]);
}

on_both_engines!(SERVICE, a_hidden_field_is_null_everywhere_and_cannot_be_written_or_filtered_by);
async fn a_hidden_field_is_null_everywhere_and_cannot_be_written_or_filtered_by(test: ServiceTest) {
    let rule = |object, field: &str, hidden| FieldRule { object, field: field.into(), hidden };
    let fields = vec![
        rule(Object::Lead, "phone", true),
        rule(Object::Lead, "title", false),
        rule(Object::Account, "domain", true),
    ];
    let discreet = test.user_with(Grants { fields, ..Grants::everything() });
    let lead = capture(&test, json!({ "email": "p@a.example", "phone": "+49 30 1", "title": "CTO" })).await;
    let account =
        "mutation { createAccount(input: { name: \"Looms\", domain: \"looms.example\" }) { account { id } } }";
    test.graphql(account, json!({})).await;

    let read = "query($id: ID!) { lead(id: $id) { title phone } leads { edges { node { phone } } } accounts { edges { node { domain } } } }";
    let data = test.graphql_as(&discreet, read, json!({ "id": lead })).await["data"].take();
    assert_eq!(data["lead"], json!({ "title": "CTO", "phone": null }));
    assert_eq!(data["leads"]["edges"][0]["node"]["phone"], Value::Null);
    assert_eq!(data["accounts"]["edges"][0]["node"]["domain"], Value::Null);
    for field in ["phone", "title"] {
        let write = json!({ "input": { "id": lead, field: "x" } });
        let refused = test.graphql_as(&discreet, UPDATE, write).await;
        let extensions = &refused["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["field"]), (&json!("FORBIDDEN"), &json!(field)), "{refused}");
    }
    let country = test.graphql_as(&discreet, UPDATE, json!({ "input": { "id": lead, "country": "DE" } })).await;
    assert_eq!(country["data"]["updateLead"]["lead"], json!({ "title": "CTO", "phone": null }), "{country}");
    let filter = "{ accounts(filter: { domain: \"looms.example\" }) { totalCount } }";
    let refused = test.graphql_as(&discreet, filter, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
}
