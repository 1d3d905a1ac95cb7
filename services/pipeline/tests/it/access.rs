//! At which accounts, and with which contacts, somebody may open an opportunity, and which of them one shows: those
//! that they may read.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use events::{
    lead::{Account, AccountCreated, AccountUpdated, ContactCreated, ContactUpdated},
    pipeline::OpportunityCreated,
};
use kernel::{
    Action, Actor, BuiltInRole, Object, UserId,
    access::{Attribute, Condition, Grant, Grants, Scope},
};
use pipewright_pipeline::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::{CREATE, a_contact, an_account, conversion};

/// Reads what is their own of everything.
fn rep(test: &ServiceTest) -> (Actor, UserId) {
    let actions: BTreeSet<Action> = [Action::Create, Action::Read].into();
    let grant = |object| Grant { object, actions: actions.clone(), scope: Scope::Own, only: Vec::new() };
    let actor = test.user_with(Grants { grants: Object::ALL.map(grant).into(), fields: Vec::new() });
    let user = actor.user().unwrap();
    (actor, user)
}

async fn open(test: &ServiceTest, actor: &Actor, input: Value) -> Value {
    let answer = test.graphql_as(actor, CREATE, json!({ "input": input })).await;
    let mut errors = answer["data"]["createOpportunity"]["errors"].clone();
    errors.as_array_mut().unwrap_or_else(|| panic!("{answer}")).iter_mut().for_each(|error| {
        error.as_object_mut().unwrap().remove("message");
    });
    errors
}

fn missing(field: &str) -> Value {
    json!([{ "code": "NOT_FOUND", "field": field }])
}

on_both_engines!(SERVICE, nobody_opens_an_opportunity_at_an_account_that_they_may_not_read);
async fn nobody_opens_an_opportunity_at_an_account_that_they_may_not_read(test: ServiceTest) {
    let ((ada, hers), (_, his)) = (rep(&test), rep(&test));
    let own = Account { owner: Some(hers), ..an_account(&test) };
    let (other, nobodys) = (Account { owner: Some(his), ..an_account(&test) }, an_account(&test));
    for account in [&own, &other, &nobodys] {
        test.deliver(&AccountCreated { current: account.clone() }).await;
    }
    let at = |account: &Account| json!({ "name": "Engines", "accountId": account.id });
    assert_eq!(open(&test, &ada, at(&own)).await, json!([]));
    assert_eq!(open(&test, &ada, at(&other)).await, missing("accountId"));
    assert_eq!(open(&test, &ada, at(&nobodys)).await, missing("accountId"));
    let seller = test.user(BuiltInRole::AccountExecutive);
    assert_eq!(open(&test, &seller, at(&other)).await, json!([]), "who reads all accounts opens at any");
    assert_eq!(test.published::<OpportunityCreated>().await.len(), 2);

    // The owner changes, and an old state that comes late does not change them back.
    let given = Account { version: 2, owner: Some(hers), ..other.clone() };
    test.deliver(&AccountUpdated { previous: other.clone(), current: given }).await;
    test.deliver(&AccountCreated { current: other.clone() }).await;
    assert_eq!(open(&test, &ada, at(&other)).await, json!([]));
}

on_both_engines!(SERVICE, an_account_s_attributes_count_as_they_are_now);
async fn an_account_s_attributes_count_as_they_are_now(test: ServiceTest) {
    let only = |attribute, value: &str| Condition { attribute, any_of: vec![value.into()] };
    let grant = |object, actions: &[Action], only| Grant {
        object,
        actions: actions.iter().copied().collect(),
        scope: Scope::All,
        only,
    };
    let grants = vec![
        grant(Object::Opportunity, &[Action::Create], Vec::new()),
        grant(
            Object::Account,
            &[Action::Read],
            vec![only(Attribute::Country, "DE"), only(Attribute::Industry, "Energy")],
        ),
    ];
    let german = test.user_with(Grants { grants, fields: Vec::new() });
    let before = Account { country: Some("DE".into()), ..an_account(&test) };
    test.deliver(&AccountCreated { current: before.clone() }).await;
    let input = json!({ "name": "Engines", "accountId": before.id });
    assert_eq!(open(&test, &german, input.clone()).await, missing("accountId"));
    let current = Account { version: 2, industry: Some("Energy".into()), ..before.clone() };
    test.deliver(&AccountUpdated { previous: before, current }).await;
    assert_eq!(open(&test, &german, input).await, json!([]));
}

on_both_engines!(SERVICE, nobody_names_a_contact_that_they_may_not_read);
async fn nobody_names_a_contact_that_they_may_not_read(test: ServiceTest) {
    let (ada, hers) = rep(&test);
    let account = Account { owner: Some(hers), ..an_account(&test) };
    test.deliver(&AccountCreated { current: account.clone() }).await;
    let contact = a_contact(&test, account.id);
    test.deliver(&ContactCreated { current: contact.clone() }).await;
    let input = json!({ "name": "Engines", "accountId": account.id, "contactId": contact.id });
    assert_eq!(open(&test, &ada, input.clone()).await, missing("contactId"));
    let current = events::lead::Contact { version: 2, owner: Some(hers), ..contact.clone() };
    test.deliver(&ContactUpdated { previous: contact, current }).await;
    assert_eq!(open(&test, &ada, input).await, json!([]));
}

