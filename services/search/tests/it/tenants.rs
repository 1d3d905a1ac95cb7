//! Two workspaces in one database and one index: nothing reads or changes what is the other's.

use chrono::TimeDelta;
use events::{
    Envelope,
    lead::{Account, AccountCreated},
};
use kernel::{AccountId, Actor, LeadId, PageArgs, WorkspaceId, id::TypedId};
use pipewright_search::{
    SERVICE,
    domain::{
        document::{Document, Kind, Texts, Traits},
        timeline::{EntryTypes, Place, Redirect, happening},
    },
    store::{self, timeline, timeline_pages},
};
use platform::Tx;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines, tenants};

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 1] = [(
    "there is one index of all",
    &[
        "store::state",
        "store::dirty",
        "store::mark_indexed",
        "store::mark_all_dirty",
        "store::ensure_generation",
        "store::reset",
    ],
)];

#[test]
fn every_store_method_is_tried_or_has_a_reason() {
    tenants::every_store_method_is_tried(env!("CARGO_MANIFEST_DIR"), include_str!("tenants.rs"), &EXEMPT);
}

#[tokio::test]
async fn every_table_of_a_workspace_is_behind_the_fence() {
    tenants::every_table_is_fenced(&ServiceTest::postgres(SERVICE).await, &["index_state"]).await;
}

fn account(test: &ServiceTest, id: AccountId, version: i64, name: &str) -> AccountCreated {
    let current = Account {
        id,
        version,
        name: name.into(),
        domain: None,
        industry: None,
        country: None,
        employees: None,
        owner: None,
        created_at: test.clock.now(),
    };
    AccountCreated { current }
}

/// Ids that `actor` finds, and how many there are.
async fn found(test: &ServiceTest, actor: &Actor, query: &str) -> (Vec<Value>, Value) {
    let search =
        "query($query: String!) { search(query: $query) { totalCount edges { node { ... on Account { id } } } } }";
    let answer = test.graphql_as(actor, search, json!({ "query": query })).await;
    let list = &answer["data"]["search"];
    let edges = list["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
    (edges.iter().map(|edge| edge["node"]["id"].clone()).collect(), list["totalCount"].clone())
}

on_both_engines!(SERVICE, no_store_method_changes_what_is_anothers);
async fn no_store_method_changes_what_is_anothers(test: ServiceTest) {
    let id: AccountId = test.clock.id();
    let event =
        Envelope::wrap("lead", test.clock.id(), test.clock.now(), &test.actor, None, &account(&test, id, 1, "Looms"));
    let event = event.unwrap();
    test.deliver_envelopes(std::slice::from_ref(&event)).await;
    let (db, theirs, now) = (&test.service.context.db, test.stranger().workspace, test.clock.now());
    let empty = ["idempotency_key", "lead_access"];
    let before = tenants::rows_in_every_table(&test, test.actor.workspace, &empty).await;
    // With no fence but the predicates.
    let mut tx = db.everywhere().begin().await.unwrap();
    for kind in [Kind::Account, Kind::Lead] {
        let (texts, traits) = (Texts::default(), Traits::default());
        let document = Document { workspace: theirs, kind, id: id.uuid(), version: 99, texts, traits, revision: 0 };
        assert!(store::keep(&mut tx, &document, now).await.unwrap(), "what has the same id there is another");
    }
    place_theirs(&mut tx, theirs, &event).await;
    store::keep_owner(&mut tx, theirs, LeadId::from(id.uuid()), None, (test.clock.id(), now)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
}

/// The same event, as if it were theirs, an hour later: with another version of the same object.
async fn place_theirs(tx: &mut Tx, theirs: WorkspaceId, event: &Envelope) {
    let event = Envelope { workspace: theirs, ..event.clone() };
    let mut happening = happening(&event).unwrap().unwrap();
    happening.place.state = Some((happening.records[0].id, 2));
    for tie in &mut happening.ties {
        (tie.parent, tie.version) = (None, 99);
    }
    let from = happening.records[0].id;
    happening.redirects.push(Redirect { from, to: Some(event.id.uuid()), version: 99 });
    let later = event.time + TimeDelta::hours(1);
    timeline::take_turn(tx, theirs).await.unwrap();
    assert_eq!(timeline::latest_cause(tx, theirs, &happening.place).await.unwrap(), None, "ours came before theirs");
    assert!(timeline::keep_happening(tx, &happening, later).await.unwrap(), "the same id is another there");
    let first = Place { state: Some((happening.records[0].id, 0)), ..happening.place };
    let followers = timeline::followers(tx, theirs, &first).await.unwrap();
    assert_eq!(followers.iter().map(|follower| follower.at).collect::<Vec<_>>(), [later], "theirs alone");
    timeline::move_event(tx, theirs, event.id, later + TimeDelta::hours(1)).await.unwrap();
}

on_both_engines!(SERVICE, no_page_shows_what_is_anothers);
async fn no_page_shows_what_is_anothers(test: ServiceTest) {
    let id: AccountId = test.clock.id();
    let made = account(&test, id, 1, "Looms");
    let event = Envelope::wrap("lead", test.clock.id(), test.clock.now(), &test.actor, None, &made).unwrap();
    test.deliver_envelopes(std::slice::from_ref(&event)).await;
    let db = &test.service.context.db;
    for (actor, expected) in [(&test.actor, 1), (&test.stranger(), 0)] {
        let page = PageArgs::parse(None, None).unwrap();
        let pages = timeline_pages::pages(db, actor, &[id.uuid()], EntryTypes::default(), page).await.unwrap();
        assert_eq!(pages.len(), expected);
        assert_eq!(timeline_pages::records(db, actor, &[event.id]).await.unwrap().len(), expected);
    }
}

on_both_engines!(SERVICE, the_index_keeps_two_workspaces_apart);
async fn the_index_keeps_two_workspaces_apart(test: ServiceTest) {
    let (id, other): (AccountId, Actor) = (test.clock.id(), test.stranger());
    test.deliver(&account(&test, id, 1, "Looms of Leeds")).await;
    assert_eq!(found(&test, &test.actor, "leeds").await, (vec![json!(id)], json!(1)));
    assert_eq!(found(&test, &other, "leeds").await, (vec![], json!(0)));
    // The same id there, newer, replaces nothing of ours.
    test.deliver_to(other.workspace, &account(&test, id, 99, "Looms of York")).await;
    assert_eq!(found(&test, &test.actor, "leeds").await, (vec![json!(id)], json!(1)));
    assert_eq!(found(&test, &test.actor, "york").await, (vec![], json!(0)));
    assert_eq!(found(&test, &other, "looms").await, (vec![json!(id)], json!(1)));
    assert_eq!(found(&test, &other, "leeds").await, (vec![], json!(0)));
}
