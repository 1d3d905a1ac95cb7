//! Who sees and changes which leads, accounts and contacts.

use std::collections::BTreeSet;

use events::lead::{AccountCreated, LeadCaptured};
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

pub fn role(grants: &[(Object, Scope, &[Action])]) -> Grants {
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

    // A whole list is imported by those who may change whatever it meets.
    let import = "mutation { importLeads(input: { headers: [\"Email\"], rows: [{ row: 1, cells: [\"x@a.example\"] }] }) { outcomes { row } } }";
    let refused = test.graphql_as(&ada, import, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
}

on_both_engines!(SERVICE, a_capture_fills_no_blanks_of_a_lead_that_one_may_not_update);
async fn a_capture_fills_no_blanks_of_a_lead_that_one_may_not_update(test: ServiceTest) {
    let (ada, manager) = (test.user(BuiltInRole::AccountExecutive), test.user(BuiltInRole::Manager));
    let lead = capture(&test, json!({ "email": "l@a.example" })).await;
    let again = async |actor: &Actor| {
        let input = json!({ "input": { "email": "l@a.example", "country": "DE" } });
        test.graphql_as(actor, CAPTURE, input).await["data"]["captureLead"].take()
    };
    let kept = async || {
        let read = "query($id: ID!) { lead(id: $id) { country version } }";
        test.graphql(read, json!({ "id": lead })).await["lead"].take()
    };
    let found = json!({ "created": false, "lead": { "id": lead }, "errors": [] });
    assert_eq!(again(&ada).await, json!({ "created": false, "lead": null, "errors": [] }));
    assert_eq!(kept().await, json!({ "country": null, "version": 1 }), "not even to read");
    assert_eq!(again(&manager).await, found);
    assert_eq!(kept().await, json!({ "country": null, "version": 1 }), "only to read");
    test.route(lead, &ada).await;
    assert_eq!(again(&ada).await, found);
    assert_eq!(kept().await, json!({ "country": "DE", "version": 2 }), "her own");
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

on_both_engines!(SERVICE, a_locked_field_comes_in_by_no_capture_and_no_import);
async fn a_locked_field_comes_in_by_no_capture_and_no_import(test: ServiceTest) {
    let rule = |object, field: &str, hidden| FieldRule { object, field: field.into(), hidden };
    let fields = vec![
        rule(Object::Lead, "phone", true),
        rule(Object::Lead, "title", false),
        rule(Object::Account, "industry", false),
    ];
    let discreet = test.user_with(Grants { fields, ..Grants::everything() });
    let refuses = |refused: &Value, field: &str| {
        let extensions = &refused["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["field"]), (&json!("FORBIDDEN"), &json!(field)), "{refused}");
    };
    for field in ["phone", "title"] {
        let input = json!({ "input": { "email": "p@a.example", field: "x" } });
        refuses(&test.graphql_as(&discreet, CAPTURE, input).await, field);
    }
    // The column may be there; what counts is that no row says anything in it, not even the last.
    let import = async |mutation: &str, column: &str, last: &str, dry_run: bool| {
        let query =
            format!("mutation($input: ImportRowsInput!) {{ {mutation}(input: $input) {{ outcomes {{ outcome }} }} }}");
        let name = if mutation == "importLeads" { "Email" } else { "Company name" };
        let rows = json!([{ "row": 1, "cells": ["p@a.example", ""] }, { "row": 2, "cells": ["q@a.example", last] }]);
        let input = json!({ "headers": [name, column], "rows": rows, "dryRun": dry_run });
        test.graphql_as(&discreet, &query, json!({ "input": input })).await
    };
    let columns = [
        ("importLeads", "Phone", "phone"),
        ("importLeads", "Job Title", "title"),
        ("importAccounts", "Industry", "industry"),
    ];
    for (mutation, column, field) in columns {
        for dry_run in [true, false] {
            refuses(&import(mutation, column, "x", dry_run).await, field);
        }
    }
    assert_eq!(test.published::<LeadCaptured>().await.len(), 0);
    assert_eq!(test.published::<AccountCreated>().await.len(), 0);

    for (mutation, column) in [("importLeads", "Phone"), ("importAccounts", "Industry")] {
        let taken = import(mutation, column, "", false).await;
        let created = json!([{ "outcome": "CREATED" }, { "outcome": "CREATED" }]);
        assert_eq!(taken["data"][mutation]["outcomes"], created, "{taken}");
    }
    let input = json!({ "input": { "email": "r@a.example", "country": "DE" } });
    let captured = test.graphql_as(&discreet, CAPTURE, input).await;
    assert_eq!(captured["data"]["captureLead"]["created"], true, "{captured}");
}

on_both_engines!(SERVICE, contacts_and_accounts_of_others_are_neither_seen_nor_changed);
async fn contacts_and_accounts_of_others_are_neither_seen_nor_changed(test: ServiceTest) {
    const ACCOUNT: &str =
        "mutation($name: String!) { createAccount(input: { name: $name }) { account { id owner { id } } } }";
    const CONTACT: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) {
        contact { id owner { id } } errors { code field } } }";
    const LIST: &str =
        "query($id: ID!, $of: [_Any!]!) { contact(id: $id) { id } contacts { totalCount edges { node { id } } }
        _entities(representations: $of) { ... on Contact { email } } }";
    const CHANGE: &str = "mutation($account: ID!, $contact: ID!) {
        updateAccount(input: { id: $account, industry: \"Energy\" }) { account { version } errors { code field } }
        updateContact(input: { id: $contact, title: \"CTO\" }) { contact { version } errors { code field } } }";
    let of_mine = role(&[
        (Object::Account, Scope::Own, &[Action::Create, Action::Read, Action::Update]),
        (Object::Contact, Scope::Own, &[Action::Create, Action::Read, Action::Update]),
    ]);
    let (ada, ben) = (test.user_with(of_mine.clone()), test.user_with(of_mine));
    let make = async |by: &Actor, name: &str| {
        let account = test.graphql_as(by, ACCOUNT, json!({ "name": name })).await;
        let account = account["data"]["createAccount"]["account"].clone();
        let input = json!({ "email": format!("{name}@a.example"), "accountId": account["id"] });
        let contact = test.graphql_as(by, CONTACT, json!({ "input": input })).await;
        let contact = contact["data"]["createContact"]["contact"].clone();
        let owner = json!({ "id": by.user() });
        assert_eq!((&account["owner"], &contact["owner"]), (&owner, &owner), "who makes it owns it");
        (account["id"].clone(), contact["id"].clone())
    };
    let ((engines, hers), (looms, his)) = (make(&ada, "engines").await, make(&ben, "looms").await);
    for (actor, contact, seen) in [(&ada, &hers, true), (&ada, &his, false), (&test.actor, &his, true)] {
        let of = json!([{ "__typename": "Contact", "id": contact }]);
        let data = test.graphql_as(actor, LIST, json!({ "id": contact, "of": of })).await["data"].take();
        let edges = data["contacts"]["edges"].as_array().unwrap();
        assert_eq!(data["contacts"]["totalCount"], json!(edges.len()));
        let listed = edges.iter().any(|edge| edge["node"]["id"] == *contact);
        assert_eq!([!data["contact"].is_null(), listed, !data["_entities"][0].is_null()], [seen; 3], "{data}");
    }

    let missing = json!([{ "code": "NOT_FOUND", "field": "id" }]);
    let of_others = test.graphql_as(&ada, CHANGE, json!({ "account": looms, "contact": his })).await["data"].take();
    assert_eq!((&of_others["updateAccount"]["errors"], &of_others["updateContact"]["errors"]), (&missing, &missing));
    let own = test.graphql_as(&ada, CHANGE, json!({ "account": engines, "contact": hers })).await["data"].take();
    assert_eq!(
        (&own["updateAccount"]["account"]["version"], &own["updateContact"]["contact"]["version"]),
        (&json!(2), &json!(2))
    );
    // What is seen is not always one's own to change.
    let reader = test.user(BuiltInRole::AccountExecutive);
    let denied = test.graphql_as(&reader, CHANGE, json!({ "account": looms, "contact": his })).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN", "{denied}");

    // An account that one may not read is none to hang a contact on, or to convert into.
    let nowhere = json!([{ "code": "NOT_FOUND", "field": "accountId" }]);
    let input = json!({ "email": "new@a.example", "accountId": looms });
    let refused = test.graphql_as(&ada, CONTACT, json!({ "input": input })).await;
    assert_eq!(refused["data"]["createContact"]["errors"], nowhere);
    let update = "mutation($id: ID!, $account: ID!) { updateContact(input: { id: $id, accountId: $account }) { errors { code field } } }";
    let refused = test.graphql_as(&ada, update, json!({ "id": hers, "account": looms })).await;
    assert_eq!(refused["data"]["updateContact"]["errors"], nowhere);
}

on_both_engines!(SERVICE, nobody_converts_a_lead_into_an_account_that_they_may_not_read);
async fn nobody_converts_a_lead_into_an_account_that_they_may_not_read(test: ServiceTest) {
    let account = "mutation { createAccount(input: { name: \"Looms\" }) { account { id } } }";
    let account = test.graphql(account, json!({})).await["createAccount"]["account"]["id"].take();
    let ada = test.user_with(role(&[
        (Object::Lead, Scope::Own, &[Action::Read, Action::Update]),
        (Object::Account, Scope::Own, &[Action::Create, Action::Read]),
        (Object::Contact, Scope::Own, &[Action::Create, Action::Read]),
    ]));
    let lead = capture(&test, json!({ "email": "hers@a.example" })).await;
    test.route(lead, &ada).await;
    let convert = "mutation($id: ID!, $account: ID) { convertLead(input: { id: $id, accountId: $account }) {
        account { name } errors { code field } } }";
    let refused = test.graphql_as(&ada, convert, json!({ "id": lead, "account": account })).await;
    assert_eq!(refused["data"]["convertLead"]["errors"], json!([{ "code": "NOT_FOUND", "field": "accountId" }]));
    let own = test.graphql_as(&ada, convert, json!({ "id": lead })).await;
    assert_eq!(own["data"]["convertLead"], json!({ "account": { "name": "a.example" }, "errors": [] }));
}

on_both_engines!(SERVICE, a_locked_field_of_an_account_or_a_contact_is_written_neither_first_nor_later);
async fn a_locked_field_of_an_account_or_a_contact_is_written_neither_first_nor_later(test: ServiceTest) {
    let rule = |object, field: &str, hidden| FieldRule { object, field: field.into(), hidden };
    let fields = vec![rule(Object::Account, "industry", false), rule(Object::Contact, "phone", true)];
    let discreet = test.user_with(Grants { fields, ..Grants::everything() });
    let account = "mutation { createAccount(input: { name: \"Looms\", industry: \"Textile\" }) { account { id } } }";
    let account = test.graphql(account, json!({})).await["createAccount"]["account"]["id"].take();
    let contact =
        "mutation { createContact(input: { email: \"p@a.example\", phone: \"+49 30 1\" }) { contact { id } } }";
    let contact = test.graphql(contact, json!({})).await["createContact"]["contact"]["id"].take();
    for (mutation, field) in [
        ("createAccount(input: { name: \"A\", industry: \"x\" }) { errors { code } }".to_owned(), "industry"),
        (format!("updateAccount(input: {{ id: {account}, industry: \"x\" }}) {{ errors {{ code }} }}"), "industry"),
        ("createContact(input: { email: \"q@a.example\", phone: \"x\" }) { errors { code } }".to_owned(), "phone"),
        (format!("updateContact(input: {{ id: {contact}, phone: \"x\" }}) {{ errors {{ code }} }}"), "phone"),
    ] {
        let refused = test.graphql_as(&discreet, &format!("mutation {{ {mutation} }}"), json!({})).await;
        let extensions = &refused["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["field"]), (&json!("FORBIDDEN"), &json!(field)), "{refused}");
    }
    let update = "mutation($id: ID!) { updateContact(input: { id: $id, title: \"CTO\" }) { contact { title phone } } }";
    let shown = test.graphql_as(&discreet, update, json!({ "id": contact })).await;
    assert_eq!(shown["data"]["updateContact"]["contact"], json!({ "title": "CTO", "phone": null }));
    let kept = "query($id: ID!) { contact(id: $id) { phone } contacts { edges { node { phone } } } }";
    let kept = async |actor: &Actor| test.graphql_as(actor, kept, json!({ "id": contact })).await["data"].take();
    let listed = |phone: &str| json!({ "contact": { "phone": phone }, "contacts": { "edges": [{ "node": { "phone": phone } }] } });
    assert_eq!(kept(&test.actor).await, listed("+49 30 1"));
    let nothing = json!({ "contact": { "phone": null }, "contacts": { "edges": [{ "node": { "phone": null } }] } });
    assert_eq!(kept(&discreet).await, nothing);
}

on_both_engines!(SERVICE, what_must_be_there_can_be_locked_once_it_is);
async fn what_must_be_there_can_be_locked_once_it_is(test: ServiceTest) {
    let locked =
        [(Object::Lead, "status"), (Object::Account, "name"), (Object::Contact, "email"), (Object::Contact, "account")];
    let rule = |(object, field): (Object, &str)| FieldRule { object, field: field.into(), hidden: false };
    let careful = test.user_with(Grants { fields: locked.map(rule).into(), ..Grants::everything() });
    let lead = capture(&test, json!({ "email": "ada@a.example" })).await;
    let account = "mutation { createAccount(input: { name: \"Looms\" }) { account { id } } }";
    let account = test.graphql_as(&careful, account, json!({})).await["data"]["createAccount"]["account"]["id"].take();
    let contact =
        "mutation($at: ID!) { createContact(input: { email: \"p@a.example\", accountId: $at }) { contact { id } } }";
    let contact = test.graphql_as(&careful, contact, json!({ "at": account })).await;
    let contact = &contact["data"]["createContact"]["contact"]["id"];
    for (mutation, field) in [
        (format!("updateLead(input: {{ id: \"{lead}\", status: DISQUALIFIED }}) {{ errors {{ code }} }}"), "status"),
        (format!("updateAccount(input: {{ id: {account}, name: \"x\" }}) {{ errors {{ code }} }}"), "name"),
        (format!("updateContact(input: {{ id: {contact}, email: \"q@a.example\" }}) {{ errors {{ code }} }}"), "email"),
        (format!("updateContact(input: {{ id: {contact}, accountId: {account} }}) {{ errors {{ code }} }}"), "account"),
        (format!("updateContact(input: {{ id: {contact}, accountId: null }}) {{ errors {{ code }} }}"), "account"),
    ] {
        let refused = test.graphql_as(&careful, &format!("mutation {{ {mutation} }}"), json!({})).await;
        let extensions = &refused["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["field"]), (&json!("FORBIDDEN"), &json!(field)), "{refused}");
    }
    let title = "mutation($id: ID!) { updateLead(input: { id: $id, title: \"CTO\" }) { errors { code } } }";
    let changed = test.graphql_as(&careful, title, json!({ "id": lead })).await;
    assert_eq!(changed["data"]["updateLead"]["errors"], json!([]));
}

on_both_engines!(SERVICE, whoever_may_not_change_a_leads_status_does_not_convert_it);
async fn whoever_may_not_change_a_leads_status_does_not_convert_it(test: ServiceTest) {
    let status = FieldRule { object: Object::Lead, field: "status".into(), hidden: false };
    let careful = test.user_with(Grants { fields: vec![status], ..Grants::everything() });
    let lead = capture(&test, json!({ "email": "ada@a.example" })).await;
    let convert = "mutation($id: ID!) { convertLead(input: { id: $id }) { lead { status } errors { code } } }";
    let refused = test.graphql_as(&careful, convert, json!({ "id": lead })).await;
    let extensions = &refused["errors"][0]["extensions"];
    assert_eq!((&extensions["code"], &extensions["field"]), (&json!("FORBIDDEN"), &json!("status")), "{refused}");
    let left = "query($id: ID!) { lead(id: $id) { status } contacts { totalCount } }";
    let left = test.graphql(left, json!({ "id": lead })).await;
    assert_eq!(left, json!({ "lead": { "status": "NEW" }, "contacts": { "totalCount": 0 } }));
    let converted = test.graphql(convert, json!({ "id": lead })).await;
    assert_eq!(converted["convertLead"], json!({ "lead": { "status": "CONVERTED" }, "errors": [] }));
}

on_both_engines!(SERVICE, a_locked_name_and_amount_come_in_by_no_import_and_no_conversion);
async fn a_locked_name_and_amount_come_in_by_no_import_and_no_conversion(test: ServiceTest) {
    const IMPORT: &str =
        "mutation($name: String!, $dry: Boolean!) { importAccounts(input: { headers: [\"Record ID\", \"Company name\"],
        rows: [{ row: 1, cells: [\"ext-1\", $name] }], dryRun: $dry }) { outcomes { outcome } } }";
    const CONVERT: &str = "mutation($id: ID!) { convertLead(input: { id: $id, opportunity: { amount: { minor: 7, currency: \"EUR\" } } }) { errors { code } } }";
    let rule = |object, field: &str| FieldRule { object, field: field.into(), hidden: false };
    let fields = vec![rule(Object::Account, "name"), rule(Object::Opportunity, "amount")];
    let careful = test.user_with(Grants { fields, ..Grants::everything() });
    let created = test.graphql_as(&careful, IMPORT, json!({ "name": "Looms", "dry": false })).await;
    assert_eq!(created["data"]["importAccounts"]["outcomes"][0]["outcome"], "CREATED", "{created}");
    let lead = capture(&test, json!({ "email": "ada@a.example" })).await;
    for (refused, field) in [
        (test.graphql_as(&careful, IMPORT, json!({ "name": "Mills", "dry": false })).await, "name"),
        (test.graphql_as(&careful, IMPORT, json!({ "name": "Mills", "dry": true })).await, "name"),
        (test.graphql_as(&careful, CONVERT, json!({ "id": lead })).await, "amount"),
    ] {
        let extensions = &refused["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["field"]), (&json!("FORBIDDEN"), &json!(field)), "{refused}");
    }
}

on_both_engines!(SERVICE, nothing_is_found_by_an_account_that_one_may_not_read);
async fn nothing_is_found_by_an_account_that_one_may_not_read(test: ServiceTest) {
    const FOUND: &str = "query($id: ID!) { leads(filter: { accountId: $id }) { totalCount edges { node { id } } }
        contacts(filter: { accountId: $id }) { totalCount edges { node { id } } } }";
    let account =
        "mutation { createAccount(input: { name: \"Looms\", domain: \"looms.example\" }) { account { id } } }";
    let account = test.graphql(account, json!({})).await["createAccount"]["account"]["id"].take();
    capture(&test, json!({ "email": "ada@looms.example" })).await;
    let contact = "mutation($id: ID!) { createContact(input: { email: \"bob@looms.example\", accountId: $id }) { contact { id } } }";
    test.graphql(contact, json!({ "id": account })).await;
    let people =
        [(Object::Lead, Scope::All, &[Action::Read] as &[Action]), (Object::Contact, Scope::All, &[Action::Read])];
    let own = (Object::Account, Scope::Own, &[Action::Read] as &[Action]);
    let somebody = test.user_with(role(&[people[0], people[1], own]));
    let counts = async |actor: &Actor| {
        let data = test.graphql_as(actor, FOUND, json!({ "id": account })).await["data"].take();
        ["leads", "contacts"].map(|list| {
            let listed = data[list]["edges"].as_array().unwrap().len();
            assert_eq!(data[list]["totalCount"], json!(listed), "{data}");
            listed
        })
    };
    assert_eq!([counts(&test.actor).await, counts(&somebody).await], [[1, 1], [0, 0]]);
}
