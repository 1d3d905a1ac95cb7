//! Two workspaces in one database: no method of the store reads or changes what is the other's.

use events::lead::{AccountCreated, LeadCaptured};
use kernel::{Actor, PageArgs};
use pipewright_enrichment::{
    SERVICE,
    domain::{lead::LeadFacts, run::EnrichmentRun},
    store::{accounts, leads, runs, verifications},
};
use platform::Db;
use testkit::{ServiceTest, on_both_engines, tenants};

use crate::build::{account, lead};

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 1] = [("a new row of the workspace given", &["runs::insert"])];

#[test]
fn every_store_method_is_tried_or_has_a_reason() {
    tenants::every_store_method_is_tried(env!("CARGO_MANIFEST_DIR"), include_str!("tenants.rs"), &EXEMPT);
}

#[tokio::test]
async fn every_table_of_a_workspace_is_behind_the_fence() {
    tenants::every_table_is_fenced(&ServiceTest::postgres(SERVICE).await, &[]).await;
}

on_both_engines!(SERVICE, no_store_method_reads_or_changes_what_is_anothers);
async fn no_store_method_reads_or_changes_what_is_anothers(test: ServiceTest) {
    let engines = account(&test, "Engines");
    let engines = events::lead::Account { domain: Some("engines.example".into()), ..engines };
    test.deliver(&AccountCreated { current: engines.clone() }).await;
    let ada = lead(&test, "ada@engines.example");
    test.deliver(&LeadCaptured { current: ada.clone() }).await;
    let (db, other) = (&test.service.context.db, test.stranger());
    let before = tenants::rows_in_every_table(&test, test.actor.workspace, &["idempotency_key"]).await;
    let mut tx = db.everywhere().begin().await.unwrap();
    let facts = leads::by_id(&mut tx, &test.actor, ada.id).await.unwrap().unwrap();
    tx.rollback().await.unwrap();
    let run = runs::latest_of_leads(db, &test.actor, &[ada.id]).await.unwrap().remove(0);
    // Ours finds each; theirs finds none, or each of these would pass for a broken method too.
    for (actor, found) in [(&test.actor, true), (&other, false)] {
        reads(db, actor, &facts, &run, found).await;
    }

    let mut verified = verifications::of_leads(db, &test.actor, &[ada.id]).await.unwrap().remove(0);
    let theirs = other.workspace;
    // With no fence but the predicates.
    let mut tx = db.everywhere().begin().await.unwrap();
    let foreign = EnrichmentRun { id: test.clock.id(), inputs_hash: "theirs".into(), ..run.clone() };
    assert_eq!(leads::set_run(&mut tx, &other, &foreign).await.unwrap(), 0);
    // What has the same id there is another lead and another account.
    let foreign = LeadFacts { version: 99, title: Some("Mallory".into()), ..facts };
    assert_eq!(leads::save(&mut tx, theirs, &foreign, Some(&run)).await.unwrap(), 1);
    let foreign = events::lead::Account { version: 99, name: "Mallory".into(), ..engines };
    accounts::save(&mut tx, theirs, &foreign).await.unwrap();
    verified.verification.checks.clear();
    verifications::save(&mut tx, theirs, &verified).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, test.actor.workspace).await, before);
    // Theirs names our run, and does not get it.
    assert!(runs::latest_of_leads(db, &other, &[ada.id]).await.unwrap().is_empty());
}

async fn reads(db: &Db, actor: &Actor, lead: &LeadFacts, run: &EnrichmentRun, found: bool) {
    let page = PageArgs { first: 50, after: None };
    assert_eq!(!runs::latest_of_leads(db, actor, &[lead.id]).await.unwrap().is_empty(), found);
    assert_eq!(!runs::by_ids(db, actor, &[run.id]).await.unwrap().is_empty(), found);
    assert_eq!(!runs::list(db, actor, lead.id, page).await.unwrap().is_empty(), found);
    assert_eq!(!verifications::of_leads(db, actor, &[lead.id]).await.unwrap().is_empty(), found);
    let mut tx = db.everywhere().begin().await.unwrap();
    let known = leads::known(&mut tx, actor.workspace, lead).await.unwrap();
    assert_eq!((known.email.is_some(), known.account.is_some()), (found, found));
    assert_eq!(leads::by_id(&mut tx, actor, lead.id).await.unwrap().is_some(), found);
    tx.rollback().await.unwrap();
}
