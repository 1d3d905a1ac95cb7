use chrono::TimeDelta;
use events::lead::{ContactCreated, ContactUpdated};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

const CREATE: &str = "mutation($input: CreateContactInput!) { createContact(input: $input) {
    contact { id version email firstName lastName title phone account { name } } errors { code field } } }";
const UPDATE: &str = "mutation($input: UpdateContactInput!) { updateContact(input: $input) {
    contact { version email firstName title phone account { name } } errors { code field } } }";
const ACCOUNT: &str =
    "mutation($name: String!) { createAccount(input: { name: $name }) { account { id } errors { code } } }";

async fn create(test: &ServiceTest, input: Value) -> Value {
    test.graphql(CREATE, json!({ "input": input })).await["createContact"].take()
}

async fn update(test: &ServiceTest, input: Value) -> Value {
    test.graphql(UPDATE, json!({ "input": input })).await["updateContact"].take()
}

async fn account(test: &ServiceTest, name: &str) -> Value {
    test.graphql(ACCOUNT, json!({ "name": name })).await["createAccount"]["account"]["id"].take()
}

on_both_engines!(SERVICE, a_contact_is_made_at_an_account_and_others_hear_of_it);
async fn a_contact_is_made_at_an_account_and_others_hear_of_it(test: ServiceTest) {
    let engines = account(&test, "Engines").await;
    let input = json!({
        "email": " Ada@Engines.example ", "firstName": "Ada", "lastName": "Lovelace", "title": "CTO",
        "phone": "+44 1", "accountId": engines,
    });
    let made = create(&test, input).await;
    let mut contact = made["contact"].clone();
    let id = contact.as_object_mut().unwrap().remove("id").unwrap();
    assert_eq!(
        (contact, &made["errors"]),
        (
            json!({ "version": 1, "email": "ada@engines.example", "firstName": "Ada", "lastName": "Lovelace",
                "title": "CTO", "phone": "+44 1", "account": { "name": "Engines" } }),
            &json!([])
        )
    );
    let [ContactCreated { current }] = &test.published::<ContactCreated>().await[..] else { panic!("one event") };
    assert_eq!((json!(current.id), json!(current.account)), (id, engines));
    assert_eq!((current.email.as_str(), current.title.as_deref()), ("ada@engines.example", Some("CTO")));
}

on_both_engines!(SERVICE, an_address_belongs_to_one_contact);
async fn an_address_belongs_to_one_contact(test: ServiceTest) {
    let taken = json!([{ "code": "ALREADY_EXISTS", "field": "email" }]);
    create(&test, json!({ "email": "ada@engines.example" })).await;
    let bob = create(&test, json!({ "email": "bob@engines.example" })).await["contact"]["id"].take();
    assert_eq!(create(&test, json!({ "email": "ADA@engines.example" })).await["errors"], taken);
    assert_eq!(update(&test, json!({ "id": bob, "email": "ada@engines.example" })).await["errors"], taken);
    let moved = update(&test, json!({ "id": bob, "email": "bob@looms.example" })).await;
    assert_eq!(moved["contact"]["email"], "bob@looms.example");
    // A lead with the address becomes that contact, and no second one.
    let lead = capture(&test, json!({ "email": "bob@looms.example" })).await["lead"]["id"].take();
    let convert = "mutation($id: ID!) { convertLead(input: { id: $id }) { contact { id } errors { code } } }";
    assert_eq!(test.graphql(convert, json!({ "id": lead })).await["convertLead"]["contact"]["id"], bob);
    assert_eq!(test.published::<ContactCreated>().await.len(), 2);
}

on_both_engines!(SERVICE, an_idempotency_key_makes_one_contact);
async fn an_idempotency_key_makes_one_contact(test: ServiceTest) {
    let input = json!({ "email": "ada@engines.example", "title": "CTO", "idempotencyKey": "k" });
    let first = create(&test, input.clone()).await;
    assert_eq!(create(&test, input.clone()).await, first);
    let mut other = input;
    other["title"] = json!("CEO");
    let mismatch = json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]);
    assert_eq!(create(&test, other).await["errors"], mismatch);
    assert_eq!(test.published::<ContactCreated>().await.len(), 1);
}

on_both_engines!(SERVICE, a_contact_changes_as_given_and_not_from_a_stale_version);
async fn a_contact_changes_as_given_and_not_from_a_stale_version(test: ServiceTest) {
    let looms = account(&test, "Looms").await;
    let contact = create(&test, json!({ "email": "ada@engines.example", "title": "CTO" })).await["contact"].take();
    let id = &contact["id"];
    let changed = update(&test, json!({ "id": id, "version": 1, "firstName": "Ada", "accountId": looms })).await;
    assert_eq!(
        changed["contact"],
        json!({ "version": 2, "email": "ada@engines.example", "firstName": "Ada", "title": "CTO", "phone": null,
            "account": { "name": "Looms" } })
    );
    let stale = update(&test, json!({ "id": id, "version": 1, "title": "CEO" })).await;
    assert_eq!(stale, json!({ "contact": null, "errors": [{ "code": "CONFLICT", "field": null }] }));
    let same = update(&test, json!({ "id": id, "firstName": "Ada" })).await;
    assert_eq!(same["contact"]["version"], 2, "nothing changed");
    let [ContactUpdated { previous, current }] = &test.published::<ContactUpdated>().await[..] else {
        panic!("one event")
    };
    assert_eq!((previous.version, previous.account, current.version), (1, None, 2));
    assert_eq!(json!(current.account), looms);
}

