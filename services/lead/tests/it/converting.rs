//! What of a lead somebody hands on who converts it, and under which names.

use events::lead::{AccountCreated, LeadConverted};
use kernel::{
    Action, Actor, Object,
    access::{FieldRule, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{access::role, leads::capture};

async fn lead(test: &ServiceTest, input: Value) -> Value {
    capture(test, input).await["lead"]["id"].take()
}

async fn account(test: &ServiceTest, name: &str, domain: &str) {
    let create = "mutation($input: CreateAccountInput!) { createAccount(input: $input) { errors { code } } }";
    test.graphql(create, json!({ "input": { "name": name, "domain": domain } })).await;
}

async fn convert(test: &ServiceTest, actor: &Actor, input: Value) -> Value {
    const CONVERT: &str =
        "mutation($input: ConvertLeadInput!) { convertLead(input: $input) { lead { status } errors { code field } } }";
    test.graphql_as(actor, CONVERT, json!({ "input": input })).await["data"]["convertLead"].take()
}

/// What became of a lead, as somebody sees it from whom nothing is hidden.
async fn made(test: &ServiceTest, lead: &Value) -> [Value; 2] {
    const READ: &str = "query($id: ID!) { lead(id: $id) {
        contact { email firstName title phone } account { name domain country employees } } }";
    let mut read = test.graphql(READ, json!({ "id": lead })).await["lead"].take();
    [read["contact"].take(), read["account"].take()]
}

fn rules(rules: &[(Object, &str)], hidden: bool) -> Vec<FieldRule> {
    let rule = |&(object, field): &(Object, &str)| FieldRule { object, field: field.into(), hidden };
    rules.iter().map(rule).collect()
}

const ALL: &[&str] = &["title", "phone", "company", "companyDomain", "employees"];

fn ada() -> Value {
    json!({ "email": "ada@engines.example", "firstName": "Ada", "title": "CTO", "phone": "+44 1", "company": "Secret",
        "companyDomain": "secret.example", "country": "GB", "employees": "77" })
}

on_both_engines!(SERVICE, what_is_hidden_of_a_lead_is_copied_nowhere);
async fn what_is_hidden_of_a_lead_is_copied_nowhere(test: ServiceTest) {
    let hidden: Vec<_> = ALL.iter().map(|field| (Object::Lead, *field)).collect();
    let discreet = test.user_with(Grants { fields: rules(&hidden, true), ..Grants::everything() });
    let ada = lead(&test, ada()).await;
    let converted = convert(&test, &discreet, json!({ "id": ada, "opportunity": {} })).await;
    assert_eq!(converted["errors"], json!([]));
    let contact = json!({ "email": "ada@engines.example", "firstName": "Ada", "title": null, "phone": null });
    let account = json!({ "name": "engines.example", "domain": "engines.example", "country": "GB", "employees": null });
    assert_eq!(made(&test, &ada).await, [contact, account]);
    let told = test.published::<LeadConverted>().await.remove(0);
    assert_eq!(told.opportunity.unwrap().name, "engines.example");
    let kept = test.graphql("query($id: ID!) { lead(id: $id) { title company } }", json!({ "id": ada })).await;
    assert_eq!(kept["lead"], json!({ "title": "CTO", "company": "Secret" }));
}

on_both_engines!(SERVICE, what_is_hidden_still_finds_the_account_there_is_and_takes_no_domain_from_one);
async fn what_is_hidden_still_finds_the_account_there_is_and_takes_no_domain_from_one(test: ServiceTest) {
    let hidden = rules(&[(Object::Lead, "company"), (Object::Lead, "companyDomain")], true);
    let discreet = test.user_with(Grants { fields: hidden, ..Grants::everything() });
    account(&test, "Engines", "engines.example").await;
    let by_address = lead(&test, ada()).await;
    account(&test, "Looms", "looms.example").await;
    let by_company = lead(&test, json!({ "email": "bob@gmail.com", "companyDomain": "looms.example" })).await;
    for (lead, name) in [(by_address, "Engines"), (by_company, "Looms")] {
        assert_eq!(convert(&test, &discreet, json!({ "id": lead })).await["errors"], json!([]), "{name}");
        let [_, account] = made(&test, &lead).await;
        assert_eq!(account["name"], name);
    }
    assert_eq!(test.published::<AccountCreated>().await.len(), 2, "none was made");
}

