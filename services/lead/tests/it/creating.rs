//! Which records somebody may make who may not make all.

use kernel::{
    Action, Actor, LeadId, Object,
    access::{Attribute, Condition, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{access::role, leads::capture};

const CAPTURE: &str = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { created errors { code } } }";
const ACCOUNT: &str =
    "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { name } errors { code } } }";
const CONTACT: &str =
    "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { email } errors { code } } }";
const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) { errors { code } } }";

/// A role's `grants`, those to create for records of Germany alone.
fn german(test: &ServiceTest, grants: &[(Object, Scope, &[Action])]) -> Actor {
    let mut grants = role(grants);
    for grant in grants.grants.iter_mut().filter(|grant| grant.actions.contains(&Action::Create)) {
        grant.only = vec![Condition { attribute: Attribute::Country, any_of: vec!["DE".into()] }];
    }
    test.user_with(grants)
}

async fn ask(test: &ServiceTest, actor: &Actor, mutation: &str, input: Value) -> Value {
    test.graphql_as(actor, mutation, json!({ "input": input })).await
}

/// It is forbidden, and says which attribute is the reason.
fn refused(answer: &Value, because: &str) {
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains(&format!("of a certain {because},")), "{message}");
}

async fn counts(test: &ServiceTest) -> [i64; 3] {
    let data =
        test.graphql("{ leads { totalCount } accounts { totalCount } contacts { totalCount } }", json!({})).await;
    ["leads", "accounts", "contacts"].map(|list| data[list]["totalCount"].as_i64().unwrap())
}

on_both_engines!(SERVICE, a_grant_to_create_can_look_at_attributes);
async fn a_grant_to_create_can_look_at_attributes(test: ServiceTest) {
    let german = german(
        &test,
        &[
            (Object::Lead, Scope::Own, &[Action::Create]),
            (Object::Account, Scope::All, &[Action::Create]),
            (Object::Contact, Scope::Team, &[Action::Create]),
        ],
    );
    for country in [json!("FR"), json!(null)] {
        let input = json!({ "email": "f@a.example", "country": country });
        refused(&ask(&test, &german, CAPTURE, input).await, "country");
        refused(&ask(&test, &german, ACCOUNT, json!({ "name": "Looms", "country": country })).await, "country");
    }
    refused(&ask(&test, &german, CONTACT, json!({ "email": "c@a.example" })).await, "country");
    assert_eq!(counts(&test).await, [0, 0, 0]);

    let lead = ask(&test, &german, CAPTURE, json!({ "email": "g@a.example", "country": "DE" })).await;
    assert_eq!(lead["data"]["captureLead"], json!({ "created": true, "errors": [] }), "nobody's is whose it will be");
    let again = ask(&test, &german, CAPTURE, json!({ "email": "g@a.example" })).await;
    assert_eq!(again["data"]["captureLead"], json!({ "created": false, "errors": [] }), "nothing is made");
    let account = ask(&test, &german, ACCOUNT, json!({ "name": "Looms", "country": "DE" })).await;
    assert_eq!(account["data"]["createAccount"]["account"]["name"], "Looms", "{account}");
    assert_eq!(counts(&test).await, [1, 1, 0]);
}

on_both_engines!(SERVICE, a_lead_becomes_no_account_that_one_may_not_make);
async fn a_lead_becomes_no_account_that_one_may_not_make(test: ServiceTest) {
    let german = {
        let mut german = german(&test, &[(Object::Account, Scope::All, &[Action::Create])]);
        let more = role(&[
            (Object::Lead, Scope::All, &[Action::Read, Action::Update]),
            (Object::Contact, Scope::All, &[Action::Create]),
        ]);
        german.access.role.grants.extend(more.grants);
        german
    };
    let french = capture(&test, json!({ "email": "f@fr.example", "country": "FR" })).await["lead"]["id"].take();
    let from = capture(&test, json!({ "email": "g@de.example", "country": "DE" })).await["lead"]["id"].take();
    refused(&ask(&test, &german, CONVERT, json!({ "id": french })).await, "country");
    assert_eq!(counts(&test).await, [2, 0, 0]);
    let converted = ask(&test, &german, CONVERT, json!({ "id": from })).await;
    assert_eq!(converted["data"]["convertLead"]["errors"], json!([]), "{converted}");
    assert_eq!(counts(&test).await, [2, 1, 1]);
}

on_both_engines!(SERVICE, who_may_make_their_own_makes_none_for_others);
async fn who_may_make_their_own_makes_none_for_others(test: ServiceTest) {
    let ada = test.user_with(role(&[
        (Object::Lead, Scope::All, &[Action::Read, Action::Update]),
        (Object::Account, Scope::All, &[Action::Create]),
        (Object::Contact, Scope::Own, &[Action::Create]),
        (Object::Opportunity, Scope::Own, &[Action::Create]),
    ]));
    let ben = test.user_with(role(&[]));
    let lead = async |email: &str, of: Option<&Actor>| -> LeadId {
        let lead = capture(&test, json!({ "email": email })).await["lead"]["id"].as_str().unwrap().parse().unwrap();
        if let Some(owner) = of {
            test.route(lead, owner).await;
        }
        lead
    };
    let his = lead("his@a.example", Some(&ben)).await;
    for input in [json!({ "id": his }), json!({ "id": his, "opportunity": {} })] {
        refused(&ask(&test, &ada, CONVERT, input).await, "owner");
    }
    for mine in [lead("hers@b.example", Some(&ada)).await, lead("nobodys@c.example", None).await] {
        let converted = ask(&test, &ada, CONVERT, json!({ "id": mine, "opportunity": {} })).await;
        assert_eq!(converted["data"]["convertLead"]["errors"], json!([]), "{converted}");
    }
    assert_eq!(counts(&test).await[2], 2);
}
