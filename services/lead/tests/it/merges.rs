use chrono::TimeDelta;
use events::lead::{ContactMerged, ContactUnmerged, LeadMerged, LeadUnmerged, SegmentExited};
use kernel::{
    Action, Object,
    access::{Grant, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::leads::capture;

pub const CONTACT: &str =
    "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } errors { code } } }";
pub const MERGE: &str = "mutation($input: MergeContactsInput!) { mergeContacts(input: $input) {
    contact { id version email firstName title phone }
    merge { id survivorId otherIds undoneAt changes { field previous merged fromId } } errors { code field } } }";
pub const MERGE_LEADS: &str = "mutation($input: MergeLeadsInput!) { mergeLeads(input: $input) {
    lead { id email title } merge { id } errors { code field } } }";
pub const MERGE_ACCOUNTS: &str = "mutation($input: MergeAccountsInput!) { mergeAccounts(input: $input) {
    account { id name domain } merge { id } errors { code field } } }";
pub const UNMERGE: &str = "mutation($id: ID!) { unmerge(input: { mergeId: $id }) { merge { undoneAt }
    restored { ids contacts { email title } leads { email } accounts { domain } }
    changedSince { fields { field merged now } leads { ids } contacts { ids } } errors { code field } } }";
const READ: &str = "query($id: ID!) { contact(id: $id) { id email title phone } }";
const LIST: &str = "{ contacts(first: 50) { totalCount edges { node { email } } } }";

pub async fn contact(test: &ServiceTest, input: Value) -> Value {
    test.clock.advance(TimeDelta::seconds(1));
    test.graphql(CONTACT, json!({ "input": input })).await["createContact"]["contact"]["id"].take()
}

pub async fn account(test: &ServiceTest, input: Value) -> Value {
    const CREATE: &str =
        "mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } errors { code } } }";
    test.graphql(CREATE, json!({ "input": input })).await["createAccount"]["account"]["id"].take()
}

pub async fn merge(test: &ServiceTest, input: Value) -> Value {
    let mut merged = test.graphql(MERGE, json!({ "input": input })).await;
    assert_eq!(merged["mergeContacts"]["errors"], json!([]));
    merged["mergeContacts"].take()
}

pub async fn unmerge(test: &ServiceTest, id: &Value) -> Value {
    let mut undone = test.graphql(UNMERGE, json!({ "id": id })).await;
    assert_eq!(undone["unmerge"]["errors"], json!([]));
    undone["unmerge"].take()
}

async fn read(test: &ServiceTest, id: &Value) -> Value {
    test.graphql(READ, json!({ "id": id })).await["contact"].take()
}

async fn listed(test: &ServiceTest) -> Vec<String> {
    let list = test.graphql(LIST, json!({})).await["contacts"].take();
    let edges = list["edges"].as_array().unwrap();
    assert_eq!(list["totalCount"], json!(edges.len()));
    edges.iter().map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()).collect()
}

/// A with a title, B with another and a phone, C with a third title.
async fn three(test: &ServiceTest) -> [Value; 3] {
    [
        contact(test, json!({ "email": "a@engines.example", "firstName": "Ada", "title": "CTO" })).await,
        contact(test, json!({ "email": "b@engines.example", "title": "Chief technologist", "phone": "+44 1" })).await,
        contact(test, json!({ "email": "c@engines.example", "title": "Countess" })).await,
    ]
}

