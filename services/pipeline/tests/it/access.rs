//! At which accounts, and with which contacts, somebody may open an opportunity: those that they may read.

use std::collections::BTreeSet;

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
