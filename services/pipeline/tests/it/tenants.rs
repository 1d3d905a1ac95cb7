//! Two workspaces in one database: no method of the store reads or changes what is the other's.

use events::lead::{Account, AccountCreated, Contact, ContactCreated};
use kernel::{
    Access, AccountId, Action, Actor, ContactId, Object, PageArgs, UserId,
    access::{Grant, Grants, Scope},
};
use pipewright_pipeline::{
    SERVICE,
    domain::{
        opportunity::{Opportunity, OpportunityChange},
        pipeline::DEFAULT_PIPELINE,
    },
    store::{
        followed, known,
        opportunities::{self, OpportunityFilter},
        pipelines,
    },
};
use platform::Db;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines, tenants};

use crate::world::{a_contact, an_account, create};

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 1] =
    [("the row's own workspace", &["opportunities::insert", "opportunities::insert_entry", "pipelines::insert"])];

#[test]
fn every_store_method_is_tried_or_has_a_reason() {
    tenants::every_store_method_is_tried(env!("CARGO_MANIFEST_DIR"), include_str!("tenants.rs"), &EXEMPT);
}

#[tokio::test]
async fn every_table_of_a_workspace_is_behind_the_fence() {
    tenants::every_table_is_fenced(&ServiceTest::postgres(SERVICE).await, &[]).await;
}

/// What one workspace has.
struct Ours {
    account: AccountId,
    contact: ContactId,
    opportunity: Opportunity,
    /// Whose the account and the contact are.
    owner: UserId,
}

on_both_engines!(SERVICE, no_store_method_reads_or_changes_what_is_anothers);
async fn no_store_method_reads_or_changes_what_is_anothers(test: ServiceTest) {
    let owner: UserId = test.clock.id();
    let current = Account { owner: Some(owner), ..an_account(&test) };
    let account = current.id;
    test.deliver(&AccountCreated { current }).await;
    let current = Contact { owner: Some(owner), ..a_contact(&test, account) };
    let contact = current.id;
    test.deliver(&ContactCreated { current }).await;
    let input = json!({ "name": "Looms", "accountId": account, "contactId": contact, "idempotencyKey": "ours" });
    let id = create(&test, input).await["opportunity"]["id"].as_str().unwrap().parse().unwrap();
    let (db, other) = (&test.service.context.db, test.stranger());
    let opportunity = opportunities::by_ids(db, &test.actor, &[id]).await.unwrap().remove(0);
    let ours = Ours { account, contact, opportunity, owner };
    let before = tenants::rows_in_every_table(&test, test.actor.workspace, &["lead_access"]).await;
    // Ours finds each; theirs finds none, or each of these would pass for a broken method too.
    for (actor, found) in [(&test.actor, true), (&other, false)] {
        reads(db, actor, &ours, found).await;
    }

    let theirs = other.workspace;
    // With no fence but the predicates.
    let mut tx = db.everywhere().begin().await.unwrap();
    let previous = ours.opportunity;
    let current =
        Opportunity { workspace: theirs, version: previous.version + 1, name: "Mallory's".into(), ..previous.clone() };
    assert!(!opportunities::update(&mut tx, &OpportunityChange { previous, current }).await.unwrap());
    let foreign = Account { id: account, version: 9, country: Some("Elsewhere".into()), ..an_account(&test) };
    known::keep_account(&mut tx, theirs, &foreign).await.unwrap();
    let foreign = Contact { id: contact, version: 9, owner: Some(test.clock.id()), ..a_contact(&test, account) };
    known::keep_contact(&mut tx, theirs, &foreign).await.unwrap();
    let into = Some(test.clock.id());
    assert_eq!(known::redirect_account(&mut tx, theirs, account, into, test.clock.id()).await.unwrap(), 0);
    followed::follow_account(&mut tx, theirs, account, into).await.unwrap();
    let into = Some(test.clock.id());
    assert_eq!(known::redirect_contact(&mut tx, theirs, contact, into, test.clock.id()).await.unwrap(), 0);
    followed::follow_contact(&mut tx, theirs, contact, into).await.unwrap();
    followed::settle(&mut tx, theirs, id).await.unwrap();
    known::insert_account(&mut tx, theirs, account).await.unwrap();
    known::insert_contact(&mut tx, theirs, contact).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
}

/// Reads one owner's records: who reads all is answered without a statement.
fn reader(owner: UserId) -> Access {
    let grant = |object| Grant { object, actions: [Action::Read].into(), scope: Scope::Own, only: Vec::new() };
    let role = Grants { grants: Object::ALL.map(grant).into(), fields: Vec::new() };
    Access { user: Some(owner), team: Vec::new(), role }
}

async fn reads(db: &Db, actor: &Actor, ours: &Ours, found: bool) {
    let (page, all) = (PageArgs { first: 50, after: None }, OpportunityFilter::default());
    let Ours { account, contact, opportunity, owner } = ours;
    let Opportunity { id, pipeline, stage, .. } = opportunity;
    assert_eq!(!opportunities::by_ids(db, actor, &[*id]).await.unwrap().is_empty(), found);
    assert_eq!(!opportunities::list(db, actor, &all, page).await.unwrap().is_empty(), found);
    assert_eq!(opportunities::count(db, actor, &all).await.unwrap() > 0, found);
    assert_eq!(!opportunities::pages_by_accounts(db, actor, &[*account], page).await.unwrap().is_empty(), found);
    assert_eq!(!opportunities::count_by_accounts(db, actor, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!opportunities::entries(db, actor, &[*id]).await.unwrap().is_empty(), found);
    assert_eq!(!pipelines::by_ids(db, actor, &[*pipeline]).await.unwrap().is_empty(), found);
    assert_eq!(!pipelines::list(db, actor, page).await.unwrap().is_empty(), found);
    assert_eq!(!pipelines::stages_by_ids(db, actor, &[*stage]).await.unwrap().is_empty(), found);
    assert_eq!(known::standing_account(db, actor, *account).await.unwrap().is_some(), found);
    let owner = Actor { access: reader(*owner), ..actor.clone() };
    assert_eq!(!known::visible_accounts(db, &owner, &[*account]).await.unwrap().is_empty(), found);
    assert_eq!(!known::visible_contacts(db, &owner, &[*contact]).await.unwrap().is_empty(), found);
    let mut tx = db.everywhere().begin().await.unwrap();
    assert_eq!(opportunities::by_id(&mut tx, actor, *id).await.unwrap().is_some(), found);
    assert_eq!(pipelines::by_name(&mut tx, actor.workspace, DEFAULT_PIPELINE).await.unwrap().is_some(), found);
    assert_eq!(pipelines::by_id(&mut tx, actor, *pipeline).await.unwrap().is_some(), found);
    assert_eq!(pipelines::stage(&mut tx, actor, *stage).await.unwrap().is_some(), found);
    assert_eq!(known::sees_account(&mut tx, actor, *account).await.unwrap(), found);
    assert_eq!(known::sees_contact(&mut tx, actor, *contact).await.unwrap(), found);
    tx.rollback().await.unwrap();
}