on_both_engines!(SERVICE, what_a_merge_would_do_is_shown_field_by_field_and_done_so);
async fn what_a_merge_would_do_is_shown_field_by_field_and_done_so(test: ServiceTest) {
    const PREVIEW: &str = "query($one: ID!, $others: [ID!]!, $policy: MergePolicy, $choices: [MergeChoiceInput!]) {
        mergePreview(kind: CONTACT, survivorId: $one, otherIds: $others, policy: $policy, choices: $choices) {
            fields { field value fromId why values { recordId value } } } }";
    let [a, b, c] = three(&test).await;
    let preview = async |policy: &str, choices: Value| {
        let variables = json!({ "one": a, "others": [b, c], "policy": policy, "choices": choices });
        let preview = test.graphql(PREVIEW, variables).await;
        let fields = preview["mergePreview"]["fields"].as_array().unwrap().clone();
        fields.into_iter().map(|field| (field["field"].as_str().unwrap().to_owned(), field)).collect::<Vec<_>>()
    };
    let of = |fields: &[(String, Value)], name: &str| fields.iter().find(|(field, _)| field == name).unwrap().1.clone();
    let survivor = preview("SURVIVOR", json!([])).await;
    let title = of(&survivor, "title");
    assert_eq!((&title["value"], &title["fromId"]), (&json!("CTO"), &a));
    assert_eq!(title["values"][2], json!({ "recordId": c, "value": "Countess" }));
    let phone = of(&survivor, "phone");
    assert_eq!((&phone["value"], &phone["fromId"]), (&json!("+44 1"), &b));
    assert_eq!(of(&preview("NEWEST", json!([])).await, "title")["value"], "Countess");
    assert_eq!(of(&preview("LONGEST", json!([])).await, "title")["value"], "Chief technologist");
    let choices = json!([{ "field": "title", "fromId": c }, { "field": "phone", "fromId": c }]);
    let chosen = preview("SURVIVOR", choices.clone()).await;
    assert_eq!((&of(&chosen, "title")["value"], &of(&chosen, "phone")["value"]), (&json!("Countess"), &Value::Null));
    assert_eq!(listed(&test).await.len(), 3, "nothing is saved");

    let merged = merge(&test, json!({ "survivorId": a, "otherIds": [b, c], "choices": choices })).await;
    assert_eq!(merged["contact"]["title"], "Countess");
    assert_eq!(merged["contact"]["phone"], Value::Null);
    assert_eq!(merged["contact"]["email"], "a@engines.example");
    let changes = json!([{ "field": "title", "previous": "CTO", "merged": "Countess", "fromId": c }]);
    assert_eq!(merged["merge"]["changes"], changes);
}

on_both_engines!(SERVICE, what_is_merged_away_is_gone_from_lists_and_leads_to_the_survivor);
async fn what_is_merged_away_is_gone_from_lists_and_leads_to_the_survivor(test: ServiceTest) {
    let [a, b, c] = three(&test).await;
    let input = json!({ "survivorId": a, "otherIds": [b], "idempotencyKey": "once" });
    let first = merge(&test, input.clone()).await;
    assert_eq!(merge(&test, input).await["merge"]["id"], first["merge"]["id"], "the same key, one merge");
    assert_eq!(listed(&test).await, ["c@engines.example", "a@engines.example"]);
    assert_eq!(read(&test, &b).await["id"], a, "asked for, it is the survivor");
    merge(&test, json!({ "survivorId": c, "otherIds": [a] })).await;
    assert_eq!(read(&test, &b).await["id"], c, "as far as a chain goes");
    let [one, two] = &test.published::<ContactMerged>().await[..] else { panic!("two events") };
    assert_eq!((json!(one.current.id), one.others.len(), one.redirects.len()), (a.clone(), 1, 1));
    assert_eq!((json!(two.current.id), two.redirects.len()), (c.clone(), 2), "B goes on with A");
    for (input, code, field) in [
        (json!({ "survivorId": c, "otherIds": [b] }), "NOT_FOUND", Some("otherIds")),
        (json!({ "survivorId": b, "otherIds": [c] }), "NOT_FOUND", Some("survivorId")),
        (json!({ "survivorId": c, "otherIds": [c] }), "INVALID_INPUT", Some("otherIds")),
        (json!({ "survivorId": c, "otherIds": [] }), "INVALID_INPUT", Some("otherIds")),
        (
            json!({ "survivorId": c, "otherIds": [a], "choices": [{ "field": "email", "policy": "NEWEST" }] }),
            "INVALID_INPUT",
            Some("choices"),
        ),
    ] {
        let refused = test.graphql(MERGE, json!({ "input": input })).await;
        assert_eq!(refused["mergeContacts"]["errors"], json!([{ "code": code, "field": field }]), "{input}");
    }
    let update = "mutation($id: ID!) { updateContact(input: { id: $id, title: \"X\" }) { errors { code } } }";
    let refused = test.graphql(update, json!({ "id": b })).await;
    assert_eq!(refused["updateContact"]["errors"], json!([{ "code": "NOT_FOUND" }]), "nobody writes to it by mistake");
}