on_both_engines!(SERVICE, what_may_not_be_written_is_left_out_of_what_a_lead_becomes);
async fn what_may_not_be_written_is_left_out_of_what_a_lead_becomes(test: ServiceTest) {
    let locked = [
        (Object::Account, "name"),
        (Object::Account, "domain"),
        (Object::Account, "employees"),
        (Object::Contact, "email"),
        (Object::Contact, "phone"),
    ];
    for hidden in [false, true] {
        // A name and an address are given by whoever makes a record, and cannot be hidden.
        let locked: Vec<_> =
            locked.into_iter().filter(|(object, field)| !hidden || object.fields().contains(field)).collect();
        let careful = test.user_with(Grants { fields: rules(&locked, hidden), ..Grants::everything() });
        let (email, company) = (format!("ada@{hidden}.example"), format!("Engines {hidden}"));
        let mut ada = ada();
        (ada["email"], ada["company"]) = (json!(email), json!(company));
        ada["companyDomain"] = json!(format!("{hidden}.example"));
        let ada = lead(&test, ada).await;
        assert_eq!(convert(&test, &careful, json!({ "id": ada })).await["errors"], json!([]));
        let contact = json!({ "email": email, "firstName": "Ada", "title": "CTO", "phone": null });
        let account = json!({ "name": company, "domain": null, "country": "GB", "employees": null });
        assert_eq!(made(&test, &ada).await, [contact, account]);
    }
}

on_both_engines!(SERVICE, an_opportunity_is_named_after_no_account_that_one_may_not_read);
async fn an_opportunity_is_named_after_no_account_that_one_may_not_read(test: ServiceTest) {
    let grants = || {
        role(&[
            (Object::Lead, Scope::All, &[Action::Read, Action::Update]),
            (Object::Contact, Scope::All, &[Action::Create]),
            (Object::Opportunity, Scope::All, &[Action::Create]),
        ])
    };
    let seller = test.user_with(grants());
    let company = rules(&[(Object::Lead, "company"), (Object::Lead, "companyDomain")], true);
    let discreet = test.user_with(Grants { fields: company, ..grants() });
    account(&test, "Top Secret", "looms.example").await;
    let leads = [
        lead(&test, json!({ "email": "ada@looms.example", "company": "Looms" })).await,
        lead(&test, json!({ "email": "bob@looms.example" })).await,
        lead(&test, json!({ "email": "eve@gmail.com", "companyDomain": "looms.example" })).await,
    ];
    let unnamed = convert(&test, &discreet, json!({ "id": leads[2], "opportunity": {} })).await;
    assert_eq!(unnamed["errors"], json!([{ "code": "REQUIRED", "field": "opportunity.name" }]));
    let left = "query($id: ID!) { lead(id: $id) { status } contacts { totalCount } }";
    let left = test.graphql(left, json!({ "id": leads[2] })).await;
    assert_eq!(left, json!({ "lead": { "status": "NEW" }, "contacts": { "totalCount": 0 } }));

    for (actor, lead, request) in [
        (&seller, &leads[0], json!({})),
        (&seller, &leads[1], json!({})),
        (&discreet, &leads[2], json!({ "name": "Mine" })),
    ] {
        let converted = convert(&test, actor, json!({ "id": lead, "opportunity": request })).await;
        assert_eq!(converted["errors"], json!([]));
        let [_, account] = made(&test, lead).await;
        assert_eq!(account["name"], "Top Secret");
    }
    let named = test.published::<LeadConverted>().await.into_iter().map(|told| told.opportunity.unwrap().name);
    assert_eq!(named.collect::<Vec<_>>(), ["Looms", "looms.example", "Mine"]);
}