on_both_engines!(SERVICE, a_contact_may_leave_its_account);
async fn a_contact_may_leave_its_account(test: ServiceTest) {
    let looms = account(&test, "Looms").await;
    let contact = create(&test, json!({ "email": "ada@looms.example", "accountId": looms })).await["contact"].take();
    let kept = update(&test, json!({ "id": contact["id"], "title": "CTO" })).await;
    assert_eq!(kept["contact"]["account"], json!({ "name": "Looms" }));
    let left = update(&test, json!({ "id": contact["id"], "accountId": null })).await;
    assert_eq!((&left["contact"]["account"], &left["contact"]["version"]), (&json!(null), &json!(3)));
    let told = test.published::<ContactUpdated>().await.remove(1);
    assert_eq!((json!(told.previous.account), told.current.account), (looms.clone(), None));
    let back = update(&test, json!({ "id": contact["id"], "accountId": looms })).await;
    assert_eq!(back["contact"]["account"], json!({ "name": "Looms" }));
}

on_both_engines!(SERVICE, what_is_wrong_with_a_contact_names_its_field_and_writes_nothing);
async fn what_is_wrong_with_a_contact_names_its_field_and_writes_nothing(test: ServiceTest) {
    let nowhere: kernel::AccountId = test.clock.id();
    let nobody: kernel::ContactId = test.clock.id();
    for (input, code, field) in [
        (json!({ "email": "two@@at.example" }), "INVALID_EMAIL", "email"),
        (json!({ "email": "a@b.example", "title": "x".repeat(501) }), "TOO_LONG", "title"),
        (json!({ "email": "a@b.example", "accountId": nowhere }), "NOT_FOUND", "accountId"),
    ] {
        let refused = create(&test, input).await;
        assert_eq!(refused, json!({ "contact": null, "errors": [{ "code": code, "field": field }] }));
    }
    let unknown = update(&test, json!({ "id": nobody, "title": "CEO" })).await;
    assert_eq!(unknown["errors"], json!([{ "code": "NOT_FOUND", "field": "id" }]));
    assert_eq!(test.published::<ContactCreated>().await.len(), 0);
}

on_both_engines!(SERVICE, contacts_page_newest_first_and_are_found_by_address_and_account);
async fn contacts_page_newest_first_and_are_found_by_address_and_account(test: ServiceTest) {
    const LIST: &str = "query($first: Int, $after: String, $filter: ContactFilterInput) {
        contacts(first: $first, after: $after, filter: $filter) {
            totalCount edges { node { email } } pageInfo { hasNextPage endCursor } } }";
    let engines = account(&test, "Engines").await;
    for number in 0..5 {
        let account = if number < 2 { engines.clone() } else { Value::Null };
        create(&test, json!({ "email": format!("p{number}@a.example"), "accountId": account })).await;
        // Two of one moment, so that the page ends between them.
        if number != 2 {
            test.clock.advance(TimeDelta::seconds(1));
        }
    }
    let list = async |variables: Value| test.graphql(LIST, variables).await["contacts"].take();
    let emails = |page: &Value| -> Vec<String> {
        let edges = page["edges"].as_array().unwrap().iter();
        edges.map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()).collect()
    };
    let first = list(json!({ "first": 2 })).await;
    assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&json!(5), &json!(true)));
    let second = list(json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    let mut seen = [emails(&first), emails(&second)].concat();
    assert_eq!(seen[0], "p4@a.example");
    seen.sort();
    assert_eq!(seen, ["p0", "p1", "p2", "p3", "p4"].map(|name| format!("{name}@a.example")));
    for (filter, expected) in [
        (json!({ "email": "P3@a.example" }), vec!["p3@a.example"]),
        (json!({ "accountId": engines }), vec!["p1@a.example", "p0@a.example"]),
        (json!({ "accountId": engines, "email": "p3@a.example" }), vec![]),
    ] {
        let page = list(json!({ "filter": filter })).await;
        assert_eq!(
            (emails(&page), &page["totalCount"]),
            (expected.iter().map(ToString::to_string).collect(), &json!(expected.len())),
            "{filter}"
        );
    }
    let stranger = test.graphql_as(&test.stranger(), LIST, json!({})).await;
    assert_eq!(stranger["data"]["contacts"]["totalCount"], 0);
}