on_both_engines!(SERVICE, merges_are_taken_back_in_any_order);
async fn merges_are_taken_back_in_any_order(test: ServiceTest) {
    let [a, b, c] = three(&test).await;
    let policy = "NEWEST";
    let take = |from: &Value| json!([{ "field": "title", "fromId": from }]);
    let first = merge(&test, json!({ "survivorId": a, "otherIds": [b], "policy": policy, "choices": take(&b) })).await;
    let second = merge(&test, json!({ "survivorId": a, "otherIds": [c], "choices": take(&c) })).await;
    assert_eq!(read(&test, &a).await["title"], "Countess");

    let undone = unmerge(&test, &first["merge"]["id"]).await;
    assert_eq!(
        undone["restored"]["contacts"],
        json!([{ "email": "b@engines.example", "title": "Chief technologist" }])
    );
    assert_eq!(undone["changedSince"], json!({ "fields": [], "leads": { "ids": [] }, "contacts": { "ids": [] } }));
    assert!(undone["merge"]["undoneAt"].is_string());
    assert_eq!(read(&test, &b).await["id"], b);
    let left = read(&test, &a).await;
    assert_eq!((&left["title"], &left["phone"]), (&json!("Countess"), &Value::Null), "the second merge holds");
    unmerge(&test, &first["merge"]["id"]).await;
    unmerge(&test, &second["merge"]["id"]).await;
    assert_eq!(read(&test, &a).await["title"], "CTO", "and is undone to what was there before both");
    assert_eq!(listed(&test).await.len(), 3);
    assert_eq!(test.published::<ContactUnmerged>().await.len(), 2, "asked again, nothing more is done");
    let history = "query($id: ID!) { merges(kind: CONTACT, recordId: $id) { survivorId otherIds undoneAt } }";
    let merges = test.graphql(history, json!({ "id": b })).await["merges"].take();
    assert_eq!((&merges[0]["survivorId"], &merges[0]["otherIds"]), (&a, &json!([b])));
    assert_eq!(merges.as_array().unwrap().len(), 1);
}

on_both_engines!(SERVICE, what_was_written_since_stays_and_is_listed);
async fn what_was_written_since_stays_and_is_listed(test: ServiceTest) {
    let [a, b, _] = three(&test).await;
    let merged = merge(&test, json!({ "survivorId": a, "otherIds": [b] })).await;
    let update = "mutation($input: UpdateContactInput!) { updateContact(input: $input) { errors { code } } }";
    test.graphql(update, json!({ "input": { "id": a, "title": "Retired" } })).await;
    let undone = unmerge(&test, &merged["merge"]["id"]).await;
    let fields = json!([{ "field": "title", "merged": "CTO", "now": "Retired" }]);
    assert_eq!(undone["changedSince"]["fields"], fields);
    let left = read(&test, &a).await;
    assert_eq!((&left["title"], &left["phone"]), (&json!("Retired"), &Value::Null), "B's number goes with B");
    assert_eq!(read(&test, &b).await["phone"], "+44 1");
}

on_both_engines!(SERVICE, an_address_that_is_merged_away_finds_the_surviving_lead);
async fn an_address_that_is_merged_away_finds_the_surviving_lead(test: ServiceTest) {
    const SEGMENT: &str = "mutation { createSegment(input: { name: \"Engines\", definition: \"company = 'engines'\" }) { segment { id } } }";
    test.graphql(SEGMENT, json!({})).await;
    let lead =
        async |email: &str| capture(&test, json!({ "email": email, "company": "Engines" })).await["lead"]["id"].take();
    let (a, b) = (lead("ada@engines.example").await, lead("a.lovelace@engines.example").await);
    let merged = test.graphql(MERGE_LEADS, json!({ "input": { "survivorId": a, "otherIds": [b] } })).await;
    assert_eq!(merged["mergeLeads"]["errors"], json!([]));
    let again = capture(&test, json!({ "email": "a.lovelace@engines.example", "title": "Countess" })).await;
    assert_eq!((&again["created"], &again["lead"]["id"]), (&json!(false), &a));
    assert_eq!(again["lead"]["title"], "Countess", "the blank is the survivor's");
    let exited: Vec<_> = test.published::<SegmentExited>().await.iter().map(|event| json!(event.lead)).collect();
    assert_eq!(exited, std::slice::from_ref(&b));
    let import = "mutation { importLeads(input: { headers: [\"Email\", \"Country\"], rows: [{ row: 1, cells: [\"a.lovelace@engines.example\", \"GB\"] }] }) { outcomes { outcome } } }";
    let imported = test.graphql(import, json!({})).await;
    assert_eq!(imported["importLeads"]["outcomes"], json!([{ "outcome": "DUPLICATE" }]));
    unmerge(&test, &merged["mergeLeads"]["merge"]["id"]).await;
    let count = test.graphql("{ segments { edges { node { count } } } leads { totalCount } }", json!({})).await;
    assert_eq!(count["segments"]["edges"][0]["node"]["count"], 2);
    assert_eq!(count["leads"]["totalCount"], 2);
    let ([merged], [unmerged]) =
        (&test.published::<LeadMerged>().await[..], &test.published::<LeadUnmerged>().await[..])
    else {
        panic!("one of each")
    };
    assert!(unmerged.restored[0].version > merged.others[0].version, "what is restored is newer than what went");
}