on_both_engines!(SERVICE, what_only_a_conversion_has_told_of_is_nobodys);
async fn what_only_a_conversion_has_told_of_is_nobodys(test: ServiceTest) {
    let (ada, hers) = rep(&test);
    let converted = conversion(&test, None);
    test.deliver(&converted).await;
    let input = json!({ "name": "Engines", "accountId": converted.account, "contactId": converted.contact });
    assert_eq!(open(&test, &ada, input.clone()).await, missing("accountId"));
    assert_eq!(open(&test, &test.actor, input.clone()).await, json!([]));
    let current = Account { id: converted.account, owner: Some(hers), ..an_account(&test) };
    test.deliver(&AccountCreated { current }).await;
    assert_eq!(open(&test, &ada, input).await, missing("contactId"), "its own event has come meanwhile");
}

on_both_engines!(SERVICE, an_opportunity_does_not_name_what_the_actor_may_not_read);
async fn an_opportunity_does_not_name_what_the_actor_may_not_read(test: ServiceTest) {
    const LIST: &str = "{ opportunities { edges { node { name account { id } contact { id } } } } }";
    let grant = |object, scope| Grant { object, actions: [Action::Read].into(), scope, only: Vec::new() };
    let grants = vec![
        grant(Object::Opportunity, Scope::All),
        grant(Object::Account, Scope::Own),
        grant(Object::Contact, Scope::Own),
    ];
    let ada = test.user_with(Grants { grants, fields: Vec::new() });
    let hers = Account { owner: ada.user(), ..an_account(&test) };
    let other = an_account(&test);
    for current in [hers.clone(), other.clone()] {
        test.deliver(&AccountCreated { current }).await;
    }
    let nobodys = a_contact(&test, hers.id);
    let her_contact = events::lead::Contact { owner: ada.user(), ..a_contact(&test, other.id) };
    for current in [nobodys.clone(), her_contact.clone()] {
        test.deliver(&ContactCreated { current }).await;
    }
    for (name, account, contact) in [("first", hers.id, nobodys.id), ("second", other.id, her_contact.id)] {
        let input = json!({ "name": name, "accountId": account, "contactId": contact });
        assert_eq!(open(&test, &test.actor, input).await, json!([]));
        test.clock.advance(TimeDelta::seconds(1));
    }

    // The page, the accounts, the contacts.
    let (statements, answer) = test.statements(test.graphql_as(&ada, LIST, json!({}))).await;
    assert_eq!((statements, answer.get("errors")), (3, None));
    let (first, second) = (
        json!({ "name": "first", "account": { "id": hers.id }, "contact": null }),
        json!({ "name": "second", "account": null, "contact": { "id": her_contact.id } }),
    );
    assert_eq!(answer["data"]["opportunities"]["edges"], json!([{ "node": second }, { "node": first }]));

    // Who reads all is shown all, at no cost.
    let (statements, data) = test.statements(test.graphql(LIST, json!({}))).await;
    assert_eq!(statements, 1);
    let (first, second) = (
        json!({ "name": "first", "account": { "id": hers.id }, "contact": { "id": nobodys.id } }),
        json!({ "name": "second", "account": { "id": other.id }, "contact": { "id": her_contact.id } }),
    );
    assert_eq!(data["opportunities"]["edges"], json!([{ "node": second }, { "node": first }]));
}

on_both_engines!(SERVICE, a_filter_by_an_account_tells_nothing_of_one_that_is_hidden);
async fn a_filter_by_an_account_tells_nothing_of_one_that_is_hidden(test: ServiceTest) {
    const OF: &str =
        "query($id: ID!) { opportunities(filter: { accountId: $id }) { totalCount edges { node { id } } } }";
    let grant = |object, scope| Grant { object, actions: [Action::Read].into(), scope, only: Vec::new() };
    let grants = vec![grant(Object::Opportunity, Scope::All), grant(Object::Account, Scope::Own)];
    let ada = test.user_with(Grants { grants, fields: Vec::new() });
    let hers = Account { owner: ada.user(), ..an_account(&test) };
    let other = an_account(&test);
    for (current, found) in [(hers, 1), (other, 0)] {
        let account = current.id;
        test.deliver(&AccountCreated { current }).await;
        assert_eq!(open(&test, &test.actor, json!({ "name": "Looms", "accountId": account })).await, json!([]));
        let list = test.graphql_as(&ada, OF, json!({ "id": account })).await["data"]["opportunities"].take();
        assert_eq!((&list["totalCount"], list["edges"].as_array().map(Vec::len)), (&json!(found), Some(found)));
        let all = test.graphql(OF, json!({ "id": account })).await;
        assert_eq!(all["opportunities"]["totalCount"], 1);
    }
}