on_both_engines!(SERVICE, who_is_at_a_merged_account_is_at_the_survivor_and_goes_back_with_it);
async fn who_is_at_a_merged_account_is_at_the_survivor_and_goes_back_with_it(test: ServiceTest) {
    const AT: &str = "query($id: ID!) { contacts(filter: { accountId: $id }) { totalCount edges { node { email account { id } } } } }";
    let one = account(&test, json!({ "name": "Engines" })).await;
    let other = account(&test, json!({ "name": "Engines UK", "domain": "engines.example" })).await;
    contact(&test, json!({ "email": "ann@engines.example", "accountId": other })).await;
    let merged = test.graphql(MERGE_ACCOUNTS, json!({ "input": { "survivorId": one, "otherIds": [other] } })).await;
    assert_eq!(
        merged["mergeAccounts"]["account"],
        json!({ "id": one, "name": "Engines", "domain": "engines.example" })
    );
    test.clock.advance(TimeDelta::seconds(1));
    let at = test.graphql(AT, json!({ "id": one })).await["contacts"].take();
    assert_eq!(at["edges"], json!([{ "node": { "email": "ann@engines.example", "account": { "id": one } } }]));
    let new = contact(&test, json!({ "email": "new@engines.example", "accountId": one })).await;
    let lead = capture(&test, json!({ "email": "lead@engines.example" })).await["lead"].take();
    assert_eq!(lead["account"]["name"], "Engines", "the domain leads to the survivor");
    let refused = test.graphql(CREATE_TAKEN, json!({})).await;
    assert_eq!(refused["createAccount"]["errors"], json!([{ "code": "ALREADY_EXISTS", "field": "domain" }]));

    let undone = unmerge(&test, &merged["mergeAccounts"]["merge"]["id"]).await;
    assert_eq!(undone["restored"]["accounts"], json!([{ "domain": "engines.example" }]));
    assert_eq!(undone["changedSince"]["contacts"]["ids"], json!([new]));
    assert_eq!(undone["changedSince"]["leads"]["ids"], json!([lead["id"]]));
    let at = test.graphql(AT, json!({ "id": other })).await["contacts"].take();
    assert_eq!(at["edges"], json!([{ "node": { "email": "ann@engines.example", "account": { "id": other } } }]));
    let left = test.graphql("query($id: ID!) { account(id: $id) { domain } }", json!({ "id": one })).await;
    assert_eq!(left["account"]["domain"], Value::Null, "the domain went back");
}

const CREATE_TAKEN: &str =
    "mutation { createAccount(input: { name: \"Elsewhere\", domain: \"engines.example\" }) { errors { code field } } }";

on_both_engines!(SERVICE, a_merge_needs_the_right_to_change_all_and_to_delete_what_goes);
async fn a_merge_needs_the_right_to_change_all_and_to_delete_what_goes(test: ServiceTest) {
    let [a, b, _] = three(&test).await;
    let grant = |actions: &[Action], scope| Grant {
        object: Object::Contact,
        actions: actions.iter().copied().collect(),
        scope,
        only: Vec::new(),
    };
    let input = json!({ "input": { "survivorId": a, "otherIds": [b] } });
    for actions in [&[Action::Read, Action::Update][..], &[Action::Read, Action::Delete]] {
        let user = test.user_with(Grants { grants: vec![grant(actions, Scope::All)], fields: Vec::new() });
        let refused = test.graphql_as(&user, MERGE, input.clone()).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{actions:?}: {refused}");
    }
    let all = [Action::Read, Action::Update, Action::Delete];
    let own = test.user_with(Grants { grants: vec![grant(&all, Scope::Own)], fields: Vec::new() });
    let hidden = test.graphql_as(&own, MERGE, input.clone()).await;
    let errors = &hidden["data"]["mergeContacts"]["errors"];
    assert_eq!(*errors, json!([{ "code": "NOT_FOUND", "field": "survivorId" }]), "{hidden}");
    assert_eq!(listed(&test).await.len(), 3);
    let user = test.user_with(Grants { grants: vec![grant(&all, Scope::All)], fields: Vec::new() });
    let merged = test.graphql_as(&user, MERGE, input).await;
    let id = &merged["data"]["mergeContacts"]["merge"]["id"];
    let refused = test.graphql_as(&own, UNMERGE, json!({ "id": id })).await;
    assert_eq!(refused["data"]["unmerge"]["errors"], json!([{ "code": "NOT_FOUND", "field": "mergeId" }]));
    assert_eq!(listed(&test).await.len(), 2);
}
